import Stripe from "stripe";
import type { World } from "./harness.ts";

/** A client of the sandbox's Stripe. */
export function stripeOf({ sandbox }: World): Stripe {
  const { hostname, port } = new URL(sandbox.env.STRIPE_API_BASE);
  const options = { host: hostname, port, protocol: "http", telemetry: false, maxNetworkRetries: 8 } as const;
  return new Stripe(sandbox.env.STRIPE_API_KEY, options);
}

/** Sets the default card of the customer with an address. @returns the customer's id */
export async function addCard(stripe: Stripe, email: string): Promise<string> {
  const [found] = (await stripe.customers.list({ email })).data;
  const id = found?.id ?? "";
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
  await stripe.customers.update(id, { invoice_settings: { default_payment_method: card.id } });
  return id;
}
