import { messageOf } from "@tenantry/core/errors";
import pLimit from "p-limit";
import type { Events, Step } from "./events.ts";
import { containsUnknowns, equalValues, markSecrets, type PropertyMap, UNKNOWN } from "./property-value.ts";
import { InitError, type Provider, type ReadResult, UnclearError } from "./provider.ts";
import type { Providers } from "./providers.ts";
import type { Redactor } from "./redactor.ts";
import type { PendingOperation, ResourceState } from "./resource-state.ts";
import { ShownFailure, StepFailed } from "./shown-failure.ts";
import type { Changes, Snapshot } from "./snapshot.ts";
import { isProviderType, packageOf, type Urn } from "./urn.ts";

/**
 * Executes steps. It records each on disk before and after, emits events, and limits parallel provider calls.
 *
 * In a preview, the same steps run with providers in preview mode and a snapshot that isn't written.
 */
export class StepExecutor {
  readonly #snapshot: Snapshot;
  readonly #providers: Providers;
  readonly #events: Events;
  readonly #redactor: Redactor;
  readonly #preview: boolean;
  readonly #ignoreProtect: boolean;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #ended: () => boolean;
  #maybeCorrupt = false;

  constructor(parts: {
    readonly snapshot: Snapshot;
    readonly providers: Providers;
    readonly events: Events;
    readonly redactor: Redactor;
    readonly preview: boolean;
    readonly parallel: number;
    readonly ignoreProtect: boolean;
    /** Whether the run has ended, so that no new operation begins. */
    readonly ended: () => boolean;
  }) {
    this.#ended = parts.ended;
    this.#ignoreProtect = parts.ignoreProtect;
    this.#snapshot = parts.snapshot;
    this.#providers = parts.providers;
    this.#events = parts.events;
    this.#redactor = parts.redactor;
    this.#preview = parts.preview;
    this.#limit = pLimit(parts.parallel);
  }

  /** Whether a provider failed in a way that leaves the state of a resource unknown. */
  get maybeCorrupt(): boolean {
    return this.#maybeCorrupt;
  }

  async same(old: ResourceState, wanted: ResourceState): Promise<ResourceState> {
    const state = {
      ...wanted,
      id: old.id,
      outputs: old.outputs,
      created: old.created,
      modified: old.modified,
    };
    const step: Step = { op: "same", old, new: state, diff: undefined };
    this.#events.started(step, this.#preview);
    // An unchanged provider keeps its old inputs, even if it considers different ones equal.
    if (isProviderType(state.type)) await this.#attempt(step, () => this.#providers.same(state, old.inputs));
    this.#snapshot.apply({ done: old, finished: state });
    this.#conclude(step);
    return state;
  }

  create(wanted: ResourceState): Promise<ResourceState> {
    return this.#make({ op: "create", old: undefined, new: wanted, diff: undefined }, wanted);
  }

  /** Keeps the old state of a resource that the run doesn't target. */
  leave(old: ResourceState): ResourceState {
    const state = { ...old };
    this.#tell({ op: "same", old, new: state, diff: undefined });
    this.#snapshot.apply({ done: old, finished: state });
    return state;
  }

  /** Skips a new resource that the run doesn't target. It isn't recorded. */
  skip(wanted: ResourceState): ResourceState {
    this.#tell({ op: "same", old: wanted, new: wanted, diff: undefined });
    return wanted;
  }

  /**
   * Creates the replacement. The old resource is deleted at the end of the run, unless it has been deleted already.
   */
  async replace(old: ResourceState, wanted: ResourceState, diff: Step["diff"]): Promise<ResourceState> {
    if (old.pendingReplacement) this.#tell({ op: "replace", old, new: wanted, diff });
    const state = await this.#make({ op: "create-replacement", old, new: wanted, diff }, wanted);
    if (!old.pendingReplacement) this.#tell({ op: "replace", old, new: state, diff });
    return state;
  }

