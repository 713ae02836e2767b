import type { PolicyPackSource } from "./interface.ts";
import type { Judged } from "./policy-messages.ts";
import { type PackHost, PolicyPack, type Violation } from "./policy-pack.ts";
import { ofResource } from "./registration-error.ts";
import type { ResourceState } from "./resource-state.ts";
import { ShownFailure } from "./shown-failure.ts";
import type { Urn } from "./urn.ts";

/** Checks a run against the policies of all its packs. */
export class Policies {
  readonly #packs: readonly PolicyPack[];
  readonly #preview: boolean;
  readonly #tell: (violation: Violation) => void;
  #violated = false;

  /** @param tell called for each violation, to show it */
  constructor(packs: readonly PolicyPack[], preview: boolean, tell: (violation: Violation) => void) {
    this.#packs = packs;
    this.#preview = preview;
    this.#tell = tell;
  }

  /** Starts the packs in parallel. If one fails to start, the others are stopped. */
  static async start(
    sources: readonly PolicyPackSource[],
    host: PackHost,
    tell: (violation: Violation) => void,
  ): Promise<Policies> {
    const started = await Promise.allSettled(sources.map((source) => PolicyPack.start(source, host)));
    const packs = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const failed = started.find((each) => each.status === "rejected");
    if (failed === undefined) return new Policies(packs, host.preview, tell);
    await Promise.all(packs.map((pack) => pack.close()));
    throw failed.reason;
  }

  /** Whether a mandatory policy was violated, so that the run fails at the end if it didn't before. */
  get violated(): boolean {
    return this.#violated;
  }

  /**
   * Checks a resource before any operation on it.
   *
   * @returns the resource after remediation
   * @throws ShownFailure when a mandatory policy is violated. A preview continues, to show all violations.
   */
  async judge(wanted: Judged): Promise<ResourceState> {
    const { urn } = wanted.state;
    let judged = wanted;
    // Sequential, because each pack sees the remediations of the ones before it.
    for (const pack of this.#packs) {
      const { inputs, violations } = await ofResource(urn, pack.remediate(judged));
      judged = { ...judged, state: { ...judged.state, inputs } };
      violations.forEach(this.#tell);
    }
    const found = await ofResource(urn, Promise.all(this.#packs.map((pack) => pack.analyze(judged))));
    if (this.#note(found.flat()) && !this.#preview)
      throw new ShownFailure(`resource ${urn} violates a mandatory policy`);
    return judged.state;
  }

  /**
   * Checks the whole stack at the end of the run.
   *
   * @param stack the stack's URN
   */
  async judgeStack(judged: readonly Judged[], stack: Urn): Promise<void> {
    const found = await Promise.all(this.#packs.map((pack) => pack.analyzeStack(judged, stack)));
    this.#note(found.flat());
  }

  async close(): Promise<void> {
    await Promise.all(this.#packs.map((pack) => pack.close()));
  }

  #note(violations: readonly Violation[]): boolean {
    violations.forEach(this.#tell);
    const mandatory = violations.some((violation) => violation.mandatory);
    this.#violated ||= mandatory;
    return mandatory;
  }
}
