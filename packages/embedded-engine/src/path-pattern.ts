import { ownProperty } from "@tenantry/core/own-property";
import { type PropertyPath, parsePath } from "@tenantry/core/property-path";
import { isObject, isSecret, type PropertyMap, type PropertyValue } from "./property-value.ts";

/** Reads a path of `ignoreChanges`, `replaceOnChanges` or `hideDiffs`. `*` stands for any key or index. */
export function readPattern(text: string): PropertyPath {
  const path = parsePath(text);
  if (path === undefined) throw new Error(`${JSON.stringify(text)} isn't a property path`);
  return path;
}

/** Whether a pattern matches the path or a parent of it. */
export function covers(pattern: PropertyPath, path: PropertyPath): boolean {
  return (
    pattern.length <= path.length &&
    pattern.every((step, index) => step === "*" || String(step) === String(path[index]))
  );
}

/**
 * Resets the value at a path to its old value, so that its change is ignored.
 *
 * An added property is removed, and a removed one is restored. Added and removed elements of an array are kept as they are now,
 * because the indexes of other elements have changed.
 */
export function resetPath(path: PropertyPath, olds: PropertyMap, news: PropertyMap): PropertyMap {
  return resetInside(path, olds, news) as PropertyMap;
}

function resetInside(
  path: PropertyPath,
  old: PropertyValue | undefined,
  value: PropertyValue | undefined,
): PropertyValue | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return old;
  if (isSecret(old) || isSecret(value)) return resetSecret(path, old, value);
  if (Array.isArray(value) && Array.isArray(old)) {
    const before = old;
    return value.map((item, index) =>
      (step === "*" || index === Number(step)) && index < before.length
        ? (resetInside(rest, before[index], item) ?? item)
        : item,
    );
  }
  if (!isObject(value)) return value;
  const before = isObject(old) ? old : {};
  const keys = step === "*" ? new Set([...Object.keys(value), ...Object.keys(before)]) : [String(step)];
  const result = new Map(Object.entries(value));
  for (const key of keys) {
    const reset = resetInside(rest, ownProperty(before, key), ownProperty(value, key));
    if (reset === undefined) result.delete(key);
    else result.set(key, reset);
  }
  return Object.fromEntries(result);
}

/** Follows a path into a secret, and keeps the new value's secret mark. */
function resetSecret(
  path: PropertyPath,
  old: PropertyValue | undefined,
  value: PropertyValue | undefined,
): PropertyValue | undefined {
  const inner = (wrapped: PropertyValue | undefined) => (isSecret(wrapped) ? wrapped.value : wrapped);
  const reset = resetInside(path, inner(old), inner(value));
  return isSecret(value) && reset !== undefined ? { ...value, value: reset } : reset;
}
