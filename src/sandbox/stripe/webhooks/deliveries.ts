import type { Account } from "../account.ts";
import { showEvent } from "../objects/events.ts";
import { signatureOf } from "./signature.ts";

/** An event on its way to an endpoint; kept until it has arrived or was tried for the last time. */
export interface KeptDelivery {
  readonly id: string;
  readonly event: string;
  readonly endpoint: string;
  readonly attempts: number;
}

const ATTEMPTS = 6;
const TIMEOUT = 10_000;

/**
 * Sends events to webhook endpoints, signed: https://docs.stripe.com/webhooks
 *
 * What an endpoint doesn't answer with 2xx is sent again, a few times with growing pauses (Stripe goes on for hours). Deliveries
 * that were left by a restart are sent then.
 */
export class Deliveries {
  readonly #account: Account;
  readonly #retryAfter: number;
  readonly #working = new Set<string>();

  /** @param retryAfter milliseconds before the second attempt; doubled for each one after */
  constructor(account: Account, retryAfter: number) {
    this.#account = account;
    this.#retryAfter = retryAfter;
  }

  /** Sends what waits; returns before it has arrived. */
  wake(): void {
    for (const delivery of this.#account.deliveries.values()) {
      if (this.#working.has(delivery.id)) continue;
      this.#working.add(delivery.id);
      void this.#send(delivery);
    }
  }

  async #send(delivery: KeptDelivery): Promise<void> {
    const arrived = await this.#attempt(delivery);
    const attempts = delivery.attempts + 1;
    if (arrived || attempts >= ATTEMPTS) {
      this.#account.deliveries.delete(delivery.id);
      this.#working.delete(delivery.id);
      return;
    }
    const next = this.#account.deliveries.put(delivery.id, { ...delivery, attempts });
    setTimeout(() => void this.#send(next), this.#retryAfter * 2 ** delivery.attempts).unref();
  }

  async #attempt(delivery: KeptDelivery): Promise<boolean> {
    const endpoint = this.#account.webhookEndpoints.get(delivery.endpoint);
    const event = this.#account.events.get(delivery.event);
    // Nothing is left to send, or no one to send it to.
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
        signal: AbortSignal.timeout(TIMEOUT),
      });
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      // An endpoint that can't be reached is tried again, as one that answers with an error.
      return false;
    }
  }
}
