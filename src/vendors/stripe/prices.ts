import type Stripe from "stripe";
import { stripeCall } from "./client.ts";

/** The price that holds a lookup key, archived or not: at most one does. */
export async function findPrice(stripe: Stripe, lookupKey: string): Promise<Stripe.Price | undefined> {
  const { data } = await stripeCall(
    "prices.list",
    stripe.prices.list({ lookup_keys: [lookupKey], limit: 1 }),
  );
  return data[0];
}
