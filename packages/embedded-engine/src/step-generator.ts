import { covers, parsePath } from "./property-path.ts";
import type { DiffResult } from "./provider.ts";
import type { ResourceState } from "./resource-state.ts";

/** What is to be done with a registered resource. Pure: made from what was, what is wanted and how they differ. */
export type Decision =
  | { readonly kind: "create" | "same" }
  | { readonly kind: "update"; readonly diff: DiffResult }
  | Replacement
  | Refusal;

interface Replacement {
  readonly kind: "replace";
  readonly diff: DiffResult;
  /** The old one goes before the new one is made; else after all that needs it has moved over. */
  readonly deleteFirst: boolean;
}

/** A replacement that may not be. A preview shows why, and goes on as if it might. */
interface Refusal extends Omit<Replacement, "kind"> {
  readonly kind: "refuse";
  readonly message: string;
  /** How a preview tells it: an error fails it in the end. */
  readonly severity: "error" | "warning";
}

export interface Situation {
  readonly old: ResourceState | undefined;
  readonly wanted: Pick<ResourceState, "protect" | "replaceOnChanges"> & {
    /** The id that the program wants it to be taken over by; empty for none. */
    readonly importID: string;
    /** Undefined is as the provider says. */
    readonly deleteBeforeReplace: boolean | undefined;
  };
  /** How old and new differ; undefined where there is no old. */
  readonly diff: DiffResult | undefined;
}

export function decide({ old, wanted, diff: given }: Situation): Decision {
  if (old === undefined || given === undefined) return { kind: "create" };
  const diff = withReplaceOnChanges(given, wanted.replaceOnChanges);
  if (old.pendingReplacement || isReplacement(diff)) return replacement(old, wanted, diff);
  // What could not be finished last time is tried again, though nothing changed.
  if (diff.changes === "some" || old.initErrors.length > 0) return { kind: "update", diff };
  return { kind: "same" };
}

function replacement(
  old: ResourceState,
  wanted: Situation["wanted"],
  diff: DiffResult,
): Replacement | Refusal {
  const deleteFirst = wanted.deleteBeforeReplace ?? diff.deleteBeforeReplace;
  if (wanted.protect && old.protect)
    return {
      kind: "refuse",
      diff,
      deleteFirst,
      severity: "error",
      message: protectedFromReplacement(old.urn),
    };
  if (wanted.importID !== "")
    return { kind: "refuse", diff, deleteFirst, severity: "warning", message: stillImported(diff) };
  return { kind: "replace", diff, deleteFirst };
}

/** Whether a difference is one that only a new resource can make good. */
export function isReplacement(diff: DiffResult): boolean {
  const kinds = Object.values(diff.detailedDiff ?? {});
  return (
    diff.changes === "some" &&
    (diff.replaces.length > 0 || kinds.some(({ kind }) => kind.endsWith("-replace")))
  );
}

/** Changes that the program wants to be replacements. */
export function withReplaceOnChanges(diff: DiffResult, wanted: readonly string[]): DiffResult {
  if (wanted.length === 0 || diff.changes !== "some") return diff;
  const patterns = wanted.map(parsePath);
  // Where only the changed keys are known, no path inside of one counts as changed.
  const changed =
    diff.detailedDiff === undefined
      ? diff.diffs.map((key) => [key])
      : Object.keys(diff.detailedDiff).map(parsePath);
  const promoted = changed.filter((path) => patterns.some((pattern) => covers(pattern, path)));
  const keys = promoted.map((path) => String(path[0]));
  return { ...diff, replaces: [...new Set([...diff.replaces, ...keys])] };
}

function protectedFromReplacement(urn: string): string {
  return (
    `unable to replace resource "${urn}"\nas it is currently marked for protection. To unprotect the resource, ` +
    "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
  );
}

function stillImported(diff: DiffResult): string {
  return (
    "previously-imported resources that still specify an ID may not be replaced; please remove the `import` " +
    `declaration from your program; changed: ${diff.replaces.join(", ")}`
  );
}
