import { isRecord } from "@tenantry/core/is-record";
import { formatPath, type PropertyPath } from "@tenantry/core/property-path";
import { isUnknown, OUTPUT, RESOURCE, SECRET, SIGNATURE, UNKNOWN } from "@tenantry/core/pulumi-value";
import { Secret } from "@tenantry/core/secret";

/** Properties without Pulumi's markers. `secrets` lists the paths that were marked as secret. */
export interface Unwrapped {
  readonly value: Readonly<Record<string, unknown>>;
  readonly secrets: readonly PropertyPath[];
}

export function unwrap(properties: Readonly<Record<string, unknown>>): Unwrapped {
  const secrets: PropertyPath[] = [];
  const value = Object.fromEntries(
    Object.entries(properties).map(([key, each]) => [key, unwrapValue(each, [key], secrets)]),
  );
  return { value, secrets };
}

function unwrapValue(value: unknown, path: PropertyPath, secrets: PropertyPath[]): unknown {
  if (isUnknown(value)) return UNKNOWN;
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
  secrets: readonly PropertyPath[] = [],
): Record<string, unknown> {
  const marked = new Set(secrets.map((path) => JSON.stringify(path)));
  return mapValues(withoutUndefined(properties), (each, key) => wrapValue(each, [key], marked));
}

function wrapValue(value: unknown, path: PropertyPath, marked: ReadonlySet<string>): unknown {
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
  if (typeof value === "string") return value === UNKNOWN ? [] : [value];
  if (value instanceof Secret) return [value.reveal()];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isRecord(value) ? Object.values(value).flatMap(textsIn) : [];
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
