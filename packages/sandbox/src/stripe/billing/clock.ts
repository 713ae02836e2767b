import type { Collection, Store } from "../../store.ts";

/** The account's clock: the machine's time plus the time that tests have added. It never goes back, even after a restart. */
export class Clock {
  readonly #now: () => Date;
  readonly #kept: Collection<{ readonly ahead: number }>;

  constructor(store: Store, now: () => Date) {
    this.#now = now;
    this.#kept = store.collection("stripe.clock");
  }

  /** Unix seconds. */
  now(): number {
    return Math.floor(this.#now().getTime() / 1000) + this.#ahead();
  }

  advance(seconds: number): void {
    if (seconds < 0) throw new Error("The clock can't go back");
    this.#kept.put("clock", { ahead: this.#ahead() + seconds });
  }

  #ahead(): number {
    return this.#kept.get("clock")?.ahead ?? 0;
  }
}
