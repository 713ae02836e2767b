import type Stripe from "stripe";
import { stripeCall } from "./client.ts";
import { listAll } from "./lists.ts";
import { latestInvoice } from "./subscriptions.ts";

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

/**
 * Reads invoices only if a payment is late. If none is unpaid then, the two reads disagree, and the subscription is read
 * again: it may have been paid meanwhile.
 */
export async function subscriptionStatusOf(
  stripe: Stripe,
  found: Stripe.Subscription,
): Promise<SubscriptionStatus> {
  const product = found.items.data[0]?.price.product;
  const plan = { product: typeof product === "object" ? product.id : (product ?? "") };
  if (found.status !== "past_due") return { status: found.status, ...plan };
  const late = await lateSince(stripe, found);
  if (late !== undefined) return { status: found.status, ...plan, pastDueSince: isoTime(late) };
  const now = await stripeCall("subscriptions.retrieve", stripe.subscriptions.retrieve(found.id));
  if (now.status !== "past_due") return { status: now.status, ...plan };
  // Its invoice was written off, for example. Without a time the grace period would never end.
  return { status: now.status, ...plan, pastDueSince: isoTime(latestDue(found)) };
}

/** Since when the oldest unpaid invoice is due. The latest one isn't enough: each month makes another. */
async function lateSince(stripe: Stripe, { id }: Stripe.Subscription): Promise<number | undefined> {
  const open = await listAll(
    "invoices.list",
    stripe.invoices.list({ subscription: id, status: "open", limit: 100 }),
  );
  return open.length === 0 ? undefined : Math.min(...open.map(dueTime));
}

function latestDue(found: Stripe.Subscription): number {
  const latest = latestInvoice(found);
  return latest === undefined
    ? (found.items.data[0]?.current_period_start ?? found.created)
    : dueTime(latest);
}

function dueTime(invoice: Pick<Stripe.Invoice, "due_date" | "created">): number {
  return invoice.due_date ?? invoice.created;
}

/** @param seconds Unix time */
function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
