import { covers, readPattern } from "./path-pattern.ts";
import type { DiffResult } from "./provider.ts";
import type { ResourceState } from "./resource-state.ts";

/** The operation for a registered resource. */
export type Decision =
  | { readonly kind: "create" | "same" }
  | { readonly kind: "update"; readonly diff: DiffResult }
  | Replacement
  | Refusal;

interface Replacement {
  readonly kind: "replace";
  readonly diff: DiffResult;
  /** Whether the old resource is deleted before the new one is created. Otherwise it is deleted at the end of the run. */
  readonly deleteFirst: boolean;
}

/** A replacement that isn't allowed. A preview shows the reason and continues as if it were. */
interface Refusal extends Omit<Replacement, "kind"> {
  readonly kind: "refuse";
  readonly message: string;
  /** The severity in a preview. An error fails it at the end. */
  readonly severity: "error" | "warning";
}

export interface Situation {
  readonly old: ResourceState | undefined;
  readonly wanted: Pick<ResourceState, "protect" | "replaceOnChanges"> & {
    /** The id to import; empty for none. */
    readonly importID: string;
    /** Undefined leaves it to the provider. */
    readonly deleteBeforeReplace: boolean | undefined;
  };
  /** The differences between the old and the new state; undefined without an old one. */
  readonly diff: DiffResult | undefined;
}

/** Decides on the operation for a resource. Pure. */
export function decide({ old, wanted, diff: given }: Situation): Decision {
  if (old === undefined || given === undefined) return { kind: "create" };
  const diff = withReplaceOnChanges(given, wanted.replaceOnChanges);
  if (old.pendingReplacement || isReplacement(diff)) return replacement(old, wanted, diff);
  // A resource whose initialization failed is updated even without changes.
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

/** Whether the differences require a replacement. */
export function isReplacement(diff: DiffResult): boolean {
  const kinds = Object.values(diff.detailedDiff ?? {});
  return (
    diff.changes === "some" &&
    (diff.replaces.length > 0 || kinds.some(({ kind }) => kind.endsWith("-replace")))
  );
}

/** Marks changes in `replaceOnChanges` as requiring a replacement. */
export function withReplaceOnChanges(diff: DiffResult, wanted: readonly string[]): DiffResult {
  if (wanted.length === 0 || diff.changes !== "some") return diff;
  const patterns = wanted.map(readPattern);
  // If only the changed keys are known, no path inside one counts as changed.
  const changed =
    diff.detailedDiff === undefined
      ? diff.diffs.map((key) => [key])
      : Object.keys(diff.detailedDiff).map(readPattern);
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
