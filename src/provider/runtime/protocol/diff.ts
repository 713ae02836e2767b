import { isRecord } from "@tenantry/core/is-record";
import { formatPath, type PropertyPath } from "@tenantry/core/property-path";
import type { Resource } from "../../resource.ts";
import { plain } from "./wire.ts";

export interface PropertyChange {
  readonly path: PropertyPath;
  readonly kind: "add" | "update" | "delete";
  readonly replaces: boolean;
  /** Whether it is a watched output that changed. Default: an input. */
  readonly output?: boolean;
}

/** The differences between two versions of a resource's inputs, down to single keys. Secrets are compared by value. */
export function diffInputs(
  resource: Pick<Resource, "replaceOn">,
  olds: Readonly<Record<string, unknown>>,
  news: Readonly<Record<string, unknown>>,
): PropertyChange[] {
  const replaceOn: readonly string[] = resource.replaceOn;
  return compare([], plain(olds), plain(news)).map((change) => ({
    ...change,
    replaces: replaceOn.includes(String(change.path[0])),
  }));
}

/** A present key differs from an absent one, whatever its value: an empty map isn't the same as no map. */
function compare(path: PropertyPath, before: unknown, after: unknown): Omit<PropertyChange, "replaces">[] {
  if (before === after) return [];
  if (isRecord(before) && isRecord(after)) return compareKeys(path, before, after);
  if (Array.isArray(before) && Array.isArray(after))
    return compareKeys(path, { ...before }, { ...after }, Number);
  return [{ path, kind: "update" }];
}

function compareKeys(
  path: PropertyPath,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  asKey: (key: string) => string | number = String,
): Omit<PropertyChange, "replaces">[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => {
    const at = [...path, asKey(key)];
    if (!Object.hasOwn(before, key)) return [{ path: at, kind: "add" as const }];
    if (!Object.hasOwn(after, key)) return [{ path: at, kind: "delete" as const }];
    return compare(at, before[key], after[key]);
  });
}

/** The top-level properties that force a replacement. */
export function replacesOf(changes: readonly PropertyChange[]): string[] {
  return topOf(changes.filter(({ replaces }) => replaces));
}

export function topOf(changes: readonly PropertyChange[]): string[] {
  return [...new Set(changes.map(({ path }) => formatPath(path.slice(0, 1))))];
}
