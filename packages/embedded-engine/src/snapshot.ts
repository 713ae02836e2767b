import type { Deployment } from "./checkpoint.ts";
import { withCurrentNames } from "./renames.ts";
import type { PendingOperation, ResourceState } from "./resource-state.ts";
import type { Urn } from "./urn.ts";

/**
 * What a run knows of its stack at any moment: what it has finished, what is under way, and the old state of the rest.
 *
 * `begin` and the function it gives back resolve when they are on disk: an operation starts only once its pending
 * operation is written, and the program hears of its end only once that is. Writes that wait become one.
 */
export class Snapshot {
  readonly #save: (deployment: Deployment) => Promise<void>;
  /** As it was before, with replaced ones marked for deletion. */
  #base: ResourceState[];
  readonly #pendingCreates: readonly PendingOperation[];
  /** Finished by this run, in the order of completion: what a resource needs always comes before it. */
  readonly #current: ResourceState[] = [];
  readonly #done = new Set<ResourceState>();
  readonly #pending = new Set<PendingOperation>();
  /** Old URNs of what goes on under another. */
  readonly #renamed = new Map<Urn, Urn>();
  #running: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;

  constructor(base: Deployment, save: (deployment: Deployment) => Promise<void>) {
    this.#save = save;
    this.#base = [...base.resources];
    // Nobody knows whether these exist: they stay until a person clears them, as with the Pulumi CLI.
    this.#pendingCreates = base.pendingOperations.filter(({ type }) => type === "creating");
  }

  /** The old state, done or not, in its order. */
  get base(): readonly ResourceState[] {
    return this.#base;
  }

  isDone(state: ResourceState): boolean {
    return this.#done.has(state);
  }

  get deployment(): Deployment {
    const resources = [...this.#current, ...this.#base].filter((state) => !this.#done.has(state));
    return {
      resources: withCurrentNames(resources, this.#renamed),
      pendingOperations: [...this.#pending, ...this.#pendingCreates],
    };
  }

  /** Before an operation. What it gives back ends it; the changes are made at once, and resolve when written. */
  async begin(operation: PendingOperation): Promise<(changes?: Changes) => Promise<void>> {
    this.#pending.add(operation);
    await this.write();
    return (changes) => {
      this.#pending.delete(operation);
      if (changes !== undefined) this.apply(changes);
      return this.write();
    };
  }

  /** A change that no write has to wait for: nothing outside has changed. */
  apply(changes: Changes): void {
    if (changes.done !== undefined) this.#done.add(changes.done);
    if (changes.replaced !== undefined) {
      const [before, after] = changes.replaced;
      this.#base = this.#base.map((state) => (state === before ? after : state));
    }
    if (changes.finished !== undefined) this.#current.push(changes.finished);
    const former = changes.done ?? changes.replaced?.[0];
    if (former !== undefined && changes.finished !== undefined && former.urn !== changes.finished.urn)
      this.#renamed.set(former.urn, changes.finished.urn);
  }

  /** Outputs that came after the resource itself, or a refreshed state. */
  replace(before: ResourceState, after: ResourceState): void {
    const index = this.#current.indexOf(before);
    if (index >= 0) this.#current[index] = after;
    else this.#base = this.#base.map((state) => (state === before ? after : state));
  }

  /** After a refresh: what was found is the old state of all that follows. */
  rebase(resources: readonly ResourceState[]): void {
    this.#base = [...resources];
    this.#current.length = 0;
    this.#done.clear();
  }

  write(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#save(this.deployment).finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    // Everything that changes while a write runs is in the next one.
    this.#waiting ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#waiting = undefined;
        return this.write();
      });
    return this.#waiting;
  }
}

export interface Changes {
  /** Old states that this one stands for, or that are gone. */
  readonly done?: ResourceState | undefined;
  readonly finished?: ResourceState | undefined;
  /** An old state that was replaced, and how it is kept until it is deleted. */
  readonly replaced?: readonly [ResourceState, ResourceState] | undefined;
}
