import type Stripe from "stripe";
import { stripeCall } from "./client.ts";
import { listAll } from "./lists.ts";
import { latestInvoice } from "./subscriptions.ts";

/** The final statuses of a subscription. */
const ENDED: readonly Stripe.Subscription.Status[] = ["canceled", "incomplete_expired"];

/** The facts about a subscription that decide the plan in force. */
export interface SubscriptionStatus {
  /** See https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
  readonly status: string;
  /** The id of the current period's product. A scheduled product doesn't count. */
  readonly product: string;
  /** ISO 8601. When the oldest unpaid invoice became due. Absent unless the status is `past_due`. */
  readonly pastDueSince?: string;
}

export function hasEnded(subscription: Stripe.Subscription): boolean {
  return ENDED.includes(subscription.status);
}

/**
 * Reads invoices only if a payment is late. If no invoice is open then, the subscription may just have been paid, so it is read
 * again.
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
  // For example, its invoice was written off. Without a date the grace period would never end.
  return { status: now.status, ...plan, pastDueSince: isoTime(latestDue(found)) };
}

/** When the oldest open invoice became due. The latest invoice isn't enough, since each period adds one. */
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
