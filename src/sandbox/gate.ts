import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { type Fault, Faults, type RequestRecord } from "./faults.ts";

/** A request on its way in, as the gate sees it: over HTTP or the pooler. */
export interface Passage<T> {
  readonly request: Pick<RequestRecord, "service" | "method" | "path" | "body" | "write">;
  /** Carries the request out. */
  act(): Promise<T>;
  statusOf(answer: T): number;
  /** The vendor's answer to one request too many (429), or its failure (500). */
  refuse(status: 429 | 500): T;
  /** Cuts the connection without an answer. */
  cut(): T;
  /** Whether the caller has hung up. */
  isGone(): boolean;
}

/** Every request passes here: it is written down, and a fault may befall it. */
export class Gate {
  static readonly #kept = 50_000;
  #faults = new Faults([]);
  #requests: Mutable<RequestRecord>[] = [];
  #sequence = 0;
  #holding: { record: RequestRecord; free: () => void }[] = [];
  #waiting: ((record: RequestRecord) => void)[] = [];

  setFaults(faults: readonly Fault[], seed?: number): void {
    this.#faults = new Faults(faults, seed);
  }

  requests(): readonly RequestRecord[] {
    return this.#requests;
  }

  clearRequests(): void {
    this.#requests = [];
  }

  /** Resolves when a request is held; at once when one is. */
  held(): Promise<RequestRecord> {
    const [first] = this.#holding;
    if (first !== undefined) return Promise.resolve(first.record);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets every held request go on. */
  release(): void {
    for (const { free } of this.#holding.splice(0)) free();
  }

  async pass<T>(passage: Passage<T>): Promise<T> {
    const fault = this.#faults.next(passage.request);
    const record = this.#write(passage.request, fault);
    const answered = (answer: T): T => {
      record.status = passage.statusOf(answer);
      return answer;
    };
    switch (fault?.kind) {
      case undefined:
        return answered(await passage.act());
      case "latency":
        await delay(fault.milliseconds ?? 1000);
        return answered(await passage.act());
      case "429":
        return answered(passage.refuse(429));
      case "500":
        return answered(passage.refuse(500));
      case "drop-before":
        return passage.cut();
      case "drop-after":
        await passage.act();
        return passage.cut();
      case "hold-before":
        await this.#hold(record);
        // Its caller was ended meanwhile: it must not take effect any more.
        return passage.isGone() ? passage.cut() : answered(await passage.act());
      case "hold-after": {
        const answer = await passage.act();
        await this.#hold(record);
        return passage.isGone() ? passage.cut() : answered(answer);
      }
    }
  }

  #write(request: Passage<unknown>["request"], fault: Fault | undefined): Mutable<RequestRecord> {
    this.#sequence++;
    const record = { sequence: this.#sequence, ...request, status: undefined, fault: fault?.kind };
    this.#requests.push(record);
    if (this.#requests.length > Gate.#kept) this.#requests.shift();
    return record;
  }

  async #hold(record: RequestRecord): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#holding.push({ record, free: resolve });
      for (const tell of this.#waiting.splice(0)) tell(record);
    });
    // A hang-up that has happened by now is heard within a turn of the event loop.
    for (let turns = 0; turns < 3; turns++) await turn();
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
