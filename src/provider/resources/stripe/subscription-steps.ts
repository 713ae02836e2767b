import type Stripe from "stripe";
import type { Collection, Step } from "../../../billing/plan-change.ts";
import { toMetadata } from "../../../vendors/stripe/brand.ts";
import { stripeCall, stripeFind, unrepeatedKey } from "../../../vendors/stripe/client.ts";
import { listAll } from "../../../vendors/stripe/lists.ts";
import { planItem } from "../../../vendors/stripe/plan-item.ts";
import {
  canPay,
  ENDED_BY_US,
  latestInvoice,
  type OwnMethods,
  pendingPrice,
  retrieveSubscription,
  scheduleOf,
} from "../../../vendors/stripe/subscriptions.ts";
import { createOnce } from "../../create-once.ts";
import { phaseLike } from "./carry-over.ts";
import { metadataChanges, movedTrialEnd } from "./subscription-drift.ts";

/** The declared subscription, with its price and customer in Stripe. */
export interface Desired {
  readonly inputs: {
    readonly brand: Parameters<typeof toMetadata>[0];
    readonly collection: Collection["method"];
    readonly daysUntilDue?: number | undefined;
  };
  readonly price: Stripe.Price;
  readonly customer: Stripe.Customer;
}

export const DAYS_UNTIL_DUE = 30;

/**
 * Applies the steps and updates the metadata. After an interruption, the next run continues with the remaining steps.
 *
 * The release comes first and the schedule last: Stripe changes no item of a subscription that has a schedule, and a new
 * schedule copies the subscription's settings.
 */
export async function applySteps(
  stripe: Stripe,
  found: Stripe.Subscription,
  steps: readonly Step[],
  wanted: Desired,
): Promise<Stripe.Subscription> {
  const { id } = found;
  const schedule = scheduleOf(found);
  if (steps.includes("drop")) await voidOpenInvoice(stripe, found, "subscription_update");
  if (steps.includes("release") && schedule !== undefined) await release(stripe, schedule.id);
  const changes = changesOf(found, steps, wanted);
  if (Object.keys(changes).length > 0)
    await stripeCall("subscriptions.update", stripe.subscriptions.update(id, changes));
  if (steps.includes("switch")) await switchPrice(stripe, found, wanted);
  if (steps.includes("resume")) await resume(stripe, id);
  if (steps.includes("schedule"))
    await scheduleChange(stripe, steps.includes("release") ? undefined : schedule, id, wanted);
  const isAsFound = steps.every((step) => step === "begin") && Object.keys(changes).length === 0;
  if (isAsFound) return found;
  return (await retrieveSubscription(stripe, id)) ?? found;
}

/** Stripe refuses to release a schedule twice, so each attempt first reads its status. The same holds for `resume`. */
async function release(stripe: Stripe, id: string): Promise<void> {
  await createOnce({
    look: async () => {
      const found = await stripeCall(
        "subscriptionSchedules.retrieve",
        stripe.subscriptionSchedules.retrieve(id),
      );
      return found.status === "active" || found.status === "not_started" ? undefined : found;
    },
    create: () => stripeCall("subscriptionSchedules.release", stripe.subscriptionSchedules.release(id)),
  });
}

async function resume(stripe: Stripe, id: string): Promise<void> {
  await createOnce({
    look: async () => {
      const found = await stripeCall("subscriptions.retrieve", stripe.subscriptions.retrieve(id));
      return found.status === "paused" ? undefined : found;
    },
    create: () => stripeCall("subscriptions.resume", stripe.subscriptions.resume(id)),
  });
}

