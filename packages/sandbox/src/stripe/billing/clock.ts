import type { Collection, Store } from "../../store.ts";

/** The account's time: the machine's, moved ahead by what tests have asked for. It never goes back, not by a restart. */
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
    if (seconds < 0) throw new Error("A clock can't go back");
    this.#kept.put("clock", { ahead: this.#ahead() + seconds });
  }

  #ahead(): number {
    return this.#kept.get("clock")?.ahead ?? 0;
  }
}
