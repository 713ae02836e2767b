/** Which of the sandbox's services a request went to: `postgres` is the pooler. */
export type Service = "supabase" | "stripe" | "postgres";

/** Every kind of fault, as {@link Fault} describes them. */
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
 * A fault on demand. The first fault that matches a request and whose share or turn comes up is applied.
 *
 * - `latency`: the answer is late by `milliseconds`.
 * - `429`, `500`: refused with that status (with the vendor's headers and body), without effect.
 * - `500-after`: the same, after the request took effect.
 * - `500-stored`: without effect, but stored under the request's idempotency key, as `500-after` is too. Stripe stores every
 *   result once a request began to execute, and repeats it for a day: https://docs.stripe.com/api/idempotent_requests
 * - `respond`: answered with `response`, without effect. The pooler can't; its requests are refused.
 * - `drop-before`, `drop-after`: the connection is cut without an answer, before or after the request took effect.
 * - `hold-before`, `hold-after`: the request is held there, unanswered, until released: a test ends the caller meanwhile.
 */
export interface Fault {
  readonly kind: (typeof FAULT_KINDS)[number];
  /** What `respond` answers with. A body that isn't a text is sent as JSON. */
  readonly response?: FaultResponse;
  readonly service?: Service;
  /** Only requests that change something. */
  readonly writesOnly?: boolean;
  /** A regular expression on `METHOD path` (for the pooler: on the statement). */
  readonly match?: string;
  /**
   * 0 to 1 of the matching requests, drawn from a seeded generator. Default 1. Below that never more than four times in a row
   * for the same request, so that retries eventually succeed.
   */
  readonly share?: number;
  /** Only the n-th matching request since the fault was set, counting from 1. */
  readonly nth?: number;
  readonly milliseconds?: number;
}

/** The response of a `respond` fault. */
export interface FaultResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One request that the sandbox has seen, in order. Bodies are kept so that tests can look for planted secrets. */
export interface RequestRecord {
  readonly sequence: number;
  readonly service: Service;
  readonly method: string;
  /** The path with its query; for the pooler the statement. */
  readonly path: string;
  readonly body: string;
  /** Whether it could change something: no GET, no read-only query. */
  readonly write: boolean;
  /** Undefined while held, or when the connection was cut. */
  readonly status: number | undefined;
  /** The service's name of the fault that was applied, if any. */
  readonly fault: Fault["kind"] | undefined;
}

/** The fields that faults match. */
export type Target = Pick<RequestRecord, "service" | "method" | "path" | "write">;

const LONGEST_STREAK = 4;

/** The faults in force, with their turns counted and their shares drawn: the same seed and requests, the same faults. */
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

  /** The fault to apply to this request; every matching fault counts it. */
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

/** Numbers from 0 to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
