import type { Events, Step } from "./events.ts";
import { containsUnknowns, type PropertyMap } from "./property-value.ts";
import { RegistrationError } from "./registration-error.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Snapshot } from "./snapshot.ts";
import { STACK_TYPE, type Urn } from "./urn.ts";

/** Outputs of components, the stack's among them: a component's step ends when they come. */
export class ComponentOutputs {
  readonly #preview: boolean;
  readonly #mayBeUnknown: () => boolean;
  readonly #snapshot: Snapshot;
  readonly #events: Events;
  readonly #open = new Map<Urn, Step>();
  /** Held until it is known how the run ended. */
  #ofStack: PropertyMap | undefined;

  /** @param mayBeUnknown whether something failed that outputs may come from */
  constructor(preview: boolean, mayBeUnknown: () => boolean, snapshot: Snapshot, events: Events) {
    this.#preview = preview;
    this.#mayBeUnknown = mayBeUnknown;
    this.#snapshot = snapshot;
    this.#events = events;
  }

  /** A component's step has begun. */
  await(urn: Urn, step: Step): void {
    this.#open.set(urn, step);
  }

  /** @returns the component with its outputs; the stack without, which come in the end */
  add(state: ResourceState, outputs: PropertyMap): ResourceState {
    if (state.type !== STACK_TYPE) return this.#finish(state, outputs);
    this.#ofStack = outputs;
    return state;
  }

  /**
   * Gives the stack its outputs: after a failure they only add to what it had.
   *
   * @param before what it had
   */
  finishStack(state: ResourceState, before: PropertyMap, failed: boolean): ResourceState {
    const outputs = this.#ofStack ?? (failed ? {} : before);
    return this.#finish(state, failed ? { ...before, ...outputs } : outputs);
  }

  #finish(state: ResourceState, outputs: PropertyMap): ResourceState {
    if (!this.#preview && !this.#mayBeUnknown() && containsUnknowns(outputs))
      throw new RegistrationError(`${state.urn} registers unknown outputs outside a preview`, state.urn);
    const finished = { ...state, outputs };
    this.#snapshot.replace(state, finished);
    const step = this.#open.get(state.urn);
    this.#open.delete(state.urn);
    if (step !== undefined) this.#events.finished({ ...step, new: finished }, this.#preview);
    return finished;
  }
}
