import { isRecord } from "@tenantry/core/is-record";
import { formatPath, type PropertyPath, parsePath, valueAt } from "@tenantry/core/property-path";
import type { StepMetadata } from "@tenantry/embedded-engine/interface";
import type { PropertyChange } from "./property-change.ts";
import { withSecretSources } from "./secret-sources.ts";
import { SECRET, sameValue, shown } from "./values.ts";

/**
 * The properties that a step changes, down to the first value that isn't a map. So each changed member is one change, not the whole
 * map of members.
 *
 * Uses the provider's detailed diff if there is one; otherwise compares the old and the new inputs.
 */
export function propertyChanges(metadata: StepMetadata): PropertyChange[] {
  const before = shown(metadata.old?.inputs ?? {});
  const after = shown(metadata.new?.inputs ?? {});
  if (metadata.op === "create") return compare([], {}, after);
  // A reviewer has to see who and what goes with a resource.
  if (metadata.op === "delete") return compare([], before, {});
  if (metadata.new === null || metadata.op === "same") return [];

  const replacing = new Set((metadata.keys ?? []).map((key) => pathOf(key)[0]));
  const changes = withSecretSources(chosen(metadata, before, after), metadata.type, before, after);
  return changes.map((change) =>
    replacing.has(change.segments[0] ?? "") ? { ...change, replaces: true } : change,
  );
}

function chosen(metadata: StepMetadata, before: unknown, after: unknown): PropertyChange[] {
  const detailed = Object.entries(metadata.detailedDiff ?? {});
  if (detailed.length === 0) return compare([], before, after);
  return wholeLists(detailed).flatMap(([path, { diffKind, inputDiff }]) => {
    const [old, next] = inputDiff
      ? [before, after]
      : [shown(metadata.old?.outputs ?? {}), shown(metadata.new?.outputs ?? {})];
    const found = compare(path, valueAt(old, path), valueAt(next, path));
    const replaces = diffKind.endsWith("-replace");
    // The provider may report a difference that the values don't show, such as between two secrets.
    if (found.length === 0) return [unseen(path, diffKind, valueAt(next, path), replaces)];
    return replaces ? found.map((change) => ({ ...change, replaces })) : found;
  });
}

type Differences = NonNullable<StepMetadata["detailedDiff"]>;

/** A list is one value. A provider compares its positions, in which all that follow a removed element differ. */
function wholeLists(
  detailed: readonly (readonly [string, Differences[string]])[],
): (readonly [PropertyPath, Differences[string]])[] {
  const found = new Map<string, readonly [PropertyPath, Differences[string]]>();
  for (const [text, difference] of detailed) {
    const path = pathOf(text);
    const index = path.findIndex((key) => typeof key === "number");
    if (index === -1) found.set(text, [path, difference]);
    else {
      const list = path.slice(0, index);
      const replaces = difference.diffKind.endsWith("-replace");
      const known = found.get(formatPath(list))?.[1].diffKind.endsWith("-replace") === true;
      const diffKind = replaces || known ? "update-replace" : "update";
      found.set(formatPath(list), [list, { ...difference, diffKind }]);
    }
  }
  return [...found.values()];
}

/** A provider may name a property in a way that isn't a path. */
function pathOf(text: string): PropertyPath {
  return parsePath(text) ?? [text];
}

function unseen(path: PropertyPath, diffKind: string, value: unknown, replaces: boolean): PropertyChange {
  const kind = diffKind.startsWith("add") ? "add" : diffKind.startsWith("delete") ? "delete" : "update";
  return { ...located(path), kind, replaces, before: value, after: value };
}

function located(path: PropertyPath): Pick<PropertyChange, "path" | "segments"> {
  return { path: formatPath(path), segments: path.map(String) };
}

/** The differences between two values, one for each place. */
export function compare(path: PropertyPath, before: unknown, after: unknown): PropertyChange[] {
  if (sameValue(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => compare([...path, key], before[key], after[key]));
  }
  const change = { ...located(path), replaces: false };
  if (before === undefined) return [{ ...change, kind: "add", after }];
  if (after === undefined) return [{ ...change, kind: "delete", before }];
  const hidden = holdsSecret(before) || holdsSecret(after);
  return [{ ...change, kind: "update", before: hidden ? SECRET : before, after: hidden ? SECRET : after }];
}

/** Whether a value contains a secret. If one side is secret, the other must not be shown either. */
function holdsSecret(value: unknown): boolean {
  if (value === SECRET) return true;
  if (Array.isArray(value)) return value.some(holdsSecret);
  return isRecord(value) && Object.values(value).some(holdsSecret);
}
