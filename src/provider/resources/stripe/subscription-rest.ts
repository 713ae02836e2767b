import type Stripe from "stripe";
import { stripeCall } from "../../../vendors/stripe/client.ts";

/** The metadata key of a subscription that tenantry paused. */
export const PAUSED_KEY = "tenantry_paused";

/**
 * Whether the collection is paused as an inactive organization's is, whoever paused it.
 *
 * @see https://docs.stripe.com/billing/subscriptions/pause-payment
 */
export function isAtRest({ pause_collection: pause }: Stripe.Subscription): boolean {
  return pause?.behavior === "void" && pause.resumes_at === null;
}

/**
 * Pauses the collection: Stripe voids the invoices of later periods. Earlier invoices stay due.
 *
 * An incomplete subscription isn't paused. Stripe changes only its metadata, and starts no later period.
 */
export async function pause(stripe: Stripe, found: Stripe.Subscription): Promise<void> {
  if (isAtRest(found) || found.status === "incomplete") return;
  const params = { pause_collection: { behavior: "void" as const }, metadata: { [PAUSED_KEY]: "true" } };
  await stripeCall("subscriptions.update", stripe.subscriptions.update(found.id, params));
}

/** Ends a pause, whoever set it: an active organization pays. */
export async function unpause(stripe: Stripe, found: Stripe.Subscription): Promise<boolean> {
  const isMarked = found.metadata[PAUSED_KEY] !== undefined;
  if (found.pause_collection === null && !isMarked) return false;
  const params = {
    ...(found.pause_collection === null ? {} : { pause_collection: "" as const }),
    ...(isMarked ? { metadata: { [PAUSED_KEY]: "" } } : {}),
  };
  await stripeCall("subscriptions.update", stripe.subscriptions.update(found.id, params));
  return true;
}
