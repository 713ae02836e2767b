import type { Deployment } from "./checkpoint.ts";
import { withCurrentNames } from "./renames.ts";
import type { PendingOperation, ResourceState } from "./resource-state.ts";
import type { Urn } from "./urn.ts";

/**
 * The state of a stack during a run: finished and pending operations, and the old state of the rest.
 *
 * `begin`, and the function that it returns, resolve once the state is on disk. So an operation starts only after it is recorded as
 * pending, and the program gets its result only after that is recorded. Waiting writes are merged.
 */
export class Snapshot {
  readonly #save: (deployment: Deployment) => Promise<void>;
  /** The old state, with replaced resources marked for deletion. */
  #base: ResourceState[];
  readonly #pendingCreates: readonly PendingOperation[];
  /** Resources that this run has finished, in the order of completion, so that dependencies come before their dependents. */
  readonly #current: ResourceState[] = [];
  readonly #done = new Set<ResourceState>();
  readonly #pending = new Set<PendingOperation>();
  /** New URNs of renamed resources, by old URN. */
  readonly #renamed = new Map<Urn, Urn>();
  #running: Promise<void> | undefined;
  #waiting: Promise<void> | undefined;

  constructor(base: Deployment, save: (deployment: Deployment) => Promise<void>) {
    this.#save = save;
    this.#base = [...base.resources];
    // It is unknown whether these resources exist. They are kept until a user clears them, as with the Pulumi CLI.
    this.#pendingCreates = base.pendingOperations.filter(({ type }) => type === "creating");
  }

  /** All resources of the old state, in its order. */
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

  /** Records an operation as pending. The returned function ends it: it applies the changes and resolves once they are written. */
  async begin(operation: PendingOperation): Promise<(changes?: Changes) => Promise<void>> {
    this.#pending.add(operation);
    await this.write();
    return (changes) => {
      this.#pending.delete(operation);
      if (changes !== undefined) this.apply(changes);
      return this.write();
    };
  }

  /** Applies a change without writing it, because nothing changed at a vendor. */
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

  /** Replaces a state, when outputs are registered after the resource, or by a refresh. */
  replace(before: ResourceState, after: ResourceState): void {
    const index = this.#current.indexOf(before);
    if (index >= 0) this.#current[index] = after;
    else this.#base = this.#base.map((state) => (state === before ? after : state));
  }

  /** Replaces the old state by the result of a refresh. */
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
    // Changes during a write go into the next one.
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
  /** The old state that is replaced by the finished one, or that is deleted. */
  readonly done?: ResourceState | undefined;
  readonly finished?: ResourceState | undefined;
  /** An old state, and its new form until it is deleted. */
  readonly replaced?: readonly [ResourceState, ResourceState] | undefined;
}
