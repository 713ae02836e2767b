import type { Account } from "../account.ts";
import { showEvent } from "../objects/events.ts";
import type { StoredDelivery } from "../stored.ts";
import { signatureOf } from "./signature.ts";

const ATTEMPTS = 6;
const TIMEOUT = 10_000;

/**
 * Sends signed events to webhook endpoints: https://docs.stripe.com/webhooks
 *
 * Retries a delivery a few times with growing delays if the endpoint doesn't return a 2xx status. (Stripe retries for hours.)
 * A restarted sandbox continues with queued deliveries.
 */
export class Deliveries {
  readonly #account: Account;
  readonly #retryAfter: number;
  readonly #working = new Set<string>();
  readonly #sending = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  /** @param retryAfter milliseconds before the first retry; doubles with each retry */
  constructor(account: Account, retryAfter: number) {
    this.#account = account;
    this.#retryAfter = retryAfter;
  }

  /** Starts sending queued deliveries, without waiting for them. */
  wake(): void {
    for (const delivery of this.#account.deliveries.values()) {
      if (this.#working.has(delivery.id)) continue;
      this.#working.add(delivery.id);
      this.#start(delivery);
    }
  }

  /** Stops sending, and waits for requests in progress. Undelivered events stay queued. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#sending);
  }

  #start(delivery: StoredDelivery): void {
    const sent = this.#send(delivery).finally(() => this.#sending.delete(sent));
    this.#sending.add(sent);
  }

  async #send(delivery: StoredDelivery): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const arrived = await this.#attempt(delivery);
    // An attempt aborted by `stop` doesn't count.
    if (!arrived && this.#stopping.signal.aborted) return;
    const attempts = delivery.attempts + 1;
    if (arrived || attempts >= ATTEMPTS) {
      this.#account.deliveries.delete(delivery.id);
      this.#working.delete(delivery.id);
      return;
    }
    const next = this.#account.deliveries.put(delivery.id, { ...delivery, attempts });
    setTimeout(() => this.#start(next), this.#retryAfter * 2 ** delivery.attempts).unref();
  }

  async #attempt(delivery: StoredDelivery): Promise<boolean> {
    const endpoint = this.#account.webhookEndpoints.get(delivery.endpoint);
    const event = this.#account.events.get(delivery.event);
    // Nothing to deliver: the event or its endpoint no longer exists, or the endpoint is disabled.
    if (endpoint?.status !== "enabled" || event === undefined) return true;
    const payload = JSON.stringify(showEvent(this.#account, event), null, 2);
    try {
      const answer = await fetch(endpoint.url, {
        method: "POST",
        headers: {
          "content-type": "application/json; charset=utf-8",
          "stripe-signature": signatureOf(payload, endpoint.secret, Math.floor(Date.now() / 1000)),
          "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        },
        body: payload,
        redirect: "manual",
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(TIMEOUT)]),
      });
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      // Retried like an error response.
      return false;
    }
  }
}
