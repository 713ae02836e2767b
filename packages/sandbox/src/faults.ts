/** The sandbox service that receives a request. `postgres` is the pooler. */
export type Service = "supabase" | "stripe" | "postgres";

/** The kinds of faults. {@link Fault} describes them. */
export const FAULT_KINDS = [
  "latency",
  "429",
  "500",
  "500-after",
  "500-stored",
  "respond",
  "drop-before",
  "drop-after",
  "hold-before",
  "hold-after",
] as const;

/**
 * A fault to inject. If several faults match a request, the first one whose `share` or `nth` selects the request applies.
 *
 * - `latency`: delays the response by `milliseconds`.
 * - `429`, `500`: returns this status with the vendor's headers and body. The request has no effect.
 * - `500-after`: returns 500 after the request took effect, and stores the response under the idempotency key.
 * - `500-stored`: returns 500 and stores the response under the idempotency key. The request has no effect. Stripe stores the
 *   result of every request that began to execute, and replays it for a day: https://docs.stripe.com/api/idempotent_requests
 * - `respond`: returns `response`. The request has no effect. The pooler doesn't support this fault and refuses the request.
 * - `drop-before`, `drop-after`: closes the connection without a response, before or after the request takes effect.
 * - `hold-before`, `hold-after`: holds the request before or after it takes effect, until the test releases it. The test can
 *   stop the client in the meantime.
 */
export interface Fault {
  readonly kind: (typeof FAULT_KINDS)[number];
  /** The response of a `respond` fault. A body that isn't a string is sent as JSON. */
  readonly response?: FaultResponse;
  readonly service?: Service;
  /** Matches only requests that can change data. */
  readonly writesOnly?: boolean;
  /** A regular expression that matches `METHOD path` or, for the pooler, the SQL text. */
  readonly match?: string;
  /**
   * The share of matching requests that fail, from 0 to 1, drawn from a seeded generator. Default 1. If it is set, the same
   * request fails at most four times in a row, so that retries eventually succeed.
   */
  readonly share?: number;
  /** Applies only to the n-th matching request since the fault was set, counting from 1. */
  readonly nth?: number;
  readonly milliseconds?: number;
}

/** The response of a `respond` fault. */
export interface FaultResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A request that the sandbox received. It includes the body so that tests can check that no secret was sent. */
export interface RequestRecord {
  readonly sequence: number;
  readonly service: Service;
  readonly method: string;
  /** The path and query string or, for the pooler, the SQL text. */
  readonly path: string;
  readonly body: string;
  /** Whether the request can change data: false for a GET request or a read-only query. */
  readonly write: boolean;
  /** Undefined while the request is in progress or held, and after the sandbox closed the connection. */
  readonly status: number | undefined;
  /** The kind of the fault that was applied, if any. */
  readonly fault: Fault["kind"] | undefined;
}

/** The fields that faults match. */
export type Target = Pick<RequestRecord, "service" | "method" | "path" | "write">;

const LONGEST_STREAK = 4;

/** Selects the fault for each request. The same seed and the same requests give the same faults. */
export class Faults {
  readonly #faults: readonly { fault: Fault; pattern: RegExp | undefined; seen: { count: number } }[];
  readonly #draw: () => number;
  /** Consecutive faults, by request. */
  readonly #streaks = new Map<string, number>();

  constructor(faults: readonly Fault[], seed = 1) {
    this.#faults = faults.map((fault) => ({
      fault,
      pattern: fault.match === undefined ? undefined : new RegExp(fault.match),
      seen: { count: 0 },
    }));
    this.#draw = generator(seed);
  }

  /** Returns the fault to apply to this request. Every fault that matches counts the request for its `nth`. */
  next(target: Target): Fault | undefined {
    const text = textOf(target);
    const streak = this.#streaks.get(text) ?? 0;
    let applied: Fault | undefined;
    for (const { fault, pattern, seen } of this.#faults) {
      if (!matches(fault, pattern, target, text)) continue;
      seen.count++;
      const due = fault.nth === undefined ? this.#draw() < (fault.share ?? 1) : seen.count === fault.nth;
      if (due && (fault.share === undefined || streak < LONGEST_STREAK)) applied ??= fault;
    }
    this.#streaks.set(text, applied === undefined ? 0 : streak + 1);
    return applied;
  }
}

function textOf({ service, method, path }: Target): string {
  return service === "postgres" ? path : `${method} ${path}`;
}

function matches(fault: Fault, pattern: RegExp | undefined, target: Target, text: string): boolean {
  if (fault.service !== undefined && fault.service !== target.service) return false;
  if (fault.writesOnly === true && !target.write) return false;
  return pattern === undefined || pattern.test(text);
}

/** A generator of pseudorandom numbers from 0 to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
