import { setTimeout as sleep } from "node:timers/promises";
import type { Limiter } from "./limiter.ts";

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** One call, with its body in memory so that it can be sent again. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string | undefined;
}

/** What came of an attempt: an answer, or the error of a connection that gave none. */
export type Outcome = { readonly response: Response } | { readonly error: unknown };

export interface FetchPolicy {
  readonly limiter: Limiter;
  /** The bucket of the service's limit that a call counts against. */
  bucketOf(call: Call): string;
  /** Whether this call may be sent again after this outcome, and as what. A 429 is always sent again: it had no effect. */
  again(call: Call, outcome: Outcome): Call | undefined;
  /** Ends all waiting. */
  readonly signal?: AbortSignal;
  /** Attempts at one call in all. Default 8. */
  readonly attempts?: number;
  /** The first wait between attempts, doubled each time and drawn at random below that. Default 200. */
  readonly firstWaitMilliseconds?: number;
  /** Default 15,000. */
  readonly longestWaitMilliseconds?: number;
  /** For one attempt. Default 120,000. */
  readonly timeoutMilliseconds?: number;
}

/** A fetch that keeps to the service's limits, and repeats what is safe to repeat. */
export function rateLimitedFetch(manners: FetchPolicy): Fetch {
  const attempts = manners.attempts ?? 8;
  return async (input, init) => {
    let call = await callOf(input, init);
    for (let attempt = 1; ; attempt += 1) {
      await manners.limiter.enter(manners.bucketOf(call), manners.signal);
      const outcome = await send(call, manners);
      if ("response" in outcome) manners.limiter.learn(manners.bucketOf(call), outcome.response);

      const next =
        attempt < attempts && !manners.signal?.aborted ? nextCall(call, outcome, manners) : undefined;
      if (next === undefined) {
        if ("error" in outcome) throw outcome.error;
        return outcome.response;
      }
      if ("response" in outcome) await outcome.response.body?.cancel();
      call = next;
      await sleep(wait(attempt, manners), undefined, { signal: manners.signal });
    }
  };
}

async function callOf(input: string | URL | Request, init: RequestInit | undefined): Promise<Call> {
  const request = new Request(input, init);
  const body = request.body === null ? undefined : await request.text();
  return { method: request.method, url: new URL(request.url), headers: request.headers, body };
}

async function send(call: Call, manners: FetchPolicy): Promise<Outcome> {
  const timeout = AbortSignal.timeout(manners.timeoutMilliseconds ?? 120_000);
  const signal = manners.signal === undefined ? timeout : AbortSignal.any([manners.signal, timeout]);
  try {
    const { method, headers, body = null } = call;
    const response = await fetch(call.url, { method, headers, body, signal });
    // A connection can be cut in the middle of an answer too: the answer counts once it is whole.
    const text = await response.text();
    return { response: new Response(holdsNoBody(response.status) ? null : text, response) };
  } catch (error) {
    return { error };
  }
}

function holdsNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function nextCall(call: Call, outcome: Outcome, manners: FetchPolicy): Call | undefined {
  if ("response" in outcome && outcome.response.status === 429) return call;
  return manners.again(call, outcome);
}

function wait(attempt: number, manners: FetchPolicy): number {
  const first = manners.firstWaitMilliseconds ?? 200;
  const most = Math.min(first * 2 ** (attempt - 1), manners.longestWaitMilliseconds ?? 15_000);
  // Never shorter than half, so that a short outage isn't used up in a burst of attempts.
  return most / 2 + (Math.random() * most) / 2;
}
