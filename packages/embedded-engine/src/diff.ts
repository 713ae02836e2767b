import {
  equalValues,
  isObject,
  type PropertyMap,
  type PropertyValue,
  SIGNATURE,
  withoutSecrets,
} from "./property-value.ts";
import type { DiffKind, DiffResult, PropertyDiff } from "./provider.ts";

export const NO_CHANGE: DiffResult = {
  changes: "none",
  replaces: [],
  diffs: [],
  deleteBeforeReplace: false,
  detailedDiff: undefined,
};

/** Compares inputs of components, and of resources whose provider doesn't compare them. Secrets are compared by value. */
export function diffInputs(olds: PropertyMap, news: PropertyMap): DiffResult {
  const before = withoutSecrets(olds);
  const after = withoutSecrets(news);
  if (equalValues(before, after)) return NO_CHANGE;
  const detailed = new Map<string, PropertyDiff>();
  compare(before, after, "", detailed);
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return {
    ...NO_CHANGE,
    changes: "some",
    diffs: [...keys].filter((key) => !equalValues(before[key], after[key])),
    detailedDiff: Object.fromEntries(detailed),
  };
}

function compare(
  old: PropertyValue | undefined,
  value: PropertyValue | undefined,
  path: string,
  found: Map<string, PropertyDiff>,
): void {
  if (equalValues(old, value)) return;
  if (isPlain(old) && isPlain(value)) {
    for (const key of new Set([...Object.keys(old), ...Object.keys(value)]))
      compare(old[key], value[key], pathTo(path, key), found);
    return;
  }
  if (Array.isArray(old) && Array.isArray(value)) {
    const length = Math.max(old.length, value.length);
    for (let index = 0; index < length; index++)
      compare(old[index], value[index], `${path}[${index}]`, found);
    return;
  }
  found.set(path, { kind: kindOf(old, value), inputDiff: true });
}

function kindOf(old: PropertyValue | undefined, value: PropertyValue | undefined): DiffKind {
  if (old === undefined) return "add";
  return value === undefined ? "delete" : "update";
}

function isPlain(value: PropertyValue | undefined): value is PropertyMap {
  return isObject(value) && value[SIGNATURE] === undefined;
}

function pathTo(parent: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === "" ? key : `${parent}.${key}`;
}
