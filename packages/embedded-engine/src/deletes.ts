import { dependenciesOf } from "./dependencies.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Urn } from "./urn.ts";

/**
 * Orders deletions in levels, to be deleted one after the other, with dependents before their dependencies.
 *
 * @param resources the old state, in its order: dependencies come before their dependents
 * @param condemned the resources to delete
 */
export function deletionLevels(
  resources: readonly ResourceState[],
  condemned: ReadonlySet<ResourceState>,
): readonly (readonly ResourceState[])[] {
  const depths = new Map<ResourceState, number>();
  const childrenOf = descendants(resources);
  resources.forEach((state, index) => {
    if (!condemned.has(state)) return;
    const before = neededBy(state, resources.slice(0, index), childrenOf);
    const depth = Math.max(-1, ...before.map((needed) => depths.get(needed) ?? -1)) + 1;
    depths.set(state, depth);
  });
  const levels: ResourceState[][] = [];
  for (const [state, depth] of depths) {
    levels[depth] ??= [];
    levels[depth].push(state);
  }
  return levels.reverse();
}

/** The resources in `earlier` that a resource needs. If it needs a component, it also needs the component's earlier children. */
function neededBy(
  state: ResourceState,
  earlier: readonly ResourceState[],
  childrenOf: ReadonlyMap<Urn, ReadonlySet<ResourceState>>,
): readonly ResourceState[] {
  const urns = dependenciesOf(state);
  const inComponents = new Set<ResourceState>();
  for (const candidate of earlier)
    if (urns.has(candidate.urn) && !candidate.custom)
      for (const child of childrenOf.get(candidate.urn) ?? []) inComponents.add(child);
  return earlier.filter(
    (candidate) => urns.has(candidate.urn) || candidate.urn === state.parent || inComponents.has(candidate),
  );
}

/** All descendants by component. */
function descendants(resources: readonly ResourceState[]): ReadonlyMap<Urn, ReadonlySet<ResourceState>> {
  const parents = new Map(resources.map((state) => [state.urn, state.parent]));
  const found = new Map<Urn, Set<ResourceState>>();
  for (const state of resources) {
    let ancestor = state.parent;
    while (ancestor !== "") {
      const children = found.get(ancestor) ?? new Set();
      found.set(ancestor, children.add(state));
      ancestor = parents.get(ancestor) ?? "";
    }
  }
  return found;
}
