import pLimit from "p-limit";
import { diffInputs } from "./diff.ts";
import type { Events, Step } from "./events.ts";
import { equalValues, markSecrets } from "./property-value.ts";
import type { DiffKind, DiffResult, Provider } from "./provider.ts";
import type { Redactor } from "./redactor.ts";
import type { ResourceState } from "./resource-state.ts";
import { isProviderType, type Urn } from "./urn.ts";

/**
 * Reads every resource of a state, and returns the state with what was found.
 *
 * A resource that can't be read keeps its old state and is reported to `failed`.
 */
export async function refreshResources(
  resources: readonly ResourceState[],
  parts: {
    readonly providerOf: (state: ResourceState) => Promise<Provider>;
    /** Whether the refresh includes a resource. Called in the order of the state. */
    readonly covers: (state: ResourceState) => boolean;
    readonly events: Events;
    readonly redactor: Redactor;
    readonly planning: boolean;
    /** Whether the refresh is the operation itself and is counted, not the first step of another one. */
    readonly counted: boolean;
    readonly parallel: number;
    readonly stopping: () => boolean;
    readonly failed: (step: Step, error: unknown) => void;
  },
): Promise<readonly ResourceState[]> {
  const limit = pLimit(parts.parallel);
  const covered = new Set(resources.filter(parts.covers));
  const found = await Promise.all(
    resources.map((state) =>
      limit(async () => {
        if (parts.stopping() || !covered.has(state)) return state;
        const step: Step = { op: "refresh", old: state, new: state, diff: undefined };
        parts.events.started(step, parts.planning);
        try {
          const { refreshed, diff } = await look(state, parts);
          if (refreshed !== undefined) parts.redactor.addFrom(refreshed.outputs);
          const end = { op: operationOf(refreshed, diff), old: state, new: refreshed, diff };
          if (parts.counted) parts.events.count(end);
          parts.events.finished(end, parts.planning);
          return refreshed;
        } catch (error) {
          parts.failed(step, error);
          return state;
        }
      }),
    ),
  );
  return withoutDangling(found.filter((state) => state !== undefined));
}

function operationOf(refreshed: ResourceState | undefined, diff: DiffResult | undefined): Step["op"] {
  if (refreshed === undefined) return "delete";
  return diff?.changes === "some" ? "update" : "same";
}

async function look(
  state: ResourceState,
  parts: { providerOf: (state: ResourceState) => Promise<Provider>; events: Events },
): Promise<{ refreshed: ResourceState | undefined; diff: DiffResult | undefined }> {
  if (!state.custom || isProviderType(state.type) || state.pendingReplacement)
    return { refreshed: state, diff: undefined };
  const provider = await parts.providerOf(state);
  const found = await provider.read(state);
  if (found === undefined) return { refreshed: undefined, diff: undefined };
  if (found.initErrors.length > 0)
    parts.events.diagnostic(
      "warning",
      `Refreshed resource is in an unhealthy state:\n* ${found.initErrors.join("\n* ")}`,
      state.urn,
    );
  const inputs = found.inputs ?? state.inputs;
  const outputs = markSecrets(found.outputs, inputs, state.additionalSecretOutputs);
  const changed = !equalValues(inputs, state.inputs) || !equalValues(outputs, state.outputs);
  const refreshed: ResourceState = {
    ...state,
    id: found.id,
    inputs,
    outputs,
    initErrors: found.initErrors,
    modified: changed ? new Date().toISOString() : state.modified,
  };
  // The stack doesn't own the resource, so no program would change it back.
  if (state.external) return { refreshed, diff: diffInputs(state.outputs, outputs) };
  // The drift is the inverse of the changes that an unchanged program would make.
  const back = await provider.diff({
    urn: state.urn,
    id: found.id,
    oldInputs: refreshed.inputs,
    oldOutputs: refreshed.outputs,
    news: state.inputs,
    ignoreChanges: state.ignoreChanges,
  });
  return {
    refreshed,
    diff: inverted(back.changes === "unknown" ? diffInputs(refreshed.inputs, state.inputs) : back),
  };
}

const OPPOSITE: Readonly<Record<DiffKind, DiffKind>> = {
  add: "delete",
  "add-replace": "delete-replace",
  delete: "add",
  "delete-replace": "add-replace",
  update: "update",
  "update-replace": "update-replace",
};

function inverted(diff: DiffResult): DiffResult {
  if (diff.detailedDiff === undefined) return diff;
  const entries = Object.entries(diff.detailedDiff).map(([path, { kind, inputDiff }]) => [
    path,
    { kind: OPPOSITE[kind], inputDiff },
  ]);
  return { ...diff, detailedDiff: Object.fromEntries(entries) };
}

/** Removes references to resources that no longer exist. */
function withoutDangling(resources: readonly ResourceState[]): readonly ResourceState[] {
  const urns = new Set(resources.map(({ urn }) => urn));
  const known = (urn: Urn) => urns.has(urn);
  return resources.map((state) => ({
    ...state,
    dependencies: state.dependencies.filter(known),
    propertyDependencies: Object.fromEntries(
      Object.entries(state.propertyDependencies)
        .map(([key, list]) => [key, list.filter(known)] as const)
        .filter(([, list]) => list.length > 0),
    ),
    parent: known(state.parent) ? state.parent : "",
    deletedWith: known(state.deletedWith) ? state.deletedWith : "",
    replaceWith: state.replaceWith.filter(known),
  }));
}
