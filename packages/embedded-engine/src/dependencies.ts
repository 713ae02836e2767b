import type { ResourceState } from "./resource-state.ts";
import { parseReference, type Urn } from "./urn.ts";

/** The resources that a resource needs besides its parent: its dependencies, its provider, and those that it is deleted or replaced with. */
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

/** The dependencies of a resource, including its parent. */
export function requirementsOf(state: ResourceState): ReadonlySet<Urn> {
  return state.parent === "" ? dependenciesOf(state) : new Set([...dependenciesOf(state), state.parent]);
}

/**
 * All resources that the roots need, directly or indirectly.
 *
 * @param states in their order: dependencies come before their dependents
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
 * All resources that depend on the roots, directly or indirectly, in the order of the state.
 *
 * @param states in their order: dependencies come before their dependents
 * @param needs the dependencies that count
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
