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

/** The result of an attempt: a response, or the connection's error. */
export type Outcome = { readonly response: Response } | { readonly error: unknown };

export interface FetchPolicy {
  readonly limiter: Limiter;
  /** The bucket of the service's rate limit that a call counts against. */
  bucketOf(call: Call): string;
  /** The call to retry with after this outcome, or undefined. A 429 is always retried, because it had no effect. */
  again(call: Call, outcome: Outcome): Call | undefined;
  /** Cancels calls and waits. */
  readonly signal?: AbortSignal;
  /** The maximum number of attempts per call. Default 8. */
  readonly attempts?: number;
  /** The first wait between attempts. It doubles each time, with jitter. Default 200. */
  readonly firstWaitMilliseconds?: number;
  /** Default 15,000. */
  readonly longestWaitMilliseconds?: number;
  /** The timeout of one attempt. Default 120,000. */
  readonly timeoutMilliseconds?: number;
}

/** A fetch that stays within a service's rate limit and retries calls that are safe to repeat. */
export function rateLimitedFetch(policy: FetchPolicy): Fetch {
  const attempts = policy.attempts ?? 8;
  return async (input, init) => {
    let call = await callOf(input, init);
    for (let attempt = 1; ; attempt += 1) {
      await policy.limiter.enter(policy.bucketOf(call), policy.signal);
      const outcome = await send(call, policy);
      if ("response" in outcome) policy.limiter.learn(policy.bucketOf(call), outcome.response);

      const next =
        attempt < attempts && !policy.signal?.aborted ? nextCall(call, outcome, policy) : undefined;
      if (next === undefined) {
        if ("error" in outcome) throw outcome.error;
        return outcome.response;
      }
      if ("response" in outcome) await outcome.response.body?.cancel();
      call = next;
      await sleep(wait(attempt, policy), undefined, { signal: policy.signal });
    }
  };
}

async function callOf(input: string | URL | Request, init: RequestInit | undefined): Promise<Call> {
  const request = new Request(input, init);
  const body = request.body === null ? undefined : await request.text();
  return { method: request.method, url: new URL(request.url), headers: request.headers, body };
}

async function send(call: Call, policy: FetchPolicy): Promise<Outcome> {
  const timeout = AbortSignal.timeout(policy.timeoutMilliseconds ?? 120_000);
  const signal = policy.signal === undefined ? timeout : AbortSignal.any([policy.signal, timeout]);
  try {
    const { method, headers, body = null } = call;
    const response = await fetch(call.url, { method, headers, body, signal });
    // Read the body here, because a connection can also be cut in the middle of a response.
    const text = await response.text();
    return { response: new Response(holdsNoBody(response.status) ? null : text, response) };
  } catch (error) {
    return { error };
  }
}

function holdsNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function nextCall(call: Call, outcome: Outcome, policy: FetchPolicy): Call | undefined {
  if ("response" in outcome && outcome.response.status === 429) return call;
  return policy.again(call, outcome);
}

function wait(attempt: number, policy: FetchPolicy): number {
  const first = policy.firstWaitMilliseconds ?? 200;
  const most = Math.min(first * 2 ** (attempt - 1), policy.longestWaitMilliseconds ?? 15_000);
  // At least half of it, so that the attempts outlast a short outage.
  return most / 2 + (Math.random() * most) / 2;
}
