/** How changes show a secret, and a value that is known only after the run. */
export const SECRET = "[secret]";
export const UNKNOWN = "[unknown]";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const UNKNOWN_SENTINEL = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value as changes show it: Pulumi's marks for secrets and unknowns become words, whichever engine wrote them. */
export function shown(value: unknown): unknown {
  if (value === UNKNOWN_SENTINEL) return UNKNOWN;
  if (Array.isArray(value)) return value.map(shown);
  if (!isRecord(value)) return value;
  if (value[SIGNATURE] === "1b47061264138c4ac30d75fd1eb44270") return SECRET;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each)]));
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Equal as JSON; the order of keys doesn't count. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each, index) => sameValue(each, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}
