import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { type Fault, type FaultResponse, Faults, type RequestRecord } from "./faults.ts";

/** A request that arrived over HTTP or through the pooler. */
export interface InterceptedRequest<T> {
  readonly request: Pick<RequestRecord, "service" | "method" | "path" | "body" | "write">;
  /** Forwards the request to the service. */
  forward(): Promise<T>;
  statusOf(answer: T): number;
  /** The vendor's own error response. */
  refuse(status: 429 | 500): T;
  /** Stores this response, so that the vendor replays it when the request is repeated. */
  store(answer: T): Promise<void>;
  /** Returns the response that a test configured. */
  respond(response: FaultResponse): T;
  /** Closes the connection without a response. */
  cut(): T;
  /** Whether the client closed the connection. */
  isGone(): boolean;
}

/** Records every request, and injects the configured faults. */
export class Interceptor {
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

  /** Resolves once a request is held. */
  held(): Promise<RequestRecord> {
    const [first] = this.#holding;
    if (first !== undefined) return Promise.resolve(first.record);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resumes all held requests. */
  release(): void {
    for (const { free } of this.#holding.splice(0)) free();
  }

  async handle<T>(intercepted: InterceptedRequest<T>): Promise<T> {
    const fault = this.#faults.next(intercepted.request);
    const record = this.#write(intercepted.request, fault);
    const answered = (answer: T): T => {
      record.status = intercepted.statusOf(answer);
      return answer;
    };
    switch (fault?.kind) {
      case undefined:
        return answered(await intercepted.forward());
      case "latency":
        await delay(fault.milliseconds ?? 1000);
        return answered(await intercepted.forward());
      case "429":
        return answered(intercepted.refuse(429));
      case "500":
        return answered(intercepted.refuse(500));
      case "500-after":
        await intercepted.forward();
        return answered(await this.#stored(intercepted));
      case "500-stored":
        return answered(await this.#stored(intercepted));
      case "respond":
        return answered(intercepted.respond(fault.response ?? { status: 500 }));
      case "drop-before":
        return intercepted.cut();
      case "drop-after":
        await intercepted.forward();
        return intercepted.cut();
      case "hold-before":
        await this.#hold(record);
        // If the client was stopped in the meantime, the request must not take effect.
        return intercepted.isGone() ? intercepted.cut() : answered(await intercepted.forward());
      case "hold-after": {
        const answer = await intercepted.forward();
        await this.#hold(record);
        return intercepted.isGone() ? intercepted.cut() : answered(answer);
      }
    }
  }

  async #stored<T>(intercepted: InterceptedRequest<T>): Promise<T> {
    const answer = intercepted.refuse(500);
    await intercepted.store(answer);
    return answer;
  }

  #write(request: InterceptedRequest<unknown>["request"], fault: Fault | undefined): Mutable<RequestRecord> {
    this.#sequence++;
    const record = { sequence: this.#sequence, ...request, status: undefined, fault: fault?.kind };
    this.#requests.push(record);
    if (this.#requests.length > Interceptor.#kept) this.#requests.shift();
    return record;
  }

  async #hold(record: RequestRecord): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#holding.push({ record, free: resolve });
      for (const tell of this.#waiting.splice(0)) tell(record);
    });
    // Gives the event loop time to report a connection that the client closed.
    for (let turns = 0; turns < 3; turns++) await turn();
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
