import { createHash } from "node:crypto";
import type { Collection } from "../../store.ts";
import { invalidParameter, StripeError } from "./errors.ts";

/** The first response for an idempotency key. Later requests with the same key receive the same response. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
}
export interface StoredAnswer extends Answer {
  readonly endpoint: string;
  readonly digest: string;
  /** Unix seconds. */
  readonly at: number;
}

/** A POST request with an idempotency key. `body` contains its parameters as text, independently of their order. */
export interface KeyedRequest {
  readonly key: string;
  readonly endpoint: string;
  readonly body: string;
  /** Unix seconds. */
  readonly now: number;
}

const DAY = 24 * 60 * 60;

/**
 * Idempotency keys of POST requests: https://docs.stripe.com/api/idempotent_requests
 *
 * The response of a request that began to execute is stored for 24 hours, even a 4xx or 500. The response of a request that
 * was refused earlier, for its parameters or the rate limit, isn't stored.
 */
export class IdempotencyKeys {
  readonly #answers: Collection<StoredAnswer>;
  readonly #inFlight = new Set<string>();

  constructor(answers: Collection<StoredAnswer>) {
    this.#answers = answers;
  }

  /**
   * Executes a request, or replays the response that is stored under its key.
   *
   * @param execute returns the response, and whether to store it
   * @returns the response, and whether it is a replay
   * @throws StripeError 400 if the key was used for a different request, or 409 while the first request is in progress
   */
  async once(
    request: KeyedRequest,
    execute: () => Promise<Answer & { readonly keep: boolean }>,
  ): Promise<Answer & { readonly replayed: boolean }> {
    const { key, endpoint, now } = request;
    if (key.length > 255)
      throw invalidParameter(
        `Idempotency keys must be at most 255 characters long; yours has ${key.length}.`,
      );
    const digest = digestOf(request);
    const stored = this.#find(key, now);
    if (stored !== undefined) return { ...this.#sameRequest(stored, key, endpoint, digest), replayed: true };
    if (this.#inFlight.has(key)) throw inUse(key);
    this.#inFlight.add(key);
    try {
      const answer = await execute();
      const { keep, ...told } = answer;
      if (keep) this.store(request, told);
      return { ...told, replayed: false };
    } finally {
      this.#inFlight.delete(key);
    }
  }

  /** Stores the response to a request. Replaces a stored response for the same key. */
  store(request: KeyedRequest, answer: Answer): void {
    const { key, endpoint, now } = request;
    this.#answers.put(key, { ...answer, endpoint, digest: digestOf(request), at: now });
  }

  #find(key: string, now: number): StoredAnswer | undefined {
    const stored = this.#answers.get(key);
    if (stored === undefined || now - stored.at < DAY) return stored;
    this.#answers.delete(key);
    return undefined;
  }

  #sameRequest(stored: StoredAnswer, key: string, endpoint: string, digest: string): Answer {
    if (stored.endpoint !== endpoint)
      throw misuse(
        `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${stored.endpoint}' vs '${endpoint}'). Try using a key other than '${key}' if you meant to execute a different request.`,
      );
    if (stored.digest !== digest)
      throw misuse(
        `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      );
    return { status: stored.status, body: stored.body, requestId: stored.requestId };
  }
}

function digestOf({ body }: KeyedRequest): string {
  return createHash("sha256").update(body).digest("hex");
}

function misuse(message: string): StripeError {
  return new StripeError(400, "idempotency_error", message, {}, false);
}

function inUse(key: string): StripeError {
  return new StripeError(
    409,
    "idempotency_error",
    `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
    { code: "idempotency_key_in_use" },
    false,
  );
}
