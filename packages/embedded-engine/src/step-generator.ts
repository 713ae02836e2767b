import { parsePath } from "@tenantry/core/property-path";
import { covers, readPattern } from "./path-pattern.ts";
import { type DiffKind, type DiffResult, demandsReplacement } from "./provider.ts";
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
  const diff = withReplaceOnChanges(given, wanted.replaceOnChanges, old.initErrors.length > 0);
  if (old.pendingReplacement || (diff.changes === "some" && demandsReplacement(diff)))
    return replacement(old, wanted, diff);
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

/** The path by which `replaceOnChanges` refers to a failed initialization. */
const INIT_ERROR = "#initerror";

/**
 * Marks changes in `replaceOnChanges` as requiring a replacement.
 *
 * @param hasInitErrors whether the old resource's initialization failed, which counts as a change
 * @see https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step_generator.go (applyReplaceOnChanges)
 */
export function withReplaceOnChanges(
  diff: DiffResult,
  wanted: readonly string[],
  hasInitErrors = false,
): DiffResult {
  if (wanted.length === 0) return diff;
  const patterns = wanted.map(readPattern);
  const isWanted = (text: string) => {
    const path = parsePath(text);
    return path !== undefined && patterns.some((pattern) => covers(pattern, path));
  };
  const promoted = promote(diff, isWanted);
  if (!hasInitErrors || !isWanted(INIT_ERROR)) return promoted;
  return {
    ...promoted,
    changes: "some",
    replaces: [...promoted.replaces, INIT_ERROR],
    detailedDiff: promoted.detailedDiff && {
      ...promoted.detailedDiff,
      [INIT_ERROR]: { kind: "update-replace", inputDiff: false },
    },
  };
}

function promote(diff: DiffResult, isWanted: (path: string) => boolean): DiffResult {
  // If only the changed keys are known, no path inside one counts as changed.
  const keys = diff.diffs.filter(isWanted);
  const detailed = Object.entries(diff.detailedDiff ?? {}).map(([path, change]) => {
    const kind = isWanted(path) ? REPLACING[change.kind] : change.kind;
    return [path, { ...change, kind }] as const;
  });
  return {
    ...diff,
    replaces: [...new Set([...diff.replaces, ...keys])],
    detailedDiff: diff.detailedDiff && Object.fromEntries(detailed),
  };
}

const REPLACING: Readonly<Record<DiffKind, DiffKind>> = {
  add: "add-replace",
  "add-replace": "add-replace",
  delete: "delete-replace",
  "delete-replace": "delete-replace",
  update: "update-replace",
  "update-replace": "update-replace",
};

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
