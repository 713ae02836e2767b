import { dependenciesOf, dependentsOf } from "./dependencies.ts";
import { type PropertyMap, UNKNOWN } from "./property-value.ts";
import type { ResourceState } from "./resource-state.ts";
import { parseReference, type Urn } from "./urn.ts";

/**
 * The dependents that must be deleted before a resource that is deleted before its replacement is created: those that the change
 * would replace too. Returned in the order of their deletion.
 *
 * @param states the old state, in its order
 * @param handled whether this run has already decided about a resource, so that it no longer depends on the old one
 * @param wouldReplace whether inputs with unknown values in place of the changing ones would replace the resource
 */
export async function cascadeReplacements(
  root: ResourceState,
  states: readonly ResourceState[],
  handled: (urn: Urn) => boolean,
  wouldReplace: (state: ResourceState, inputs: PropertyMap) => Promise<boolean>,
): Promise<readonly ResourceState[]> {
  // A resource that exists only in this preview has no dependents yet.
  if (!states.includes(root)) return [];
  const open = states.filter((state) => state === root || !handled(state.urn));
  const replaced = new Set([root.urn]);
  const found: ResourceState[] = [];
  for (const state of dependentsOf([root], open, dependenciesOf)) {
    if (!(await goesAlong(state, replaced, wouldReplace))) continue;
    replaced.add(state.urn);
    found.push(state);
  }
  const bound = open.filter(
    (state) =>
      state !== root &&
      !found.includes(state) &&
      (state.replaceWith.includes(root.urn) || state.deletedWith === root.urn),
  );
  return [...found, ...bound].reverse();
}

async function goesAlong(
  state: ResourceState,
  replaced: ReadonlySet<Urn>,
  wouldReplace: (state: ResourceState, inputs: PropertyMap) => Promise<boolean>,
): Promise<boolean> {
  if (!state.custom || state.external) return false;
  if (state.provider !== "" && replaced.has(parseReference(state.provider).urn)) return true;
  if (replaced.has(state.deletedWith)) return true;
  const inputs = withUnknowns(state, replaced);
  return inputs !== undefined && wouldReplace(state, inputs);
}

/** The inputs, with those that come from a replaced resource set to unknown. Undefined if there are none. */
function withUnknowns(state: ResourceState, replaced: ReadonlySet<Urn>): PropertyMap | undefined {
  const changing = Object.keys(state.inputs).filter((key) =>
    (state.propertyDependencies[key] ?? []).some((urn) => replaced.has(urn)),
  );
  if (changing.length === 0) return undefined;
  return { ...state.inputs, ...Object.fromEntries(changing.map((key) => [key, UNKNOWN])) };
}
