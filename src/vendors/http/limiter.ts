import { setTimeout as sleep } from "node:timers/promises";

/** Lets calls out no faster than the service takes them. One per API and token. */
export interface Limiter {
  /** Resolves when a call of the bucket may go out. */
  enter(bucket: string, signal?: AbortSignal): Promise<void>;
  /** Learns from what the service answered. */
  learn(bucket: string, response: Response): void;
}

interface Window {
  remaining: number;
  inFlight: number;
  /** In milliseconds, as `Date.now()`. */
  endsAt: number;
}

/** Longest window that is believed, so that a nonsensical header can't stall a run. */
const LONGEST_WINDOW = 120_000;
const FORGET_ABOVE = 5_000;

/**
 * Follows `X-RateLimit-Remaining` and `X-RateLimit-Reset` (seconds), window by window, one window per bucket.
 *
 * Before the first answer of a bucket nothing is known and nothing is held back.
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
      // A little later for each waiting call, so that they don't all go out at once when the window ends.
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
    const said = Number(response.headers.get("x-ratelimit-remaining") ?? Number.POSITIVE_INFINITY);
    this.#windows.set(bucket, {
      // Calls that are on their way aren't in what the service said.
      remaining: refused ? 0 : said - inFlight,
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

/** At most so many calls in any second, whatever their bucket, for services that announce no window. */
export class PaceLimiter implements Limiter {
  readonly #perSecond: number;
  /** When the last calls went out, or will, in order. */
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