function changesOf(
  found: Stripe.Subscription,
  steps: readonly Step[],
  wanted: Desired,
): Stripe.SubscriptionUpdateParams {
  const { inputs } = wanted;
  const metadata = metadataChanges(inputs.brand, found);
  const trialEnd = steps.includes("switch") ? undefined : movedTrialEnd(found, new Date());
  return {
    ...(steps.includes("count") ? { ...singleItem(found), proration_behavior: "none" } : {}),
    ...(steps.includes("reprice")
      ? { ...anotherPrice(found, wanted), proration_behavior: "none", ...paymentOf(wanted, found) }
      : {}),
    ...(steps.includes("collect") ? collectionOf(inputs) : {}),
    ...(steps.includes("stay") ? withdrawn(found) : {}),
    ...(trialEnd === undefined ? {} : { trial_end: trialEnd.original, proration_behavior: "none" }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/**
 * Changes to the more expensive price once it is paid. This ends a trial, since the trial belongs to the other plan. The
 * update contains only parameters that Stripe supports in pending updates.
 *
 * @see https://docs.stripe.com/billing/subscriptions/pending-updates-reference
 */
function switchOf(found: Stripe.Subscription, wanted: Desired): Stripe.SubscriptionUpdateParams {
  return {
    ...anotherPrice(found, wanted),
    proration_behavior: "always_invoice",
    ...(found.status === "trialing" ? { trial_end: "now" as const } : {}),
    ...(wanted.inputs.collection === "send_invoice" ? {} : { payment_behavior: "pending_if_incomplete" }),
  };
}

/** Looks before each attempt: a repeated update would void the open invoice of the first and try its card again. */
async function switchPrice(stripe: Stripe, found: Stripe.Subscription, wanted: Desired): Promise<void> {
  const { price } = wanted;
  await createOnce({
    look: async () => {
      const now = await retrieveSubscription(stripe, found.id);
      if (now === undefined) return undefined;
      const coming = pendingPrice(now) ?? planItem(now)?.price;
      return coming?.id === price.id ? true : undefined;
    },
    create: async () => {
      const options = { idempotencyKey: unrepeatedKey() };
      const update = stripe.subscriptions.update(found.id, switchOf(found, wanted), options);
      await stripeCall("subscriptions.update", update);
      return true;
    },
    isTaken: () => false,
  });
}

function anotherPrice(
  found: Stripe.Subscription,
  { price }: Desired,
): Pick<Stripe.SubscriptionUpdateParams, "items"> {
  const item = planItem(found);
  const plan = { price: price.id, quantity: 1 };
  return { items: [item === undefined ? plan : { ...plan, id: item.id }] };
}

function singleItem(found: Stripe.Subscription): Pick<Stripe.SubscriptionUpdateParams, "items"> {
  const item = planItem(found);
  return item === undefined ? {} : { items: [{ id: item.id, quantity: 1 }] };
}

/**
 * Stripe stores a cancellation as a date, and also as a flag if it is at the period's end. Each has its own parameter, and
 * Stripe refuses a request with both.
 *
 * @see https://docs.stripe.com/billing/subscriptions/cancel
 */
function withdrawn(
  found: Stripe.Subscription,
): Pick<Stripe.SubscriptionUpdateParams, "cancel_at" | "cancel_at_period_end"> {
  if (found.cancel_at_period_end) return { cancel_at_period_end: false };
  return found.cancel_at === null ? {} : { cancel_at: "" };
}

/**
 * Schedules the declared price for the end of the current period. Both phases keep all other settings of the subscription.
 * This takes two writes, since Stripe accepts no phases with `from_subscription`. A run that is interrupted between them leaves
 * a schedule with one phase, which the next run completes.
 *
 * @see https://docs.stripe.com/billing/subscriptions/subscription-schedules/use-cases
 */
async function scheduleChange(
  stripe: Stripe,
  attached: Stripe.SubscriptionSchedule | undefined,
  id: string,
  { inputs, price }: Desired,
): Promise<void> {
  const schedule = attached ?? (await scheduleFrom(stripe, id));
  // Read as late as possible, since the phases overwrite the subscription's settings.
  const found = await retrieveSubscription(stripe, id);
  const item = found && planItem(found);
  if (found === undefined || item === undefined)
    throw new Error(`the subscription ${id} has no item of a plan`);
  const start = schedule.current_phase?.start_date ?? item.current_period_start;
  const today = {
    ...phaseLike(found, (each) => each.price.id),
    ...(found.status === "trialing" && found.trial_end !== null ? { trial_end: found.trial_end } : {}),
  };
  const then = phaseLike(found, (each) => (each.id === item.id ? price.id : each.price.id));
  await stripeCall(
    "subscriptionSchedules.update",
    stripe.subscriptionSchedules.update(schedule.id, {
      end_behavior: "release",
      metadata: toMetadata(inputs.brand),
      phases: [
        { ...today, start_date: start, end_date: item.current_period_end, proration_behavior: "none" },
        {
          ...then,
          duration: { interval: "month", interval_count: 1 },
          proration_behavior: "none",
        },
      ],
    }),
  );
}

/** Stripe refuses this POST if the subscription already has a schedule, for example after a lost response. */
async function scheduleFrom(stripe: Stripe, subscription: string): Promise<Stripe.SubscriptionSchedule> {
  return createOnce({
    look: async () => {
      const found = await stripeCall(
        "subscriptions.retrieve",
        stripe.subscriptions.retrieve(subscription, { expand: ["schedule"] }),
      );
      return scheduleOf(found);
    },
    create: () =>
      stripeCall(
        "subscriptionSchedules.create",
        stripe.subscriptionSchedules.create({ from_subscription: subscription }),
      ),
  });
}

/** Ends a subscription and voids its unpaid first invoice, so that the customer can't pay for two subscriptions. */
export async function end(stripe: Stripe, found: Stripe.Subscription): Promise<void> {
  if (found.status === "incomplete") await voidOpenInvoice(stripe, found, "subscription_create");
  const details = { cancellation_details: { comment: ENDED_BY_US } };
  await stripeFind("subscriptions.cancel", stripe.subscriptions.cancel(found.id, details));
}

/**
 * Voiding the invoice also ends an incomplete subscription, or discards a pending change. Another program may have issued a
 * later one.
 */
async function voidOpenInvoice(
  stripe: Stripe,
  found: Stripe.Subscription,
  reason: Stripe.Invoice.BillingReason,
): Promise<void> {
  const latest = latestInvoice(found);
  const open = { subscription: found.id, status: "open", limit: 100 } as const;
  const invoice =
    latest?.billing_reason === reason
      ? latest
      : (await listAll("invoices.list", stripe.invoices.list(open))).find(
          (each) => each.billing_reason === reason,
        );
  if (invoice?.status === "open" && invoice.id !== undefined)
    await stripeCall("invoices.voidInvoice", stripe.invoices.voidInvoice(invoice.id));
}

/** Without a payment method, Stripe refuses an immediate charge unless the subscription may stay incomplete. */
export function paymentOf(
  { inputs, customer }: Desired,
  found: OwnMethods,
): { payment_behavior?: "allow_incomplete" | "default_incomplete" } {
  if (inputs.collection === "send_invoice") return {};
  return { payment_behavior: canPay(customer, found) ? "allow_incomplete" : "default_incomplete" };
}

/**
 * Saves the payment method of the first invoice for later ones, unless the customer has a payment method. A method of the
 * subscription would take precedence over the customer's later default.
 *
 * @see https://docs.stripe.com/api/subscriptions/create#create_subscription-payment_settings-save_default_payment_method
 */
export function savedMethodOf(
  { inputs, customer }: Desired,
  found: OwnMethods,
): Pick<Stripe.SubscriptionCreateParams, "payment_settings"> {
  if (inputs.collection === "send_invoice" || canPay(customer, found)) return {};
  return { payment_settings: { save_default_payment_method: "on_subscription" } };
}

export function collectionOf(
  inputs: Desired["inputs"],
): Pick<Stripe.SubscriptionCreateParams, "collection_method" | "days_until_due"> {
  const { method, days } = collectedOf(inputs);
  return { collection_method: method, ...(days === null ? {} : { days_until_due: days }) };
}

export function collectedOf(inputs: Desired["inputs"]): Collection {
  const { collection: method, daysUntilDue = DAYS_UNTIL_DUE } = inputs;
  return { method, days: method === "send_invoice" ? daysUntilDue : null };
}
