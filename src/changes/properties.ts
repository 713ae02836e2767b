import type { StepMetadata } from "@tenantry/embedded-engine/interface";
import { formatPath, parsePath, valueAt } from "./path.ts";
import type { PropertyChange } from "./property-change.ts";
import { withSecretSources } from "./secret-sources.ts";
import { isRecord, SECRET, sameValue, shown } from "./values.ts";

/**
 * What a step changes, property by property, down to the first value that isn't a map: a member is a line, not the list.
 *
 * Where the provider gave a detailed diff it decides which properties those are; else old and new inputs are compared.
 */
export function propertyChanges(metadata: StepMetadata): PropertyChange[] {
  const before = shown(metadata.old?.inputs ?? {});
  const after = shown(metadata.new?.inputs ?? {});
  if (metadata.op === "create") return compare([], {}, after);
  if (metadata.new === null || metadata.op === "same") return [];

  const replacing = new Set((metadata.keys ?? []).map((key) => parsePath(key)[0]));
  const changes = withSecretSources(chosen(metadata, before, after), metadata.type, before, after);
  return changes.map((change) =>
    replacing.has(change.segments[0]) ? { ...change, replaces: true } : change,
  );
}

function chosen(metadata: StepMetadata, before: unknown, after: unknown): PropertyChange[] {
  const detailed = Object.entries(metadata.detailedDiff ?? {});
  if (detailed.length === 0) return compare([], before, after);
  return detailed.flatMap(([path, { diffKind, inputDiff }]) => {
    const segments = parsePath(path);
    const [old, next] = inputDiff
      ? [before, after]
      : [shown(metadata.old?.outputs ?? {}), shown(metadata.new?.outputs ?? {})];
    const found = compare(segments, valueAt(old, segments), valueAt(next, segments));
    const replaces = diffKind.endsWith("-replace");
    // A provider may know of a difference that the values don't show, as between two secrets.
    if (found.length === 0) return [unseen(segments, diffKind, valueAt(next, segments), replaces)];
    return replaces ? found.map((change) => ({ ...change, replaces })) : found;
  });
}

function unseen(
  segments: readonly string[],
  diffKind: string,
  value: unknown,
  replaces: boolean,
): PropertyChange {
  const kind = diffKind.startsWith("add") ? "add" : diffKind.startsWith("delete") ? "delete" : "update";
  return { path: formatPath(segments), segments, kind, replaces, before: value, after: value };
}

/** The differences between two values, one for each place where they part. */
export function compare(segments: readonly string[], before: unknown, after: unknown): PropertyChange[] {
  if (sameValue(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => compare([...segments, key], before[key], after[key]));
  }
  const change = { path: formatPath(segments), segments, replaces: false };
  if (before === undefined) return [{ ...change, kind: "add", after }];
  if (after === undefined) return [{ ...change, kind: "delete", before }];
  const hidden = holdsSecret(before) || holdsSecret(after);
  return [{ ...change, kind: "update", before: hidden ? SECRET : before, after: hidden ? SECRET : after }];
}

/** A value that was plain and became secret must not be shown by its old side. */
function holdsSecret(value: unknown): boolean {
  if (value === SECRET) return true;
  if (Array.isArray(value)) return value.some(holdsSecret);
  return isRecord(value) && Object.values(value).some(holdsSecret);
}
