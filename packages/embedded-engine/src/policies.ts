import type { PolicyPackSource } from "./interface.ts";
import type { Judged } from "./policy-messages.ts";
import { type PackHost, PolicyPack, type Violation } from "./policy-pack.ts";
import { ofResource } from "./registration-error.ts";
import type { ResourceState } from "./resource-state.ts";
import { ShownFailure } from "./shown-failure.ts";
import type { Urn } from "./urn.ts";

/** The policies that a run is held to: those of all its packs. */
export class Policies {
  readonly #packs: readonly PolicyPack[];
  readonly #preview: boolean;
  readonly #tell: (violation: Violation) => void;
  #violated = false;

  /** @param tell shows a violation; called for each */
  constructor(packs: readonly PolicyPack[], preview: boolean, tell: (violation: Violation) => void) {
    this.#packs = packs;
    this.#preview = preview;
    this.#tell = tell;
  }

  /** Starts the packs side by side; where one fails, none is left running. */
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

  /** Whether a mandatory policy was violated: the run fails in the end, if it didn't at once. */
  get violated(): boolean {
    return this.#violated;
  }

  /**
   * Holds a resource to the policies before anything is done about it.
   *
   * @returns it with remedies made
   * @throws ShownFailure when a mandatory policy is violated, which was told; a preview goes on, to show all of them
   */
  async judge(wanted: Judged): Promise<ResourceState> {
    const { urn } = wanted.state;
    let judged = wanted;
    // One after the other: each pack sees what the ones before it have made.
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
   * Holds the whole stack to the policies, once it is as the program wants it.
   *
   * @param stack its own URN
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
