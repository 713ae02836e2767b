import { Secret } from "@tenantry/core/secret";

/**
 * The signatures that mark special values in Pulumi's protocol.
 *
 * @see https://github.com/pulumi/pulumi/blob/master/docs/architecture/deployment-execution/resources.md
 */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWN_VALUES: ReadonlySet<unknown> = new Set([
  UNKNOWN_TEXT,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** A value that is known only after the run. It occurs in previews. */
class Unknown {
  toString(): string {
    return "[unknown]";
  }
}
export const UNKNOWN = new Unknown();

export type Path = readonly (string | number)[];

/** Properties without Pulumi's markers. `secrets` lists the paths that were marked as secret. */
export interface Unwrapped {
  readonly value: Readonly<Record<string, unknown>>;
  readonly secrets: readonly Path[];
}

export function unwrap(properties: Readonly<Record<string, unknown>>): Unwrapped {
  const secrets: Path[] = [];
  const value = Object.fromEntries(
    Object.entries(properties).map(([key, each]) => [key, unwrapValue(each, [key], secrets)]),
  );
  return { value, secrets };
}

function unwrapValue(value: unknown, path: Path, secrets: Path[]): unknown {
  if (UNKNOWN_VALUES.has(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map((each, index) => unwrapValue(each, [...path, index], secrets));
  if (!isRecord(value)) return value;
  switch (value[SIGNATURE]) {
    case undefined:
      return mapValues(value, (each, key) => unwrapValue(each, [...path, key], secrets));
    case SECRET:
      secrets.push(path);
      return unwrapValue(value.value, path, secrets);
    case OUTPUT:
      if (value.secret === true) secrets.push(path);
      return "value" in value ? unwrapValue(value.value, path, secrets) : UNKNOWN;
    case RESOURCE:
      return value.id === "" ? UNKNOWN : (value.id ?? value.urn);
    default:
      throw new TypeError(
        `${formatPath(path)} contains a Pulumi asset or archive, which no tenantry resource accepts`,
      );
  }
}

/** Adds Pulumi's markers: every `Secret`, and every value at one of the paths, becomes a secret of the state. */
export function wrap(
  properties: Readonly<Record<string, unknown>>,
  secrets: readonly Path[] = [],
): Record<string, unknown> {
  const marked = new Set(secrets.map((path) => JSON.stringify(path)));
  return mapValues(withoutUndefined(properties), (each, key) => wrapValue(each, [key], marked));
}

function wrapValue(value: unknown, path: Path, marked: ReadonlySet<string>): unknown {
  if (value === UNKNOWN) return UNKNOWN_TEXT;
  if (value instanceof Secret) return asSecret(value.reveal());
  // The marker covers everything inside the value.
  if (marked.has(JSON.stringify(path))) return asSecret(plain(value));
  if (Array.isArray(value)) return value.map((each, index) => wrapValue(each, [...path, index], marked));
  if (!isRecord(value)) return value;
  return mapValues(withoutUndefined(value), (each, key) => wrapValue(each, [...path, key], marked));
}

function asSecret(value: unknown): Record<string, unknown> {
  return { [SIGNATURE]: SECRET, value };
}

/** The value in plain text, without markers. */
export function plain(value: unknown): unknown {
  if (value === UNKNOWN) return UNKNOWN_TEXT;
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(plain);
  return isRecord(value) ? mapValues(withoutUndefined(value), plain) : value;
}

export function hasUnknowns(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknowns);
  return isRecord(value) && Object.values(value).some(hasUnknowns);
}

/** Every string in a value, including revealed secrets, for the list of strings that must not be printed. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value instanceof Secret) return [value.reveal()];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isRecord(value) ? Object.values(value).flatMap(textsIn) : [];
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      Array.isArray(at) || isRecord(at) ? (at as Record<string | number, unknown>)[key] : undefined,
    value,
  );
}

/** Formats a property path like Pulumi: `members["ada@acme.example"].role`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.map((key, index) => formatKey(key, index === 0)).join("");
}

function formatKey(key: PropertyKey, first: boolean): string {
  if (typeof key === "number") return `[${key}]`;
  const text = String(key);
  if (!/^[A-Za-z_$][\w$-]*$/.test(text)) return `[${JSON.stringify(text)}]`;
  return first ? text : `.${text}`;
}

/** Whether the value is a map: not an array, a `Secret` or an unknown value. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !(value instanceof Secret) && value !== UNKNOWN;
}

function mapValues<T>(
  record: Readonly<Record<string, unknown>>,
  change: (value: unknown, key: string) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, each]) => [key, change(each, key)]));
}

function withoutUndefined(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, each]) => each !== undefined));
}
