import type Stripe from "stripe";
import { stripeCall } from "../../../vendors/stripe/client.ts";

/**
 * On a subscription that tenantry paused, with the pause that somebody else had set before: `none`, or its behavior and the
 * second at which it ends.
 */
const PAUSED_KEY = "tenantry_paused";

/** @see https://docs.stripe.com/billing/subscriptions/pause-payment */
type Pause = Stripe.Subscription.PauseCollection;

/** Whether tenantry has paused what is collected, and nobody has resumed it since. */
export function isAtRest({ metadata, pause_collection: pause }: Stripe.Subscription): boolean {
  return metadata[PAUSED_KEY] !== undefined && pause?.behavior === "void" && pause.resumes_at === null;
}

/**
 * Nothing is collected from now on: Stripe voids the invoices of later periods. What was invoiced before stays due.
 *
 * Stripe changes only the metadata of an incomplete subscription. Nothing is collected from it either.
 */
export async function pause(stripe: Stripe, found: Stripe.Subscription): Promise<void> {
  if (isAtRest(found) || found.status === "incomplete") return;
  const before = found.metadata[PAUSED_KEY] ?? markOf(found.pause_collection);
  const params = { pause_collection: { behavior: "void" as const }, metadata: { [PAUSED_KEY]: before } };
  await stripeCall("subscriptions.update", stripe.subscriptions.update(found.id, params));
}

/** Collects again, or as somebody else had set it before. A pause without tenantry's mark is left alone. */
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

/** An empty text ends a pause, also one whose own end has passed. */
function pauseOf(mark: string): Stripe.SubscriptionUpdateParams["pause_collection"] {
  const [behavior = "none", seconds] = mark.split(" ");
  const isOver = seconds !== undefined && Number(seconds) * 1000 <= Date.now();
  if (behavior === "none" || isOver) return "";
  return {
    behavior: behavior as Pause["behavior"],
    ...(seconds === undefined ? {} : { resumes_at: Number(seconds) }),
  };
}
