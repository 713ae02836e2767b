import type Stripe from "stripe";
import type { Collection, Step } from "../../../billing/plan-change.ts";
import { differingMetadata, toMetadata } from "../../../vendors/stripe/brand.ts";
import { stripeCall, stripeFind } from "../../../vendors/stripe/client.ts";
import {
  canPay,
  ENDED_BY_US,
  latestInvoice,
  retrieveSubscription,
  scheduleOf,
} from "../../../vendors/stripe/subscriptions.ts";
import { createOnce } from "../../create-once.ts";
import { phaseLike } from "./carry-over.ts";

/** What a subscription is to be, with what that names in Stripe. */
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
 * Takes the steps that are left, each of which the next run finds done, and writes what differs besides.
 *
 * Stripe changes no item of a subscription while a schedule is in the way, and a schedule takes over what it finds: so the
 * release comes first and the schedule last.
 */
export async function applySteps(
  stripe: Stripe,
  found: Stripe.Subscription,
  steps: readonly Step[],
  wanted: Desired,
): Promise<Stripe.Subscription> {
  const { id } = found;
  const schedule = scheduleOf(found);
  if (steps.includes("drop")) await voidOpenInvoice(stripe, found);
  if (steps.includes("release") && schedule !== undefined) await release(stripe, schedule.id);
  const changes = changesOf(found, steps, wanted);
  if (Object.keys(changes).length > 0)
    await stripeCall("subscriptions.update", stripe.subscriptions.update(id, changes));
  if (steps.includes("switch"))
    await stripeCall("subscriptions.update", stripe.subscriptions.update(id, switchOf(found, wanted)));
  if (steps.includes("resume")) await resume(stripe, id);
  if (steps.includes("schedule"))
    await scheduleChange(stripe, steps.includes("release") ? undefined : schedule, id, wanted);
  const isAsFound = steps.every((step) => step === "begin") && Object.keys(changes).length === 0;
  if (isAsFound) return found;
  return (await retrieveSubscription(stripe, id)) ?? found;
}

/** What was released or resumed once is refused a second time: so both look before they repeat. */
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
  const metadata = differingMetadata(toMetadata(inputs.brand), found.metadata);
  return {
    ...(steps.includes("reprice")
      ? { ...anotherPrice(found, wanted), proration_behavior: "none", ...paymentOf(wanted, found) }
      : {}),
    ...(steps.includes("collect") ? collectionOf(inputs) : {}),
    ...(steps.includes("stay") ? withdrawn(found) : {}),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/**
 * The more expensive price, once it is paid. A trial ends with it, since the trial belongs to another plan. The update
 * contains nothing that Stripe doesn't let wait for a payment.
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

function anotherPrice(
  found: Stripe.Subscription,
  { price }: Desired,
): Pick<Stripe.SubscriptionUpdateParams, "items"> {
  const [item] = found.items.data;
  if (item === undefined) throw new Error(`the subscription ${found.id} has no item`);
  return { items: [{ id: item.id, price: price.id }] };
}

/**
 * Stripe keeps a cancellation as a date, and as a flag if it is the period's end. Each is withdrawn by its own parameter;
 * one request can't have both.
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
 * The current price until its period ends, then the declared one. Both phases keep everything else of the subscription. It
 * takes two writes, since Stripe accepts no phases with `from_subscription`. A run that is cut between them leaves a schedule
 * of a single phase, and the next run continues with it.
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
  // As late as possible: the phases replace what anybody has set on the subscription.
  const found = await retrieveSubscription(stripe, id);
  const [item] = found?.items.data ?? [];
  if (found === undefined || item === undefined) throw new Error(`the subscription ${id} has no item`);
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

/** A POST that Stripe refuses when a schedule is attached already, which is what a lost answer leaves. */
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

/** Ends a subscription. What was never paid can't be paid any more: nobody shall pay for two. */
export async function end(stripe: Stripe, found: Stripe.Subscription): Promise<void> {
  if (found.status === "incomplete") await voidOpenInvoice(stripe, found);
  const details = { cancellation_details: { comment: ENDED_BY_US } };
  await stripeFind("subscriptions.cancel", stripe.subscriptions.cancel(found.id, details));
}

/** Stripe ends an incomplete subscription with its invoice, and drops a change that waited for it. */
async function voidOpenInvoice(stripe: Stripe, found: Stripe.Subscription): Promise<void> {
  const invoice = latestInvoice(found);
  if (invoice?.status === "open" && invoice.id !== undefined)
    await stripeCall("invoices.voidInvoice", stripe.invoices.voidInvoice(invoice.id));
}

/** Without anything to charge, Stripe refuses what costs money at once, unless it may wait for the payment. */
export function paymentOf(
  { inputs, customer }: Desired,
  found?: Stripe.Subscription,
): { payment_behavior?: "allow_incomplete" | "default_incomplete" } {
  if (inputs.collection === "send_invoice") return {};
  return { payment_behavior: canPay(customer, found) ? "allow_incomplete" : "default_incomplete" };
}

/**
 * Keeps what pays the first invoice for the next ones, unless the customer has something to charge: a method of the
 * subscription's own would go before the one that the customer chooses later.
 *
 * @see https://docs.stripe.com/api/subscriptions/create#create_subscription-payment_settings-save_default_payment_method
 */
export function savedMethodOf({
  inputs,
  customer,
}: Desired): Pick<Stripe.SubscriptionCreateParams, "payment_settings"> {
  if (inputs.collection === "send_invoice" || canPay(customer)) return {};
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
