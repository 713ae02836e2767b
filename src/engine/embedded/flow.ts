import grpc from "@grpc/grpc-js";
import { RpcError } from "./grpc.ts";

/**
 * How far a run has got: what is under way, and whether something has failed.
 *
 * From the first failure on the program gets no more answers than "unavailable", which makes it stop quietly, while what
 * is under way runs to its end and is recorded.
 */
export class Flow {
  readonly #onFailure: (error: unknown) => void;
  readonly #running = new Set<Promise<unknown>>();
  readonly #stopped: Promise<never>;
  #stop: (error: RpcError) => void = () => undefined;
  #failed = false;

  /** @param onFailure shows an error; called for each */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
    this.#stopped = new Promise((_, reject) => {
      this.#stop = reject;
    });
    this.#stopped.catch(() => undefined);
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** Rejects at the first failure. */
  get stopped(): Promise<never> {
    return this.#stopped;
  }

  /** Does a part of the run for the program. It hears of the result, or that the run is over. */
  async answer<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#failed) return this.#stopped;
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

  fail(error: unknown): void {
    this.#onFailure(error);
    this.#failed = true;
    this.#stop(new RpcError(grpc.status.UNAVAILABLE, "the run has ended"));
  }

  /** Waits until nothing is under way. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
