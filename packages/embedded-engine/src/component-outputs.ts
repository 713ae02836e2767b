import type { Events, Step } from "./events.ts";
import { containsUnknowns, type PropertyMap } from "./property-value.ts";
import { RegistrationError } from "./registration-error.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Snapshot } from "./snapshot.ts";
import { STACK_TYPE, type Urn } from "./urn.ts";

/** The outputs of components, including the stack. A component's step ends when its outputs are registered. */
export class ComponentOutputs {
  readonly #preview: boolean;
  readonly #mayBeUnknown: () => boolean;
  readonly #snapshot: Snapshot;
  readonly #events: Events;
  readonly #open = new Map<Urn, Step>();
  /** Kept until the result of the run is known. */
  #ofStack: PropertyMap | undefined;

  /** @param mayBeUnknown whether outputs may be unknown, because a resource failed */
  constructor(preview: boolean, mayBeUnknown: () => boolean, snapshot: Snapshot, events: Events) {
    this.#preview = preview;
    this.#mayBeUnknown = mayBeUnknown;
    this.#snapshot = snapshot;
    this.#events = events;
  }

  /** Records that a component's step has begun. */
  await(urn: Urn, step: Step): void {
    this.#open.set(urn, step);
  }

  /** @returns the component with its outputs; the stack without them, because they are added at the end */
  add(state: ResourceState, outputs: PropertyMap): ResourceState {
    if (state.type !== STACK_TYPE) return this.#finish(state, outputs);
    this.#ofStack = outputs;
    return state;
  }

  /**
   * Sets the stack's outputs. After a failure, they are merged into the previous ones.
   *
   * @param before the previous outputs
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
