import type Stripe from "stripe";
import { listAll } from "./lists.ts";

/** From these a subscription never comes back. */
const ENDED: readonly Stripe.Subscription.Status[] = ["canceled", "incomplete_expired"];

/** What a subscription says of the plan that may be used. */
export interface SubscriptionStatus {
  /** As Stripe says: https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
  readonly status: string;
  /** Stripe's id of the product that the running period is for; one that is scheduled doesn't count yet. */
  readonly product: string;
  /** ISO 8601: when the oldest invoice that isn't paid became due; absent unless the status is `past_due`. */
  readonly pastDueSince?: string;
}

export function hasEnded(subscription: Stripe.Subscription): boolean {
  return ENDED.includes(subscription.status);
}

/** Asks for the open invoices only where a payment is late. */
export async function subscriptionStatusOf(
  stripe: Stripe,
  found: Stripe.Subscription,
): Promise<SubscriptionStatus> {
  const product = found.items.data[0]?.price.product;
  const standing = {
    status: found.status,
    product: typeof product === "object" ? product.id : (product ?? ""),
  };
  if (found.status !== "past_due") return standing;
  return { ...standing, pastDueSince: await lateSince(stripe, found) };
}

/** The latest invoice isn't enough: each month makes another, and would begin the grace anew. */
async function lateSince(stripe: Stripe, { id }: Stripe.Subscription): Promise<string> {
  const open = await listAll(
    "invoices.list",
    stripe.invoices.list({ subscription: id, status: "open", limit: 100 }),
  );
  const due = open.map((invoice) => invoice.due_date ?? invoice.created);
  return new Date(Math.min(...due) * 1000).toISOString();
}
