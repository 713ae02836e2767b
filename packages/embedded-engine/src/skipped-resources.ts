import { requirementsClosure, requirementsOf } from "./dependencies.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Urn } from "./urn.ts";

/** What a run that goes on after a failure leaves as it was: what failed, and what waits because it needs that. */
export class SkippedResources {
  /** By the names of now, and of before. */
  readonly #urns = new Set<Urn>();

  add(urn: Urn, old: ResourceState | undefined): void {
    this.#urns.add(urn);
    if (old !== undefined) this.#urns.add(old.urn);
  }

  has(urn: Urn): boolean {
    return this.#urns.has(urn);
  }

  /** Whether a resource has to wait. */
  holdsUp(wanted: ResourceState): boolean {
    return [...requirementsOf(wanted)].some((urn) => this.#urns.has(urn));
  }

  /**
   * What may not be deleted: what was left behind, and all that it still needs.
   *
   * @param states the old states that the run has not replaced by new ones, in their order
   */
  keeps(states: readonly ResourceState[]): ReadonlySet<ResourceState> {
    const left = states.filter((state) => !state.delete && this.#urns.has(state.urn));
    return new Set([...left, ...requirementsClosure(left, states)]);
  }
}
