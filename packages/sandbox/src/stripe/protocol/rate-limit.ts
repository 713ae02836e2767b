import { StripeError } from "./errors.ts";

/**
 * Counts requests of one account in a window of one second. Real time, whatever the account's clock says.
 *
 * Stripe allows a sandbox 25 requests a second: https://docs.stripe.com/rate-limits
 */
export class RateLimit {
  readonly #perSecond: number;
  #recent: number[] = [];

  /** @param perSecond Infinity for no limit */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @throws StripeRefusal 429, before the request has any effect */
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
