import { covers, parsePath } from "./property-path.ts";
import type { DiffResult } from "./provider.ts";
import type { ResourceState } from "./resource-state.ts";

/** What is to be done with a registered resource. Pure: made from what was, what is wanted and how they differ. */
export type Decision =
  | { readonly kind: "create" | "same" }
  | { readonly kind: "update"; readonly diff: DiffResult }
  | { readonly kind: "replace"; readonly diff: DiffResult }
  | { readonly kind: "refuse"; readonly message: string; readonly diff: DiffResult };

export function decide(situation: {
  readonly old: ResourceState | undefined;
  readonly protect: boolean;
  readonly replaceOnChanges: readonly string[];
  /** How old and new differ; undefined where there is no old. */
  readonly diff: DiffResult | undefined;
}): Decision {
  const { old } = situation;
  if (old === undefined || situation.diff === undefined) return { kind: "create" };
  const diff = withReplaceOnChanges(situation.diff, situation.replaceOnChanges);
  const replaces = old.pendingReplacement || (diff.changes === "some" && mustReplace(diff));
  if (replaces && situation.protect && old.protect)
    return { kind: "refuse", diff, message: protectedFromReplacement(old.urn) };
  if (replaces && diff.deleteBeforeReplace && !old.pendingReplacement)
    return {
      kind: "refuse",
      diff,
      message: `${old.urn} asks for deleteBeforeReplace, which the embedded engine does not have; use the Pulumi CLI: --engine cli`,
    };
  if (replaces) return { kind: "replace", diff };
  // What could not be finished last time is tried again, though nothing changed.
  if (diff.changes === "some" || old.initErrors.length > 0) return { kind: "update", diff };
  return { kind: "same" };
}

function mustReplace(diff: DiffResult): boolean {
  const kinds = Object.values(diff.detailedDiff ?? {});
  return diff.replaces.length > 0 || kinds.some(({ kind }) => kind.endsWith("-replace"));
}

/** Changes that the program wants to be replacements. */
function withReplaceOnChanges(diff: DiffResult, wanted: readonly string[]): DiffResult {
  if (wanted.length === 0 || diff.changes !== "some") return diff;
  const patterns = wanted.map(parsePath);
  // Where only the changed keys are known, a path inside of one may have changed.
  const changed = Object.keys(diff.detailedDiff ?? {}).map(parsePath);
  const coarse = diff.detailedDiff === undefined ? diff.diffs.map((key) => [key]) : [];
  const promoted = [
    ...changed.filter((path) => patterns.some((pattern) => covers(pattern, path))),
    ...coarse.filter((path) => patterns.some((pattern) => covers(pattern.slice(0, 1), path))),
  ];
  const keys = promoted.map((path) => String(path[0]));
  return { ...diff, replaces: [...new Set([...diff.replaces, ...keys])] };
}

function protectedFromReplacement(urn: string): string {
  return (
    `unable to replace resource "${urn}"\nas it is currently marked for protection. To unprotect the resource, ` +
    "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
  );
}
