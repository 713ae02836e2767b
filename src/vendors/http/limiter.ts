import { setTimeout as sleep } from "node:timers/promises";

/** Delays calls to stay within a service's rate limit. One per API and token. */
export interface Limiter {
  /** Resolves when a call of the bucket may be sent. */
  enter(bucket: string, signal?: AbortSignal): Promise<void>;
  /** Updates the limit from a response. */
  learn(bucket: string, response: Response): void;
}

interface Window {
  remaining: number;
  inFlight: number;
  /** Milliseconds since the epoch. */
  endsAt: number;
}

/** Longer windows are cut to this, so that an invalid header can't stall a run. */
const LONGEST_WINDOW = 120_000;
const FORGET_ABOVE = 5_000;

/**
 * Follows the headers `X-RateLimit-Remaining` and `X-RateLimit-Reset` (seconds), with one window per bucket.
 *
 * Calls aren't delayed before a bucket's first response.
 */
export class HeaderLimiter implements Limiter {
  readonly #windows = new Map<string, Window>();

  async enter(bucket: string, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const window = this.#current(bucket);
      if (window === undefined) return;
      if (window.remaining > 0) {
        window.remaining -= 1;
        window.inFlight += 1;
        return;
      }
      // Random, so that waiting calls aren't all sent at once when the window ends.
      await sleep(window.endsAt - Date.now() + Math.random() * 50, undefined, { signal });
    }
  }

  learn(bucket: string, response: Response): void {
    const known = this.#current(bucket);
    const inFlight = Math.max(0, (known?.inFlight ?? 1) - 1);
    const reset = secondsOf(response.headers.get("x-ratelimit-reset"));
    const refused = response.status === 429;
    if (reset === undefined) {
      if (known !== undefined) known.inFlight = inFlight;
      return;
    }
    const remaining = Number(response.headers.get("x-ratelimit-remaining") ?? Number.POSITIVE_INFINITY);
    this.#windows.set(bucket, {
      // The service hasn't counted the calls in flight yet.
      remaining: refused ? 0 : remaining - inFlight,
      inFlight,
      endsAt: Date.now() + Math.min(reset * 1000, LONGEST_WINDOW),
    });
    if (this.#windows.size > FORGET_ABOVE) this.#forget();
  }

  #current(bucket: string): Window | undefined {
    const window = this.#windows.get(bucket);
    return window !== undefined && window.endsAt > Date.now() ? window : undefined;
  }

  #forget(): void {
    const now = Date.now();
    for (const [bucket, { endsAt }] of this.#windows) if (endsAt <= now) this.#windows.delete(bucket);
  }
}

function secondsOf(header: string | null): number | undefined {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** Limits the calls in any second, regardless of their bucket, for services that don't announce their limits. */
export class PaceLimiter implements Limiter {
  readonly #perSecond: number;
  /** The times at which the latest calls were or will be sent, in order. */
  readonly #departures: number[] = [];

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  async enter(_bucket: string, signal?: AbortSignal): Promise<void> {
    const now = Date.now();
    const oldest = this.#departures.length < this.#perSecond ? undefined : this.#departures.shift();
    const departure = Math.max(now, (oldest ?? 0) + 1000);
    this.#departures.push(departure);
    if (departure > now) await sleep(departure - now, undefined, { signal });
  }

  learn(): void {}
}
