import type Stripe from "stripe";
import { stripeCall } from "./client.ts";
import { listAll } from "./lists.ts";
import { planItem, productOf } from "./plan-item.ts";
import { latestInvoice } from "./subscriptions.ts";
import { isoTime } from "./time.ts";

/** The facts about a subscription that decide the plan in force. */
export interface SubscriptionStatus {
  /** See https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
  readonly status: string;
  /** The id of the current period's product. A scheduled product doesn't count. Empty without an item of a plan. */
  readonly product: string;
  /** ISO 8601. When the oldest unpaid invoice became due. Absent unless the status is `past_due`. */
  readonly pastDueSince?: string;
}

/**
 * Reads invoices only if a payment is late. If no invoice is open then, the subscription may just have been paid, so it is read
 * again.
 */
export async function subscriptionStatusOf(
  stripe: Stripe,
  found: Stripe.Subscription,
): Promise<SubscriptionStatus> {
  const plan = { product: productOf(planItem(found)?.price) };
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
  return latest === undefined ? (planItem(found)?.current_period_start ?? found.created) : dueTime(latest);
}

function dueTime(invoice: Pick<Stripe.Invoice, "due_date" | "created">): number {
  return invoice.due_date ?? invoice.created;
}
