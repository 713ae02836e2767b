import type Stripe from "stripe";
import { findInList } from "./lists.ts";

/** The price that holds a lookup key, archived or not: at most one does. */
export async function findPrice(stripe: Stripe, lookupKey: string): Promise<Stripe.Price | undefined> {
  return findInList("prices.list", stripe.prices.list({ lookup_keys: [lookupKey] }), () => true);
}
