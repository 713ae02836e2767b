import { cascadeReplacements } from "./cascade-replacements.ts";
import type { Providers } from "./providers.ts";
import { RegistrationError } from "./registration-error.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StepExecutor } from "./step-executor.ts";
import type { Urn } from "./urn.ts";

/** Deletes resources before their replacements are created, with the dependents that can't exist without them. */
export class EarlyDeletions {
  readonly #snapshot: Snapshot;
  readonly #executor: StepExecutor;
  readonly #providers: Providers;
  readonly #wouldReplace: Parameters<typeof cascadeReplacements>[3];
  /** Finished and running deletions, by the resource's URN in the state. */
  readonly #deletions = new Map<Urn, Promise<ResourceState>>();

  constructor(parts: {
    readonly snapshot: Snapshot;
    readonly executor: StepExecutor;
    readonly providers: Providers;
    /** Whether a resource would be replaced if it had these inputs. */
    readonly wouldReplace: Parameters<typeof cascadeReplacements>[3];
  }) {
    this.#snapshot = parts.snapshot;
    this.#executor = parts.executor;
    this.#providers = parts.providers;
    this.#wouldReplace = parts.wouldReplace;
  }

  /** The deletion of an old resource, which resolves to its state afterwards. Undefined if it isn't deleted. */
  of(old: ResourceState): Promise<ResourceState> | undefined {
    return this.#deletions.get(old.urn);
  }

  /** The current form of an old state, after a deletion that was begun. */
  async standing(old: ResourceState | undefined): Promise<ResourceState | undefined> {
    return old === undefined ? undefined : ((await this.of(old)) ?? old);
  }

  /** Drops the deletion of an old resource, because another one takes over its state. */
  forget(old: ResourceState): void {
    this.#deletions.delete(old.urn);
  }

  /**
   * Begins to delete a resource, after the dependents that can't exist without it.
   *
   * @param decided whether this run has already decided about a resource, so that it no longer needs the old one
   * @returns a function that waits for the deletion and returns the resource's state afterwards
   * @throws RegistrationError when a dependent is protected
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

  /** The resources to delete before the replacement is created; the old one comes last. */
  async #goingFirst(old: ResourceState, decided: (urn: Urn) => boolean): Promise<readonly ResourceState[]> {
    const states = this.#snapshot.base.filter((state) => !this.#snapshot.isDone(state));
    const handled = (urn: Urn) => decided(urn) || this.#deletions.has(urn);
    const along = await cascadeReplacements(old, states, handled, this.#wouldReplace);
    const kept = along.find((state) => state.protect && !state.delete);
    if (kept !== undefined) throw new RegistrationError(protectedAlong(kept.urn, old.urn), old.urn);
    // An interrupted run may have deleted some of them already.
    return [...along, old].filter((state) => !state.pendingReplacement);
  }

  /** Deletes one resource after the other, because each needs the next. */
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
      // The failure is thrown where the replacement awaits the deletion.
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
