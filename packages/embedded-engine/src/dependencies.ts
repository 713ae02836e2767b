import type { ResourceState } from "./resource-state.ts";
import { parseReference, type Urn } from "./urn.ts";

/** What a resource needs beside its parent: what it was made from or after, its provider, and what it goes with. */
export function dependenciesOf(state: ResourceState): ReadonlySet<Urn> {
  const urns = new Set([
    ...state.dependencies,
    ...Object.values(state.propertyDependencies).flat(),
    ...state.replaceWith,
  ]);
  if (state.deletedWith !== "") urns.add(state.deletedWith);
  if (state.provider !== "") urns.add(parseReference(state.provider).urn);
  return urns;
}

/** The same with the parent, which is there before its children. */
export function requirementsOf(state: ResourceState): ReadonlySet<Urn> {
  return state.parent === "" ? dependenciesOf(state) : new Set([...dependenciesOf(state), state.parent]);
}

/**
 * All that resources need, directly or not.
 *
 * @param states in their order: what a resource depends on always comes before it
 */
export function requirementsClosure(
  roots: readonly ResourceState[],
  states: readonly ResourceState[],
): ReadonlySet<ResourceState> {
  const needed = new Set(roots.flatMap((root) => [...requirementsOf(root)]));
  const found = new Set<ResourceState>();
  for (const state of states.toReversed()) {
    if (!needed.has(state.urn)) continue;
    found.add(state);
    for (const urn of requirementsOf(state)) needed.add(urn);
  }
  return found;
}

/**
 * What depends on a resource, directly or not, in the order of the state.
 *
 * @param states in their order: what a resource depends on always comes before it
 * @param needs which dependencies count
 */
export function dependentsOf(
  roots: readonly ResourceState[],
  states: readonly ResourceState[],
  needs: (state: ResourceState) => ReadonlySet<Urn>,
): readonly ResourceState[] {
  const reached = new Set(roots.map(({ urn }) => urn));
  const found: ResourceState[] = [];
  const first = Math.min(...roots.map((root) => states.indexOf(root)));
  for (const state of states.slice(first + 1)) {
    if (roots.includes(state) || ![...needs(state)].some((urn) => reached.has(urn))) continue;
    reached.add(state.urn);
    found.push(state);
  }
  return found;
}
