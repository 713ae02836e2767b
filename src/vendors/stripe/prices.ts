import type Stripe from "stripe";
import { findInList } from "./lists.ts";

/** The price with a lookup key, active or archived. A lookup key belongs to at most one price. */
export async function findPrice(stripe: Stripe, lookupKey: string): Promise<Stripe.Price | undefined> {
  return findInList("prices.list", stripe.prices.list({ lookup_keys: [lookupKey] }), () => true);
}
