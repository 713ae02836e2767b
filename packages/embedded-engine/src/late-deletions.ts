import { deletionLevels } from "./deletes.ts";
import type { Flow } from "./flow.ts";
import type { Providers } from "./providers.ts";
import type { ResourceState } from "./resource-state.ts";
import type { SkippedResources } from "./skipped-resources.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StepExecutor } from "./step-executor.ts";
import type { Targets } from "./targets.ts";
import type { Urn } from "./urn.ts";

/** What is deleted when all else is done: what was replaced or is no longer wanted, dependents first. */
export class LateDeletions {
  readonly #snapshot: Snapshot;
  readonly #executor: StepExecutor;
  readonly #providers: Providers;
  readonly #targets: Targets;
  readonly #flow: Flow;
  readonly #left: SkippedResources;

  constructor(parts: {
    readonly snapshot: Snapshot;
    readonly executor: StepExecutor;
    readonly providers: Providers;
    readonly targets: Targets;
    readonly flow: Flow;
    readonly left: SkippedResources;
  }) {
    this.#snapshot = parts.snapshot;
    this.#executor = parts.executor;
    this.#providers = parts.providers;
    this.#targets = parts.targets;
    this.#flow = parts.flow;
    this.#left = parts.left;
  }

  /** What of the state as it was the run is not about, it leaves as it is. */
  leaveOthers(): void {
    const deletable = this.#targets.deletable(this.#snapshot.base);
    for (const state of this.#undone())
      if (!deletable.has(state) && !state.delete) this.#executor.leave(state);
  }

  /** What may be deleted. */
  get condemned(): ReadonlySet<ResourceState> {
    const deletable = this.#targets.deletable(this.#snapshot.base);
    const kept = this.#left.keeps(this.#undone());
    return new Set(this.#undone().filter((state) => deletable.has(state) && !kept.has(state)));
  }

  async run(condemned: ReadonlySet<ResourceState>): Promise<void> {
    const urns = new Set([...condemned].map(({ urn }) => urn));
    for (const level of deletionLevels(this.#snapshot.base, condemned)) {
      const kept = this.#left.keeps(this.#undone());
      const going = level.filter((state) => !kept.has(state));
      await Promise.allSettled(going.map((state) => this.#flow.run(() => this.#delete(state, urns))));
      if (this.#flow.ended) return;
    }
  }

  /** The old states that nothing new stands for yet. */
  #undone(): readonly ResourceState[] {
    return this.#snapshot.base.filter((state) => !this.#snapshot.isDone(state));
  }

  async #delete(state: ResourceState, condemned: ReadonlySet<Urn>): Promise<void> {
    // It is deleted already; only its replacement was never made.
    if (state.pendingReplacement && !state.delete) return this.#executor.forget(state);
    try {
      const provider = () => this.#providers.ensure(state.provider, this.#snapshot.base);
      await this.#executor.delete(state, provider, condemned);
    } catch (error) {
      if (!this.#flow.survives(error)) throw error;
      this.#left.add(state.urn, state);
    }
  }
}
