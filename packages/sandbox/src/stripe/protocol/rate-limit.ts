import { StripeError } from "./errors.ts";

/**
 * Limits requests per second. Uses real time, not the account's clock.
 *
 * Stripe allows 25 requests per second in a sandbox: https://docs.stripe.com/rate-limits
 */
export class RateLimit {
  readonly #perSecond: number;
  #recent: number[] = [];

  /** @param perSecond the limit, or Infinity for none */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @throws StripeError 429, before the request has any effect */
  admit(milliseconds = performance.now()): void {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return;
    this.#recent = this.#recent.filter((instant) => instant > milliseconds - 1000);
    if (this.#recent.length >= this.#perSecond) throw rateLimited();
    this.#recent.push(milliseconds);
  }
}

function rateLimited(): StripeError {
  return new StripeError(
    429,
    "invalid_request_error",
    "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
    { code: "rate_limit" },
    false,
  );
}
