import { cascadeReplacements } from "./cascade-replacements.ts";
import type { Providers } from "./providers.ts";
import { RegistrationError } from "./registration-error.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StepExecutor } from "./step-executor.ts";
import type { Urn } from "./urn.ts";

/** What is deleted before its replacement is made, and the dependents that can't stay meanwhile. */
export class EarlyDeletions {
  readonly #snapshot: Snapshot;
  readonly #executor: StepExecutor;
  readonly #providers: Providers;
  readonly #wouldReplace: Parameters<typeof cascadeReplacements>[3];
  /** Done or under way, by the URN that the state has for it. */
  readonly #deletions = new Map<Urn, Promise<ResourceState>>();

  constructor(parts: {
    readonly snapshot: Snapshot;
    readonly executor: StepExecutor;
    readonly providers: Providers;
    /** Whether a resource of the state could not stay if these were its inputs. */
    readonly wouldReplace: Parameters<typeof cascadeReplacements>[3];
  }) {
    this.#snapshot = parts.snapshot;
    this.#executor = parts.executor;
    this.#providers = parts.providers;
    this.#wouldReplace = parts.wouldReplace;
  }

  /** The deletion of an old resource, which ends with its state as it is by then; undefined when it is to stay. */
  of(old: ResourceState): Promise<ResourceState> | undefined {
    return this.#deletions.get(old.urn);
  }

  /** An old state as it is by now. */
  async standing(old: ResourceState | undefined): Promise<ResourceState | undefined> {
    return old === undefined ? undefined : ((await this.of(old)) ?? old);
  }

  /** An old resource lives on after all, as another. */
  forget(old: ResourceState): void {
    this.#deletions.delete(old.urn);
  }

  /**
   * Deletes a resource, what can't stay without it first.
   *
   * @param decided what this run has come to already, which needs the resource no more
   * @returns waits until it is gone, and gives its state as it is then
   * @throws RegistrationError when something of it is protected
   */
  async begin(old: ResourceState, decided: (urn: Urn) => boolean): Promise<() => Promise<ResourceState>> {
    const going = await this.#goingFirst(old, decided);
    this.#deleteInOrder(going);
    const gone = this.#deletions.get(old.urn) ?? this.#deletions.get(going.at(-1)?.urn ?? "");
    return async () => {
      const deleted = await gone;
      return deleted?.urn === old.urn ? deleted : old;
    };
  }

  /** What is deleted before a replacement is made, the old one last. */
  async #goingFirst(old: ResourceState, decided: (urn: Urn) => boolean): Promise<readonly ResourceState[]> {
    const states = this.#snapshot.base.filter((state) => !this.#snapshot.isDone(state));
    const handled = (urn: Urn) => decided(urn) || this.#deletions.has(urn);
    const along = await cascadeReplacements(old, states, handled, this.#wouldReplace);
    const kept = along.find((state) => state.protect && !state.delete);
    if (kept !== undefined) throw new RegistrationError(protectedAlong(kept.urn, old.urn), old.urn);
    // A run that was cut short may have deleted some of them already.
    return [...along, old].filter((state) => !state.pendingReplacement);
  }

  /** One after the other: each needs the next. */
  #deleteInOrder(going: readonly ResourceState[]): void {
    const condemned = new Set(going.map(({ urn }) => urn));
    let last: Promise<unknown> = Promise.resolve();
    for (const state of going) {
      const provider = () => this.#providers.ensure(state.provider, this.#snapshot.base);
      const deletion = last.then(async () => {
        if (!state.delete) return this.#executor.deleteFirst(state, provider, condemned);
        await this.#executor.delete(state, provider, condemned);
        return state;
      });
      // Whoever makes it again sees the failure.
      deletion.catch(() => undefined);
      if (!state.delete) this.#deletions.set(state.urn, deletion);
      last = deletion;
    }
  }
}

function protectedAlong(urn: Urn, root: Urn): string {
  return (
    `unable to replace resource "${urn}" as part of replacing "${root}" as it is currently marked for protection. ` +
    "To unprotect the resource, remove the `protect` flag from the resource in your Pulumi program and run " +
    `\`pulumi up\`, or use the command:\n\`pulumi state unprotect '${urn}'\``
  );
}
