import { requirementsClosure, requirementsOf } from "./dependencies.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Urn } from "./urn.ts";

/** The resources that a run with `continueOnError` leaves unchanged: those that failed, and those that need them. */
export class SkippedResources {
  /** Current and old URNs. */
  readonly #urns = new Set<Urn>();

  add(urn: Urn, old: ResourceState | undefined): void {
    this.#urns.add(urn);
    if (old !== undefined) this.#urns.add(old.urn);
  }

  has(urn: Urn): boolean {
    return this.#urns.has(urn);
  }

  /** Whether a resource needs one that was left. */
  holdsUp(wanted: ResourceState): boolean {
    return [...requirementsOf(wanted)].some((urn) => this.#urns.has(urn));
  }

  /**
   * The resources that must not be deleted: those that were left, and everything that they need.
   *
   * @param states the old states that have no new state yet, in their order
   */
  keeps(states: readonly ResourceState[]): ReadonlySet<ResourceState> {
    const left = states.filter((state) => !state.delete && this.#urns.has(state.urn));
    return new Set([...left, ...requirementsClosure(left, states)]);
  }
}
