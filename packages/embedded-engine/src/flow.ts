import grpc from "@grpc/grpc-js";
import { RpcError } from "./grpc.ts";
import { StepFailed } from "./shown-failure.ts";

/**
 * Tracks the running operations of a run, and its failures.
 *
 * After a failure that ends the run, the program gets the answer "unavailable" to every request, which makes it stop quietly.
 * Running operations finish and are recorded.
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
   * @param continueOnError whether independent resources continue after a failed operation
   * @param onFailure called for each error, to show it
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

  /** Whether the run has ended, so that no new operation begins. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Rejects when a failure ends the run. */
  get stopped(): Promise<never> {
    return this.#stopped;
  }

  /** Does a part of the run for the program. Resolves to the result, or rejects when the run ends. */
  async answer<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#ended) return this.#stopped;
    return Promise.race([this.run(work), this.#stopped]);
  }

  /** Does a part of the run. If it fails, the run fails. */
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
   * Whether independent resources continue after an error. The run fails at the end. After a forbidden operation, which wasn't
   * tried, they always continue.
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

  /** Waits until no operation is running. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
