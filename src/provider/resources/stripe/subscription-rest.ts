import type Stripe from "stripe";
import { stripeCall } from "../../../vendors/stripe/client.ts";

/**
 * The metadata key of a subscription that tenantry paused. The value is the pause that was set before: `none`, or its behavior
 * and its end in Unix seconds.
 */
const PAUSED_KEY = "tenantry_paused";

/** @see https://docs.stripe.com/billing/subscriptions/pause-payment */
type Pause = Stripe.Subscription.PauseCollection;

/** Whether tenantry paused the collection and it is still paused. */
export function isAtRest({ metadata, pause_collection: pause }: Stripe.Subscription): boolean {
  return metadata[PAUSED_KEY] !== undefined && pause?.behavior === "void" && pause.resumes_at === null;
}

/**
 * Pauses the collection: Stripe voids the invoices of later periods. Earlier invoices stay due.
 *
 * An incomplete subscription isn't paused. Stripe changes only its metadata, and starts no later period.
 */
export async function pause(stripe: Stripe, found: Stripe.Subscription): Promise<void> {
  if (isAtRest(found) || found.status === "incomplete") return;
  const before = found.metadata[PAUSED_KEY] ?? markOf(found.pause_collection);
  const params = { pause_collection: { behavior: "void" as const }, metadata: { [PAUSED_KEY]: before } };
  await stripeCall("subscriptions.update", stripe.subscriptions.update(found.id, params));
}

/** Restores the collection as it was before tenantry's pause. A pause that tenantry didn't set stays. */
export async function unpause(stripe: Stripe, found: Stripe.Subscription): Promise<boolean> {
  const mark = found.metadata[PAUSED_KEY];
  if (mark === undefined) return false;
  const params = { pause_collection: pauseOf(mark), metadata: { [PAUSED_KEY]: "" } };
  await stripeCall("subscriptions.update", stripe.subscriptions.update(found.id, params));
  return true;
}

function markOf(pause: Pause | null): string {
  if (pause === null) return "none";
  return pause.resumes_at === null ? pause.behavior : `${pause.behavior} ${pause.resumes_at}`;
}

/** An empty string ends the pause. A former pause whose end has passed isn't restored. */
function pauseOf(mark: string): Stripe.SubscriptionUpdateParams["pause_collection"] {
  const [behavior = "none", seconds] = mark.split(" ");
  const isOver = seconds !== undefined && Number(seconds) * 1000 <= Date.now();
  if (behavior === "none" || isOver) return "";
  return {
    behavior: behavior as Pause["behavior"],
    ...(seconds === undefined ? {} : { resumes_at: Number(seconds) }),
  };
}
