import { dependenciesOf, dependentsOf } from "./dependencies.ts";
import { type PropertyMap, UNKNOWN } from "./property-value.ts";
import type { ResourceState } from "./resource-state.ts";
import { parseReference, type Urn } from "./urn.ts";

/**
 * What must be deleted before a resource is that will be deleted before its replacement is made: the dependents that
 * its change would replace as well. In the order in which they are deleted.
 *
 * @param states the old state, in its order
 * @param handled what this run has come to already, which depends on the resource no more
 * @param wouldReplace whether inputs in which what would change is unknown would replace the resource
 */
export async function cascadeReplacements(
  root: ResourceState,
  states: readonly ResourceState[],
  handled: (urn: Urn) => boolean,
  wouldReplace: (state: ResourceState, inputs: PropertyMap) => Promise<boolean>,
): Promise<readonly ResourceState[]> {
  // What a preview has only foreseen has no dependents yet.
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

/** The inputs with those unknown that come from a replaced resource; undefined when there are none. */
function withUnknowns(state: ResourceState, replaced: ReadonlySet<Urn>): PropertyMap | undefined {
  const changing = Object.keys(state.inputs).filter((key) =>
    (state.propertyDependencies[key] ?? []).some((urn) => replaced.has(urn)),
  );
  if (changing.length === 0) return undefined;
  return { ...state.inputs, ...Object.fromEntries(changing.map((key) => [key, UNKNOWN])) };
}
