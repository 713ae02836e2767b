import type { ResourceState } from "./resource-state.ts";
import {
  formatReference,
  nameOf,
  parseReference,
  partsOf,
  STACK_TYPE,
  typeOf,
  type Urn,
  urnOf,
} from "./urn.ts";

/**
 * Applies new URNs to resources and to all references to them. Resources that aren't registered yet get a URN below their
 * parent's new one.
 *
 * @param renamed new URNs by old ones
 */
export function withCurrentNames(
  states: readonly ResourceState[],
  renamed: ReadonlyMap<Urn, Urn>,
): readonly ResourceState[] {
  if (renamed.size === 0) return states;
  const names = new Map(renamed);
  for (const { urn, parent } of states) {
    const newParent = names.get(parent);
    if (newParent === undefined || typeOf(newParent) === STACK_TYPE || names.has(urn)) continue;
    const { stack, project } = partsOf(urn);
    names.set(urn, urnOf(stack, project, newParent, typeOf(urn), nameOf(urn)));
  }
  const now = (urn: Urn) => names.get(urn) ?? urn;
  return states.map((state) => withNames(state, now));
}

function withNames(state: ResourceState, now: (urn: Urn) => Urn): ResourceState {
  return {
    ...state,
    urn: now(state.urn),
    parent: now(state.parent),
    provider: state.provider === "" ? "" : withName(state.provider, now),
    dependencies: state.dependencies.map(now),
    propertyDependencies: Object.fromEntries(
      Object.entries(state.propertyDependencies).map(([key, urns]) => [key, urns.map(now)]),
    ),
    deletedWith: now(state.deletedWith),
    replaceWith: state.replaceWith.map(now),
  };
}

function withName(reference: string, now: (urn: Urn) => Urn): string {
  const { urn, id } = parseReference(reference);
  return formatReference({ urn: now(urn), id });
}
