import { ownProperty } from "@tenantry/core/own-property";
import { isObject, isSecret, type PropertyMap, type PropertyValue } from "./property-value.ts";

type Step = string | number;

/** Parses a path of `ignoreChanges` or `replaceOnChanges`, such as `root.nested[0]["a key"].*`. `*` matches any key or index. */
export function parsePath(text: string): readonly Step[] {
  const steps: Step[] = [];
  let rest = text;
  while (rest !== "") {
    const found = /^\.?([^.[\]"]+)|^\[(\d+)\]|^\[\*\]|^\["((?:[^"\\]|\\.)*)"\]/.exec(rest);
    if (found === null) throw new Error(`${JSON.stringify(text)} isn't a property path`);
    const [all, name, index, key] = found;
    steps.push(
      name ?? (index === undefined ? undefined : Number(index)) ?? key?.replaceAll(/\\(.)/g, "$1") ?? "*",
    );
    rest = rest.slice(all.length);
  }
  return steps;
}

/** Whether a pattern matches the path or a parent of it. */
export function covers(pattern: readonly Step[], path: readonly Step[]): boolean {
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
export function resetPath(path: readonly Step[], olds: PropertyMap, news: PropertyMap): PropertyMap {
  return resetInside(path, olds, news) as PropertyMap;
}

function resetInside(
  path: readonly Step[],
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
  path: readonly Step[],
  old: PropertyValue | undefined,
  value: PropertyValue | undefined,
): PropertyValue | undefined {
  const inner = (wrapped: PropertyValue | undefined) => (isSecret(wrapped) ? wrapped.value : wrapped);
  const reset = resetInside(path, inner(old), inner(value));
  return isSecret(value) && reset !== undefined ? { ...value, value: reset } : reset;
}
