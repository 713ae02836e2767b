import pLimit from "p-limit";
import type { EarlyDeletions } from "./early-deletions.ts";
import type { Step } from "./events.ts";
import type { ResourceState } from "./resource-state.ts";
import type { StepExecutor } from "./step-executor.ts";
import type { Decision } from "./step-generator.ts";
import type { Urn } from "./urn.ts";

/** A step that hasn't begun yet. */
export interface Planned {
  readonly op: Step["op"];
  readonly act: () => Promise<ResourceState>;
}

/** Turns decisions into steps, and records which resources are decided. */
export class StepPlanner {
  readonly #executor: StepExecutor;
  readonly #deletions: EarlyDeletions;
  /** The URNs of decided resources, current and old. */
  readonly #decided = new Set<Urn>();
  readonly #replaced = new Set<Urn>();
  /** Planning is sequential, because a deletion before a replacement includes dependents. */
  readonly #planning = pLimit(1);

  constructor(executor: StepExecutor, deletions: EarlyDeletions) {
    this.#executor = executor;
    this.#deletions = deletions;
  }

  /** Records that a resource is decided without planning. */
  decided(urn: Urn): void {
    this.#decided.add(urn);
  }

  /** Whether the run replaces a resource. */
  isReplaced(urn: Urn): boolean {
    return this.#replaced.has(urn);
  }

  plan(old: ResourceState | undefined, wanted: ResourceState, decision: Decision): Promise<Planned> {
    return this.#planning(() => this.#plan(old, wanted, decision));
  }

  async #plan(old: ResourceState | undefined, wanted: ResourceState, decision: Decision): Promise<Planned> {
    this.#decided.add(wanted.urn);
    if (old === undefined) return { op: "create", act: () => this.#executor.create(wanted) };
    this.#decided.add(old.urn);
    const deletion = this.#deletions.of(old);
    if (deletion !== undefined || old.external) {
      this.#replaced.add(wanted.urn);
      return {
        op: "replace",
        act: async () => this.#executor.replace((await deletion) ?? old, wanted, undefined),
      };
    }
    switch (decision.kind) {
      case "create":
      case "same":
        return { op: "same", act: () => this.#executor.same(old, wanted) };
      case "update":
        return { op: "update", act: () => this.#executor.update(old, wanted, decision.diff) };
      default:
        this.#replaced.add(wanted.urn);
        return this.#planReplacement(old, wanted, decision);
    }
  }

  async #planReplacement(
    old: ResourceState,
    wanted: ResourceState,
    { diff, deleteFirst }: Extract<Decision, { kind: "replace" | "refuse" }>,
  ): Promise<Planned> {
    if (!deleteFirst) return { op: "replace", act: () => this.#executor.replace(old, wanted, diff) };
    const gone = await this.#deletions.begin(old, (urn) => this.#decided.has(urn));
    return { op: "replace", act: async () => this.#executor.replace(await gone(), wanted, diff) };
  }
}
