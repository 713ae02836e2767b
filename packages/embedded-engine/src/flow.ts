import grpc from "@grpc/grpc-js";
import { RpcError } from "./grpc.ts";
import { StepFailed } from "./shown-failure.ts";

/**
 * How far a run has got: what is under way, and whether something has failed.
 *
 * From the first failure on that it does not survive the program gets no more answers than "unavailable", which makes it
 * stop quietly, while what is under way runs to its end and is recorded.
 */
export class Flow {
  readonly #onFailure: (error: unknown) => void;
  readonly #continueOnError: boolean;
  readonly #running = new Set<Promise<unknown>>();
  readonly #stopped: Promise<never>;
  #stop: (error: RpcError) => void = () => undefined;
  #failed = false;
  #ended = false;

  /**
   * @param continueOnError whether an operation that failed ends the run only where it is needed
   * @param onFailure shows an error; called for each
   */
  constructor(continueOnError: boolean, onFailure: (error: unknown) => void) {
    this.#continueOnError = continueOnError;
    this.#onFailure = onFailure;
    this.#stopped = new Promise((_, reject) => {
      this.#stop = reject;
    });
    this.#stopped.catch(() => undefined);
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** Whether nothing new begins any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Rejects when the run ends by a failure. */
  get stopped(): Promise<never> {
    return this.#stopped;
  }

  /** Does a part of the run for the program. It hears of the result, or that the run is over. */
  async answer<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#ended) return this.#stopped;
    return Promise.race([this.run(work), this.#stopped]);
  }

  /** Does a part of the run. Its failure is the run's. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      this.fail(error);
      throw error;
    } finally {
      this.#running.delete(running);
    }
  }

  /**
   * Whether the run goes on after an error with all that doesn't need what failed; it fails in the end. What is forbidden
   * was not even tried: that never holds up the rest.
   */
  survives(error: unknown): boolean {
    if (this.#ended || !(error instanceof StepFailed)) return false;
    if (!this.#continueOnError && !error.forbidden) return false;
    this.#failed = true;
    return true;
  }

  fail(error: unknown): void {
    this.#onFailure(error);
    this.#failed = true;
    this.#ended = true;
    this.#stop(new RpcError(grpc.status.UNAVAILABLE, "the run has ended"));
  }

  /** Waits until nothing is under way. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
