import pLimit, { type LimitFunction } from "p-limit";
import { deletionLevels } from "./deletes.ts";
import type { Flow } from "./flow.ts";
import type { Providers } from "./providers.ts";
import type { ResourceState } from "./resource-state.ts";
import type { SkippedResources } from "./skipped-resources.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StepExecutor } from "./step-executor.ts";
import type { Targets } from "./targets.ts";
import type { Urn } from "./urn.ts";

/** Deletes, at the end of a run, resources that were replaced or are no longer declared, dependents first. */
export class LateDeletions {
  readonly #snapshot: Snapshot;
  readonly #executor: StepExecutor;
  readonly #providers: Providers;
  readonly #targets: Targets;
  readonly #flow: Flow;
  readonly #left: SkippedResources;
  readonly #limit: LimitFunction;

  constructor(parts: {
    readonly snapshot: Snapshot;
    readonly executor: StepExecutor;
    readonly providers: Providers;
    readonly targets: Targets;
    readonly flow: Flow;
    readonly left: SkippedResources;
    /** The number of deletions at the same time. */
    readonly parallel: number;
  }) {
    this.#snapshot = parts.snapshot;
    this.#executor = parts.executor;
    this.#providers = parts.providers;
    this.#targets = parts.targets;
    this.#flow = parts.flow;
    this.#left = parts.left;
    this.#limit = pLimit(parts.parallel);
  }

  /** Keeps the old resources that the run doesn't target. */
  leaveOthers(): void {
    const deletable = this.#targets.deletable(this.#snapshot.base);
    for (const state of this.#undone())
      if (!deletable.has(state) && !state.delete) this.#executor.leave(state);
  }

  /** The resources to delete. */
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
      const deletions = going.map((state) =>
        this.#limit(async () => {
          // A deletion that is still waiting when the run ends isn't started.
          if (!this.#flow.ended) await this.#flow.run(() => this.#delete(state, urns));
        }),
      );
      await Promise.allSettled(deletions);
      if (this.#flow.ended) return;
    }
  }

  /** The old states that have no new state yet. */
  #undone(): readonly ResourceState[] {
    return this.#snapshot.base.filter((state) => !this.#snapshot.isDone(state));
  }

  async #delete(state: ResourceState, condemned: ReadonlySet<Urn>): Promise<void> {
    // The resource is already deleted. Only its replacement was never created.
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
