import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import Stripe from "stripe";
import { expect, onTestFinished } from "vitest";
import { Store } from "../../src/store.ts";
import { createStripe, type StripeOptions } from "../../src/stripe/app.ts";

export const KEY = "sk_test_localstripe0001";

export interface LocalStripe {
  readonly stripe: Stripe;
  readonly url: string;
  /** Advances the account's clock. */
  advance(time: { days?: number; hours?: number; minutes?: number }): Promise<void>;
  /** Sends a request with an encoded form, without the Stripe client. */
  send(
    method: string,
    path: string,
    form?: string,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: Json }>;
  stop(): Promise<void>;
}
interface Json {
  [key: string]: Json;
}

/** Starts a local Stripe on its own port, with the official client. It is stopped after the test. */
export async function localStripe(options: Partial<StripeOptions> = {}): Promise<LocalStripe> {
  const local = createStripe({
    store: new Store(),
    key: KEY,
    requestsPerSecond: Number.POSITIVE_INFINITY,
    ...options,
  });
  const server = serve({ fetch: local.app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    if ("closeAllConnections" in server) server.closeAllConnections();
    await closed;
    await local.stop();
  };
  onTestFinished(stop);
  return {
    url,
    stop,
    stripe: new Stripe(KEY, {
      host: "127.0.0.1",
      port,
      protocol: "http",
      telemetry: false,
      maxNetworkRetries: 0,
    }),
    async advance({ days = 0, hours = 0, minutes = 0 }) {
      const advance = (days * 24 + hours) * 3600 + minutes * 60;
      const answer = await fetch(`${url}/_sandbox/clock`, {
        method: "POST",
        body: JSON.stringify({ advance }),
      });
      expect(answer.status).toBe(200);
    },
    async send(method, path, form, headers = {}) {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${KEY}`,
          ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
          ...headers,
        },
        ...(form === undefined ? {} : { body: form }),
      });
      return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Json };
    },
  };
}

/** Returns the error of a refused request. */
export async function refusal(request: Promise<unknown>): Promise<Partial<Stripe.StripeRawError>> {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Stripe.errors.StripeError)) throw new Error("The request was not refused");
  const { type, code, message, param, decline_code } = error.raw as Stripe.StripeRawError;
  return JSON.parse(
    JSON.stringify({ statusCode: error.statusCode, type, code, message, param, decline_code }),
  );
}

/** Creates a product with a monthly price. */
export async function monthlyPrice(
  stripe: Stripe,
  unit_amount: number,
  more: Partial<Stripe.PriceCreateParams> = {},
): Promise<Stripe.Price> {
  const product = await stripe.products.create({ name: `Plan at ${unit_amount}` });
  return stripe.prices.create({
    product: product.id,
    currency: "usd",
    unit_amount,
    recurring: { interval: "month" },
    ...more,
  });
}

/** Creates a customer with a test card as the default payment method. */
export async function customerWithCard(stripe: Stripe, card = "pm_card_visa"): Promise<Stripe.Customer> {
  return stripe.customers.create({
    email: "ada@acme.example",
    payment_method: card,
    invoice_settings: { default_payment_method: card },
  });
}
