import { isRecord } from "@tenantry/core/is-record";
import { isUnknown, SIGNATURE, SECRET as SIGNED_SECRET } from "@tenantry/core/pulumi-value";

/** How changes show secrets, and values that are known only after the run. */
export const SECRET = "[secret]";
export const UNKNOWN = "[unknown]";

/** Replaces Pulumi's marks for secrets and unknown values by words. */
export function shown(value: unknown): unknown {
  if (isUnknown(value)) return UNKNOWN;
  if (Array.isArray(value)) return value.map(shown);
  if (!isRecord(value)) return value;
  if (value[SIGNATURE] === SIGNED_SECRET) return SECRET;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each)]));
}

/** Whether two values are equal as JSON, regardless of the order of keys. */
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