  /** Imports an existing resource by the id in the program. */
  async import(old: ResourceState | undefined, wanted: ResourceState): Promise<ResourceState> {
    const replacing = old !== undefined && !old.pendingReplacement;
    const step: Step = { op: replacing ? "import-replacement" : "import", old, new: wanted, diff: undefined };
    const end = await this.#begin(step, { resource: wanted, type: "importing" });
    const found = await this.#attempt(
      step,
      () => this.#importable({ ...wanted, id: wanted.importID, inputs: {} }),
      undefined,
      () => end(),
    );
    const state = this.#complete({ ...dated(wanted), ...found });
    await end({ ...replacementOf(old), finished: state });
    this.#conclude({ ...step, new: state });
    if (replacing) this.#tell({ op: "replace", old, new: state, diff: undefined });
    return state;
  }

  /** Reads an external resource. If the stack owned a different one under this name, that is replaced. */
  async read(old: ResourceState | undefined, wanted: ResourceState): Promise<ResourceState> {
    const replacing = old !== undefined && !old.external && old.id !== wanted.id;
    const step: Step = { op: replacing ? "read-replacement" : "read", old, new: wanted, diff: undefined };
    const end = await this.#begin(step, { resource: wanted, type: "reading" });
    const { id, outputs, initErrors } = await this.#attempt(
      step,
      () => this.#existing(wanted),
      undefined,
      () => end(),
    );
    const state = this.#complete({ ...wanted, id, outputs, initErrors });
    const read = { ...state, created: old?.created, modified: modifiedOf(old, state) };
    await end({ ...(replacing ? replacementOf(old) : { done: old }), finished: read });
    this.#conclude({ ...step, new: read });
    if (replacing) this.#tell({ op: "replace", old, new: read, diff: undefined });
    return read;
  }

  async update(old: ResourceState, wanted: ResourceState, diff: Step["diff"]): Promise<ResourceState> {
    const base = { ...wanted, id: old.id, created: old.created, modified: now() };
    const step: Step = { op: "update", old, new: base, diff };
    const end = await this.#begin(step, { resource: base, type: "updating" });
    const result = await this.#attempt(
      step,
      () => this.#callUpdate(old, base),
      // Keeps the old inputs, so that the next run sees the same change again.
      (failure) =>
        end({ done: old, finished: this.#partial({ ...base, inputs: old.inputs }, failure, old.id) }),
      () => end(),
    );
    const state = this.#complete({ ...base, outputs: result.outputs });
    await end({ done: old, finished: state });
    this.#conclude({ ...step, new: state });
    return state;
  }

  /** @param condemned all resources that are being deleted, so that those with `deletedWith` can be skipped */
  async delete(
    old: ResourceState,
    provider: () => Promise<Provider>,
    condemned: ReadonlySet<Urn>,
  ): Promise<void> {
    const step: Step = { op: deletionOf(old, old.delete), old, new: undefined, diff: undefined };
    if (old.protect && !old.delete && !this.#ignoreProtect) {
      this.#events.started(step, this.#preview);
      return this.#fail(step, new Error(protectedFromDelete(old.urn)), { forbidden: true });
    }
    await this.#remove(step, old, provider, condemned, { done: old });
  }

  /** Deletes a resource before its replacement is created. It is kept in the state, marked as deleted, until then. */
  async deleteFirst(
    old: ResourceState,
    provider: () => Promise<Provider>,
    condemned: ReadonlySet<Urn>,
  ): Promise<ResourceState> {
    const step: Step = { op: deletionOf(old, true), old, new: undefined, diff: undefined };
    const gone = { ...old, pendingReplacement: true };
    await this.#remove(step, old, provider, condemned, { replaced: [old, gone] });
    return gone;
  }

  /** Removes a resource that was deleted for a replacement and is no longer declared. */
  forget(old: ResourceState): void {
    this.#tell({ op: "remove-pending-replace", old, new: undefined, diff: undefined });
    this.#snapshot.apply({ done: old });
  }

  async #remove(
    step: Step,
    old: ResourceState,
    provider: () => Promise<Provider>,
    condemned: ReadonlySet<Urn>,
    changes: Changes,
  ): Promise<void> {
    const end = await this.#begin(step, { resource: old, type: "deleting" });
    const elided = old.external || old.retainOnDelete || !old.custom || condemned.has(old.deletedWith);
    if (!this.#preview && !elided && !isProviderType(old.type))
      await this.#attempt(
        step,
        async () => {
          const deleter = await provider();
          return this.#queue(() =>
            deleter.delete({
              urn: old.urn,
              id: old.id,
              inputs: old.inputs,
              outputs: old.outputs,
              timeout: old.customTimeouts.delete,
            }),
          );
        },
        undefined,
        () => end(),
      );
    await end(changes);
    this.#events.succeeded(step, this.#preview);
  }

  async #make(step: Step, wanted: ResourceState): Promise<ResourceState> {
    const end = await this.#begin(step, { resource: wanted, type: "creating" });
    const replaced = replacementOf(step.old);
    const result = await this.#attempt(
      step,
      () => this.#callCreate(wanted),
      (failure) => end({ ...replaced, finished: this.#partial(dated(wanted), failure, failure.id) }),
      () => end(),
    );
    const state = this.#complete({ ...dated(wanted), id: result.id, outputs: result.outputs });
    await end({ ...replaced, finished: state });
    this.#conclude({ ...step, new: state });
    return state;
  }

  async #callCreate(wanted: ResourceState): Promise<{ id: string; outputs: PropertyMap }> {
    if (!wanted.custom) return { id: "", outputs: {} };
    if (isProviderType(wanted.type)) return this.#providers.create(wanted.urn, wanted.inputs);
    const provider = await this.#providers.get(wanted.provider);
    const result = await this.#queue(() =>
      provider.create({
        urn: wanted.urn,
        inputs: wanted.inputs,
        timeout: wanted.customTimeouts.create,
        preview: this.#preview,
      }),
    );
    return this.#preview && result.id === "" ? { ...result, id: UNKNOWN } : result;
  }

  async #callUpdate(old: ResourceState, wanted: ResourceState): Promise<{ outputs: PropertyMap }> {
    if (!wanted.custom) return { outputs: old.outputs };
    if (isProviderType(wanted.type)) return this.#providers.update(wanted.urn, old.id, wanted.inputs);
    const provider = await this.#providers.get(wanted.provider);
    return this.#queue(() =>
      provider.update({
        urn: wanted.urn,
        id: old.id,
        oldInputs: old.inputs,
        oldOutputs: old.outputs,
        news: wanted.inputs,
        ignoreChanges: wanted.ignoreChanges,
        timeout: wanted.customTimeouts.update,
        preview: this.#preview,
      }),
    );
  }

  async #existing(wanted: ResourceState): Promise<ReadResult> {
    const { urn, id, inputs } = wanted;
    if (id === UNKNOWN) return { id, inputs, outputs: {}, initErrors: [] };
    const provider = await this.#providers.get(wanted.provider);
    const found = await this.#queue(() => provider.read({ urn, id, inputs, outputs: inputs }));
    if (found === undefined) throw new Error(`resource '${id}' does not exist`);
    return found;
  }

  async #importable(wanted: ResourceState): Promise<ReadResult & { readonly inputs: PropertyMap }> {
    const { inputs, ...found } = await this.#existing(wanted);
    if (inputs === undefined)
      throw new Error(
        `provider does not support importing resources; please try updating the '${packageOf(wanted.type)}' plugin`,
      );
    return { ...found, inputs };
  }

  /** Calls a provider when it is this operation's turn. An operation that is still waiting when the run ends isn't started. */
  #queue<Result>(call: () => Promise<Result>): Promise<Result> {
    return this.#limit(() => {
      if (this.#ended()) throw new ShownFailure("not started, because the run has ended");
      return call();
    });
  }

  /** Records a pending operation on disk. Components and providers need none, because they change nothing at a vendor. */
  async #begin(step: Step, operation: PendingOperation): Promise<(changes?: Changes) => Promise<void>> {
    this.#redactor.addFrom(operation.resource.inputs);
    const { resource } = operation;
    if (this.#preview || !resource.custom || isProviderType(resource.type)) {
      this.#events.started(step, this.#preview);
      return async (changes) => {
        if (changes !== undefined) this.#snapshot.apply(changes);
      };
    }
    const end = await this.#snapshot.begin(operation);
    this.#events.started(step, this.#preview);
    return end;
  }

  async #attempt<Result>(
    step: Step,
    act: () => Promise<Result>,
    onPartial?: (failure: InitError) => Promise<void>,
    onFailure?: () => Promise<void>,
  ): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof InitError && onPartial !== undefined) await onPartial(error);
      else await onFailure?.();
      if (error instanceof ShownFailure) throw error;
      return this.#fail(step, error);
    }
  }

  #fail(step: Step, error: unknown, how: { readonly forbidden?: boolean } = {}): never {
    // A resource that a failed create may have left is recorded as a pending operation.
    if (error instanceof UnclearError && step.old !== undefined) this.#maybeCorrupt = true;
    const urn = (step.new ?? step.old)?.urn;
    this.#events.diagnostic("error", messageOf(error), urn);
    this.#events.failed(step, this.#preview);
    throw new StepFailed(`${step.op} of ${urn} failed`, { cause: error, ...how });
  }

  #partial(state: ResourceState, failure: InitError, id: string): ResourceState {
    return this.#complete({ ...state, id, outputs: failure.outputs, initErrors: failure.reasons });
  }

  #complete(state: ResourceState): ResourceState {
    if (!this.#preview && containsUnknowns(state.outputs))
      throw new Error(`${state.urn} has unknown outputs after its creation`);
    const outputs = markSecrets(state.outputs, state.inputs, state.additionalSecretOutputs);
    this.#redactor.addFrom(outputs);
    return { ...state, outputs };
  }

  /** Reports a step that needs no operation. */
  #tell(step: Step): void {
    this.#events.started(step, this.#preview);
    this.#events.succeeded(step, this.#preview);
  }

  /** Counts a step and reports its end. Components end when their outputs are registered. */
  #conclude(step: Step): void {
    this.#events.count(step);
    if (step.new?.custom === true) this.#events.finished(step, this.#preview);
  }
}

/** The changes to an old state when a new one replaces it. */
function replacementOf(old: ResourceState | undefined): Changes {
  if (old === undefined) return {};
  return old.pendingReplacement ? { done: old } : { replaced: [old, { ...old, delete: true }] };
}

function deletionOf(old: ResourceState, replacing: boolean): Step["op"] {
  if (old.external) return replacing ? "discard-replaced" : "discard";
  return replacing ? "delete-replaced" : "delete";
}

function modifiedOf(old: ResourceState | undefined, state: ResourceState): string | undefined {
  const unchanged =
    old === undefined || (equalValues(old.inputs, state.inputs) && equalValues(old.outputs, state.outputs));
  return unchanged ? old?.modified : now();
}

function dated(state: ResourceState): ResourceState {
  const time = now();
  return { ...state, created: time, modified: time };
}

function now(): string {
  return new Date().toISOString();
}

function protectedFromDelete(urn: Urn): string {
  return (
    `resource "${urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the ` +
    "`protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the command:\n" +
    `\`pulumi state unprotect '${urn}'\``
  );
}
