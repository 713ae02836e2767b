import { isRecord } from "@tenantry/core/is-record";
import { isUnknown, SIGNATURE, SECRET as SIGNED_SECRET } from "@tenantry/core/pulumi-value";

/** How changes show a secret, and a value that is known only after the run. */
export const SECRET = "[secret]";
export const UNKNOWN = "[unknown]";

/** A value as changes show it: Pulumi's marks for secrets and unknowns become words, whichever engine wrote them. */
export function shown(value: unknown): unknown {
  if (isUnknown(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map(shown);
  if (!isRecord(value)) return value;
  if (value[SIGNATURE] === SIGNED_SECRET) return SECRET;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each)]));
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
