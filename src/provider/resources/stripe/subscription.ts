import { UserError } from "@tenantry/core/errors";
import type Stripe from "stripe";
import * as z from "zod";
import { type FoundSubscription, type Step, stepsToPlan } from "../../../billing/plan-change.ts";
import { type PaidPeriod, paidPeriods } from "../../../billing/plan-credits.ts";
import { controlPlane } from "../../../control-plane/control-plane.ts";
import { lifecycleState } from "../../../shared/lifecycle.ts";
import { isSamePlan } from "../../../shared/plan-version.ts";
import type { Context } from "../../../vendors/connections.ts";
import { assertOwned, brand, isOwnedBy, toMetadata } from "../../../vendors/stripe/brand.ts";
import {
  idempotencyKey,
  readBackIfReplayed,
  refusalOf,
  stripeCall,
  withRemedy,
} from "../../../vendors/stripe/client.ts";
import { listSubscriptions, retrieveCustomer, TRIAL_KEY } from "../../../vendors/stripe/customers.ts";
import { listAll, wholeInvoice, wholeSubscription } from "../../../vendors/stripe/lists.ts";
import { planItem, productOf } from "../../../vendors/stripe/plan-item.ts";
import { findPrice } from "../../../vendors/stripe/prices.ts";
import { subscriptionStatusOf } from "../../../vendors/stripe/subscription-status.ts";
import {
  canPay,
  comingPrice,
  EXPAND,
  hasEnded,
  isLive,
  isReplaceable,
  isScheduleOutdated,
  lastSubscription,
  latestInvoice,
  leavesAt,
  liveSubscription,
  pendingPrice,
  retrieveSubscription,
  scheduledPrice,
  scheduleOf,
  upcoming,
  wasCanceled,
} from "../../../vendors/stripe/subscriptions.ts";
import { isoTime } from "../../../vendors/stripe/time.ts";
import { unmanagedIn } from "../../../vendors/stripe/unmanaged.ts";
import { createOnce } from "../../create-once.ts";
import { defineResource } from "../../runtime/schema.ts";
import { creationLike, withoutRefused } from "./carry-over.ts";
import { driftOf, isSingle, TRIAL_DAYS_KEY } from "./subscription-drift.ts";
import { isAtRest, pause, unpause } from "./subscription-rest.ts";
import {
  applySteps,
  collectedOf,
  collectionOf,
  DAYS_UNTIL_DUE,
  type Desired,
  end,
  paymentOf,
  savedMethodOf,
} from "./subscription-steps.ts";
import { canStartTrial, refuseTrialWithoutEffect } from "./subscription-trial.ts";

const subscriptionInputs = z.strictObject({
  customer: z.string().describe("The id of the customer."),
  price: z.string().describe("The lookup key of the price."),
  trial: z
    .strictObject({
      days: z.int().min(1).max(730).describe("The length of the trial."),
      endBehavior: z
        .enum(["cancel", "create_invoice", "pause"])
        .default("cancel")
        .describe("Stripe's action if there is no payment method when the trial ends. Default `cancel`."),
      controlPlane: controlPlane.describe("The control plane that records the trials."),
    })
    .optional()
    .describe(
      "A trial before the first paid period. An organization has one trial only. Later changes have no effect.",
    ),
  state: lifecycleState
    .default("active")
    .describe(
      "The organization's lifecycle state. While it is `suspended` or `archived`, nothing is collected and the plan stays. `deleted` cancels the subscription. Default `active`.",
    ),
  collection: z
    .enum(["charge_automatically", "send_invoice"])
    .default("charge_automatically")
    .describe("How invoices are collected. Default `charge_automatically`."),
  daysUntilDue: z
    .int()
    .min(1)
    .optional()
    .describe("The number of days to pay an invoice that is sent. Default 30."),
  resume: z
    .string()
    .optional()
    .describe(
      "An ISO date. A subscription that was canceled on or before that day is started again. If absent, it stays canceled.",
    ),
  brand: brand
    .required({ organization: true, id: true, generation: true })
    .describe("The object's owner. An object with a different owner, or none, is never changed."),
  drift: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Set by a refresh only: the quantity of the plan, the end of the trial, a pause that ends or keeps invoices, an outdated schedule and the metadata entries whose keys start with `tenantry_`, if they were changed. The next update restores them, unless they name another owner.",
    ),
});

const subscriptionOutputs = z.strictObject({
  subscriptionId: z.string().describe("The subscription's id in Stripe."),
  status: z.string().describe("Stripe's status: `trialing`, `active`, `incomplete`, `past_due`, …"),
  product: z.string().describe("The id of the current period's product. Its plan's limits apply."),
  pastDueSince: z.string().optional().describe("ISO 8601. Absent unless a payment is late."),
  paidProduct: z
    .string()
    .optional()
    .describe("The id of the last paid period's product. Absent before the first paid period."),
  paidSince: z.string().optional().describe("The first day of the last paid period, an ISO date."),
  cancelsOn: z
    .string()
    .optional()
    .describe("ISO 8601. The date of a cancellation that was set in Stripe. Absent if none is set."),
  movesOn: z
    .string()
    .optional()
    .describe("ISO 8601. When Stripe starts the next period or finalizes its invoice."),
  endedOn: z
    .string()
    .optional()
    .describe(
      "ISO 8601. When the subscription ended, for example after a cancellation or the last declined payment. Absent while it runs.",
    ),
  changesOn: z
    .string()
    .optional()
    .describe("ISO 8601. When the declared price takes effect. Absent once it has."),
  trialStart: z.string().optional().describe("ISO 8601. Absent without a trial."),
  trialEnd: z.string().optional().describe("ISO 8601. Absent without a trial."),
  paymentUrl: z.string().optional().describe("The payment page of the open invoice. Absent if none is open."),
  waitsFor: z
    .enum(["payment", "payment_method"])
    .optional()
    .describe(
      "Why a more expensive declared price isn't in force yet: its invoice isn't paid, or there is no payment method. The old price stays until then.",
    ),
  notCarriedOver: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "What a subscription that was started again doesn't have, and Stripe's reason: an expired coupon, another program's item whose price was archived, or a removed card. Absent after the next refresh.",
    ),
  unmanaged: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Settings that others made on the subscription and that tenantry leaves as they are, by the name of Stripe's field: further items, discounts, tax rates, a payment method. Absent if there are none.",
    ),
});

type Inputs = z.infer<typeof subscriptionInputs>;
type Outputs = z.infer<typeof subscriptionOutputs>;

const HOUR_SECONDS = 60 * 60;

/** @see https://docs.stripe.com/api/subscriptions */
export const subscription = defineResource({
  type: "stripe:Subscription",
  description:
    "An organization's subscription to its plan, with one price. A more expensive price takes effect immediately, also during a trial, and the difference is invoiced. If the payment fails, the old price stays until the difference is paid. A cheaper price is scheduled for the end of the paid period. A plan that isn't paid stays `incomplete`, and the output `paymentUrl` is its payment page. A subscription that expires unpaid is started again. If Stripe can't change the subscription into the declared one, another subscription replaces it. This applies to an incomplete or paused subscription, and to a free one that has no payment method or starts the trial. Removing the resource cancels the subscription. A canceled subscription stays canceled until another plan, or a later `resume`, is declared. Another version of the same plan doesn't start it.",
  inputs: subscriptionInputs,
  outputs: subscriptionOutputs,
  replaceOn: ["customer"],
  stable: [],
  watchedOutputs: ["status", "product", "pastDueSince", "waitsFor", "paidSince", "cancelsOn", "unmanaged"],

  validate: ({ drift }) =>
    drift === undefined ? [] : [{ property: "drift", reason: "is set by a refresh and can't be declared" }],

  // The webhook reports changes of a settled subscription. Every run reads the others, and those whose period has ended.
  nextChangeAt: ({ movesOn }) => (typeof movesOn === "string" ? movesOn : undefined),
  isSettled: ({ status, changesOn, waitsFor }) => status === "active" && !changesOn && !waitsFor,

  async observe({ stripe }, prior) {
    const found = await retrieveSubscription(stripe, prior.outputs.subscriptionId);
    const isOver = found === undefined || hasEnded(found);
    // A new customer would require a replacement, which the protection of the resource forbids.
    if (isOver && (await retrieveCustomer(stripe, prior.inputs.customer)) === undefined) return undefined;
    if (prior.inputs.state === "deleted" && isOver)
      return { inputs: prior.inputs, outputs: await outputsAtRest(stripe, found) };
    if (found === undefined || (hasEnded(found) && (await startsAgain(stripe, found, prior.inputs))))
      return undefined;
    const stillUnable =
      prior.outputs.waitsFor === "payment_method" && !(await hasMethod(stripe, prior.inputs, found));
    return {
      inputs: asFound(prior.inputs, found),
      outputs: await outputsOf(stripe, found, waitingFor(found, stillUnable)),
    };
  },

  validateChange: (before, after) =>
    before.state === "deleted" && after.state !== "deleted"
      ? [
          {
            property: "state",
            reason: `${before.brand.organization} was deleted, and a deleted organization doesn't become active again: raise its generation`,
          },
        ]
      : [],

  async preflight(context, before, after) {
    const key = after.price === before.price ? undefined : after.price;
    const asksForTrial = before.trial === undefined && after.trial !== undefined;
    if (key === undefined && !asksForTrial) return;
    const customer = await retrieveCustomer(context.stripe, before.customer);
    if (customer === undefined) return;
    const price = key === undefined ? undefined : await findPrice(context.stripe, key);
    if (price !== undefined) refuseOtherCurrency(before, customer, price);
    if (!asksForTrial) return;
    const all = await listSubscriptions(context.stripe, customer.id);
    const paid = all.some((each) => isLive(each, before.brand) && !isReplaceable(each));
    await refuseTrialWithoutEffect(context, { brand: before.brand, trial: after.trial }, customer, all, paid);
  },

  async ensure(context, inputs, prior) {
    const { stripe } = context;
    if (inputs.state !== "active")
      return {
        id: `${inputs.customer}/subscription`,
        outputs: await rest(stripe, inputs, prior?.outputs.subscriptionId),
      };
    const price = await priceOf(stripe, inputs.price);
    const customer = await customerOf(stripe, inputs.customer);
    refuseOtherCurrency(inputs, customer, price);
    // Not the id in Stripe, since an update may replace the subscription.
    const id = `${inputs.customer}/subscription`;
    for (let look = 1; ; look += 1) {
      const all = await reclaimed(stripe, inputs, prior?.outputs.subscriptionId);
      const live = liveSubscription(all, inputs.brand, prior?.outputs.subscriptionId);
      const trial =
        (live === undefined || isReplaceable(live)) && (await canStartTrial(context, inputs, customer, all));
      const notCarriedOver: Declared["notCarriedOver"] = {};
      const declared = { inputs, price, customer, trial, notCarriedOver };
      const canceled = live === undefined ? stayingCanceled(all, declared) : undefined;
      if (canceled !== undefined) return { id, outputs: await outputsOf(stripe, canceled, undefined) };
      if (live !== undefined && (await unpause(stripe, live))) continue;
      const steps = stepsToPlan(live && asSeen(live, customer), wantedOf(declared, live));
      if (live !== undefined) refuseForeignSchedule(live, inputs, steps);
      const found =
        live === undefined || steps.includes("begin") ? await findOrCreate(context, declared, live) : live;
      if (!(await endReplaced(stripe, all, inputs, found))) {
        if (look >= LOOKS) throw paidMeanwhile(inputs);
        continue;
      }
      const reached = await applySteps(stripe, found, steps, declared);
      if (reached.trial_start !== null) await stampTrial(stripe, customer);
      // A customer who is leaving keeps the version of the plan.
      const isWaiting = comingPrice(reached) !== price.id && leavesAt(reached) === undefined;
      const waits = waitingFor(reached, isWaiting);
      const outputs = await outputsOf(stripe, reached, waits);
      const isWhole = Object.keys(notCarriedOver).length === 0;
      return { id, outputs: { ...outputs, ...(isWhole ? {} : { notCarriedOver }) } };
    }
  },

  async remove(context, prior) {
    const { stripe } = context;
    if ((await retrieveCustomer(stripe, prior.inputs.customer)) === undefined) return;
    for (const each of await reclaimed(stripe, prior.inputs, prior.outputs.subscriptionId))
      if (isLive(each, prior.inputs.brand)) await end(stripe, each);
  },
});

/**
 * The customer's subscriptions. If somebody removed the metadata of the recorded one, it is restored. Otherwise a second
 * subscription would be created, or a deleted organization would still be charged.
 *
 * @throws UserError if the recorded subscription names another owner
 */
async function reclaimed(
  stripe: Stripe,
  { brand, customer }: Inputs,
  recorded: string | undefined,
): Promise<readonly Stripe.Subscription[]> {
  const all = await listSubscriptions(stripe, customer);
  const found = all.find(({ id }) => id === recorded);
  if (found === undefined || hasEnded(found) || isOwnedBy(brand, found.metadata)) return all;
  const wanted = toMetadata(brand);
  const named = Object.keys(wanted).some((key) => ![undefined, wanted[key]].includes(found.metadata[key]));
  if (named) assertOwned(`the subscription ${found.id}`, brand, found.metadata);
  await stripeCall("subscriptions.update", stripe.subscriptions.update(found.id, { metadata: wanted }));
  return listSubscriptions(stripe, customer);
}

/** Pauses the subscription of an inactive organization, or ends that of a deleted one. */
async function rest(stripe: Stripe, inputs: Inputs, recorded: string | undefined): Promise<Outputs> {
  const all = await reclaimed(stripe, inputs, recorded);
  for (const each of all.filter((one) => isLive(one, inputs.brand)))
    await (inputs.state === "deleted" ? end(stripe, each) : pause(stripe, each));
  const last = liveSubscription(all, inputs.brand, recorded) ?? lastSubscription(all, inputs.brand);
  return outputsAtRest(stripe, last && (await retrieveSubscription(stripe, last.id)));
}

/** The outputs while the organization isn't active. An organization that was never active has no subscription. */
async function outputsAtRest(stripe: Stripe, found: Stripe.Subscription | undefined): Promise<Outputs> {
  if (found === undefined) return { subscriptionId: NONE, status: "canceled", product: "" };
  return outputsOf(stripe, found, undefined);
}

const NONE = "none";

/** The declared subscription, with its price and customer in Stripe. */
interface Declared extends Desired {
  readonly inputs: Inputs;
  /** Whether the subscription starts with the organization's trial. */
  readonly trial: boolean;
  /** Filled with what a new subscription can't take over, and why. */
  readonly notCarriedOver: Record<string, string>;
}

/** The number of attempts if a subscription is paid while it is being replaced. */
const LOOKS = 3;

async function priceOf(stripe: Stripe, lookupKey: string): Promise<Stripe.Price> {
  const found = await findPrice(stripe, lookupKey);
  if (found?.active) return found;
  throw new UserError(
    `Stripe has no ${found === undefined ? "" : "active "}price with the lookup key ${lookupKey}.`,
    { remedy: "Run `up` for the platform's stack first. It creates the prices of its plans." },
  );
}

async function customerOf(stripe: Stripe, id: string): Promise<Stripe.Customer> {
  const found = await retrieveCustomer(stripe, id);
  if (found !== undefined) return found;
  throw new UserError(`The Stripe customer ${id} was deleted outside tenantry.`, {
    remedy: "Refresh the stack (pulumi refresh), then run again to create a new one.",
  });
}

/**
 * Stripe fixes a customer's currency with its first invoice or subscription, including those of other programs.
 *
 * @see https://docs.stripe.com/currencies
 */
function refuseOtherCurrency(
  { brand: { organization } }: Pick<Inputs, "brand">,
  { id, currency }: Stripe.Customer,
  price: Stripe.Price,
): void {
  if (!currency || currency === price.currency) return;
  throw new UserError(
    `The price ${price.lookup_key} is in ${price.currency}, but Stripe bills ${organization} (${id}) in ${currency}, and never changes a customer's currency.`,
    {
      remedy: `Declare a plan whose price is in ${currency}, or start again with another Stripe customer: set \`state: deleted\`, then \`generation\`.`,
    },
  );
}

/**
 * Ends the subscriptions that the current one replaces. Reads each one again before ending it.
 *
 * @returns false if one of them was paid in the meantime
 */
async function endReplaced(
  stripe: Stripe,
  all: readonly Stripe.Subscription[],
  inputs: Inputs,
  current: Stripe.Subscription,
): Promise<boolean> {
  const replaced = all.filter(
    (each) => each.id !== current.id && isLive(each, inputs.brand) && isReplaceable(each),
  );
  for (const { id } of replaced) {
    const found = await retrieveSubscription(stripe, id);
    if (found === undefined || hasEnded(found)) continue;
    if (!isReplaceable(found)) return false;
    await end(stripe, found);
  }
  return true;
}

function paidMeanwhile({ brand }: Inputs): UserError {
  return new UserError(
    `The subscription of ${brand.organization} was paid while another one was about to replace it.`,
    { remedy: "Run again." },
  );
}

/** The last subscription, if it was canceled and the declaration doesn't start it again. */
function stayingCanceled(
  all: readonly Stripe.Subscription[],
  declared: Declared,
): Stripe.Subscription | undefined {
  const last = lastSubscription(all, declared.inputs.brand);
  if (last === undefined || !staysEnded(last, declared.inputs)) return undefined;
  return isOfAnotherPlan(last, declared.price) ? undefined : last;
}

/** Whether the next run starts an ended subscription again. */
async function startsAgain(stripe: Stripe, last: Stripe.Subscription, inputs: Inputs): Promise<boolean> {
  if (!staysEnded(last, inputs)) return true;
  const price = inputs.state === "active" ? await findPrice(stripe, inputs.price) : undefined;
  return price !== undefined && isOfAnotherPlan(last, price);
}

function isOfAnotherPlan(last: Stripe.Subscription, price: Stripe.Price): boolean {
  const ended = planItem(last);
  // The plan is unknown if somebody removed its item before the cancellation.
  return ended !== undefined && !isSamePlan(pointOf(price).product, pointOf(ended.price).product);
}

/** Whether an ended subscription stays ended unless another plan is declared. One without a charge is always started again. */
function staysEnded(last: Stripe.Subscription, inputs: Inputs): boolean {
  if (isResumed(inputs, last.ended_at ?? last.created)) return false;
  return wasCanceled(last) && !isReplaceable(last);
}

/** @param replaced the subscription that the new one replaces; it is ended afterwards */
async function findOrCreate(
  context: Context,
  declared: Declared,
  replaced: Stripe.Subscription | undefined,
): Promise<Stripe.Subscription> {
  const { inputs, price } = declared;
  let past: readonly Stripe.Subscription[] = [];
  const isIt = (each: Stripe.Subscription) =>
    isLive(each, inputs.brand) &&
    (replaced === undefined || (each.id !== replaced.id && isAsBegun(each, price, inputs)));
  return createOnce({
    look: async () => {
      past = await listSubscriptions(context.stripe, declared.customer.id);
      return past.find(isIt);
    },
    create: (attempt) => {
      const before = replaced ?? lastSubscription(past, inputs.brand);
      return create(context, declared, past, before, attempt);
    },
    signal: context.signal,
  });
}

/** The input of the plan change rules. */
function asSeen(found: Stripe.Subscription, customer: Stripe.Customer): FoundSubscription {
  return {
    status: found.status,
    price: pointOf(planItem(found)?.price),
    collected: { method: collectionIn(found), days: found.days_until_due },
    isSingle: isSingle(found),
    canPay: canPay(customer, found),
    isReplaceable: isReplaceable(found),
    schedule: scheduleOf(found) && { next: scheduledPrice(found), isOutdated: isScheduleOutdated(found) },
    isLeaving: leavesAt(found) !== undefined,
    pending: pendingPrice(found)?.id,
  };
}

/** Whether a killed run created it as a replacement. */
function isAsBegun(found: Stripe.Subscription, price: Stripe.Price, inputs: Inputs): boolean {
  return planItem(found)?.price.id === price.id && collectionIn(found) === inputs.collection;
}

function wantedOf({ inputs, price, trial }: Declared, live: Stripe.Subscription | undefined) {
  const stays = live !== undefined && withdrawsCancellation(inputs, live);
  return { price: pointOf(price), collected: collectedOf(inputs), trial, stays };
}

function isToStay(inputs: Inputs, found: Stripe.Subscription): boolean {
  return leavesAt(found) !== undefined && withdrawsCancellation(inputs, found);
}

/** Whether `resume` withdraws the customer's cancellation. */
function withdrawsCancellation(inputs: Inputs, { canceled_at: left }: Stripe.Subscription): boolean {
  return left !== null && isResumed(inputs, left);
}

/** @param left when the cancellation was requested or took effect, in Unix seconds */
function isResumed({ resume }: Inputs, left: number): boolean {
  return resume !== undefined && isoTime(left).slice(0, 10) <= resume;
}

function pointOf(price: Stripe.Price | undefined) {
  return { id: price?.id ?? "", product: productOf(price), amount: price?.unit_amount ?? 0 };
}

function collectionIn(found: Stripe.Subscription): Inputs["collection"] {
  return found.collection_method === "send_invoice" ? "send_invoice" : "charge_automatically";
}

function waitingFor(found: Stripe.Subscription, lacksMethod: boolean): Outputs["waitsFor"] {
  if (pendingPrice(found) !== undefined) return "payment";
  return lacksMethod ? "payment_method" : undefined;
}

async function hasMethod(stripe: Stripe, { customer }: Inputs, found: Stripe.Subscription): Promise<boolean> {
  const holder = await retrieveCustomer(stripe, customer);
  return holder !== undefined && canPay(holder, found);
}

/** Refuses a plan change that would discard another program's schedule. */
function refuseForeignSchedule(found: Stripe.Subscription, inputs: Inputs, steps: readonly Step[]): void {
  const schedule = scheduleOf(found);
  if (schedule === undefined || upcoming(found) === undefined) return;
  if (isOwnedBy(inputs.brand, schedule.metadata ?? {}) || steps.includes("begin") || steps.length === 0)
    return;
  throw new UserError(
    `The subscription ${found.id} has the schedule ${schedule.id}, which tenantry didn't create. A plan change would replace it.`,
    {
      remedy: `Release the schedule in Stripe (stripe subscription_schedules release ${schedule.id}), then run again.`,
    },
  );
}

type PaymentSettings = Pick<Stripe.SubscriptionCreateParams, "payment_settings">;

/** Settings that others made, such as the allowed payment methods, stay beside tenantry's own. */
function paymentSettings(kept: PaymentSettings, own: PaymentSettings): PaymentSettings {
  if (kept.payment_settings === undefined && own.payment_settings === undefined) return {};
  return { payment_settings: { ...kept.payment_settings, ...own.payment_settings } };
}

/** @param before the subscription whose settings the new one takes over */
async function create(
  context: Context,
  declared: Declared,
  past: readonly Stripe.Subscription[],
  before: Stripe.Subscription | undefined,
  attempt: number,
): Promise<Stripe.Subscription | undefined> {
  const { inputs, price } = declared;
  const { stripe } = context;
  // Without the earlier subscriptions in the key, Stripe would return one that was created and canceled today.
  const last = past.map(({ id }) => id).sort();
  let kept: Kept = before === undefined ? { items: [{ price: price.id }] } : keptOf(before, declared);
  for (;;) {
    const params = creationOf(declared, kept);
    const options = { idempotencyKey: idempotencyKey(["subscription", params, last, attempt]) };
    try {
      const made = await stripeCall("subscriptions.create", stripe.subscriptions.create(params, options));
      return await readBackIfReplayed<Stripe.Subscription>(
        { ...(await wholeSubscription(stripe, made)), lastResponse: made.lastResponse },
        async () => {
          const found = await retrieveSubscription(stripe, made.id);
          return found !== undefined && isLive(found, inputs.brand) ? found : undefined;
        },
      );
    } catch (error) {
      const refusal = refusalOf(error);
      const refused = refusal && withoutRefused(kept, price.id, refusal.parameter);
      if (before === undefined || refusal === undefined || refused === undefined) throw error;
      // The running subscription still has it, and can be changed.
      if (!hasEnded(before) && before.status !== "incomplete")
        throw withRemedy(
          error,
          `The subscription ${before.id} stays. Remove the ${refused.what} from the subscription ${before.id} in Stripe, or make Stripe accept it, then run again.`,
        );
      declared.notCarriedOver[refused.what] = refusal.reason;
      kept = refused.rest;
    }
  }
}

type Kept = ReturnType<typeof creationLike>;

function creationOf(declared: Declared, kept: Kept): Stripe.SubscriptionCreateParams {
  const { inputs, customer } = declared;
  return {
    ...kept,
    customer: customer.id,
    ...paymentOf(declared, kept),
    ...paymentSettings(kept, savedMethodOf(declared, kept)),
    ...collectionOf(inputs),
    ...(declared.trial ? trialOf(inputs) : {}),
    metadata: { ...kept.metadata, ...toMetadata(inputs.brand), ...trialMark(declared) },
    expand: EXPAND,
  };
}

/** A customer whose subscription has ended can only change the customer's payment method, so that one is newer. */
function keptOf(before: Stripe.Subscription, { price, customer }: Declared): Kept {
  const kept = creationLike(before, price.id);
  if (!hasEnded(before) || customer.invoice_settings.default_payment_method === null) return kept;
  const { default_payment_method: _method, default_source: _source, ...rest } = kept;
  return rest;
}

function trialOf(
  inputs: Inputs,
): Pick<Stripe.SubscriptionCreateParams, "trial_period_days" | "trial_settings"> {
  if (inputs.trial === undefined) return {};
  return {
    trial_period_days: inputs.trial.days,
    trial_settings: { end_behavior: { missing_payment_method: inputs.trial.endBehavior } },
  };
}

/** Records the length of the trial, which a later change of the declaration doesn't affect. */
function trialMark({ inputs, trial }: Declared): Record<string, string> {
  return trial && inputs.trial !== undefined ? { [TRIAL_DAYS_KEY]: String(inputs.trial.days) } : {};
}

/** Records the trial on the customer, where it outlives the subscription. */
async function stampTrial(stripe: Stripe, customer: Stripe.Customer): Promise<void> {
  if (customer.metadata[TRIAL_KEY] !== undefined) return;
  const metadata = { [TRIAL_KEY]: "used" };
  await stripeCall("customers.update", stripe.customers.update(customer.id, { metadata }));
}

/** The declared inputs as found in Stripe. A scheduled or pending price counts as the declared one. */
function asFound(inputs: Inputs, found: Stripe.Subscription): Inputs {
  const { drift: _, ...declared } = inputs;
  const { daysUntilDue, state, resume, ...rest } = declared;
  // Nothing about it can be changed.
  if (hasEnded(found)) return declared;
  // Other changes are applied when the organization is active again.
  if (state !== "active" && (isAtRest(found) || found.status === "incomplete")) return declared;
  const days = found.days_until_due ?? undefined;
  const shown = daysUntilDue === undefined && days === DAYS_UNTIL_DUE ? undefined : days;
  const drift = driftOf(inputs.brand, found, new Date());
  const next = upcoming(found)?.price;
  const later = typeof next === "object" && !next.deleted ? next : undefined;
  const price = pendingPrice(found) ?? later ?? planItem(found)?.price;
  return {
    ...rest,
    // Whoever paused it, and even if a run was interrupted before it recorded its pause.
    state: found.pause_collection === null ? "active" : state === "active" ? "suspended" : state,
    price: price?.lookup_key ?? "",
    collection: collectionIn(found),
    // Absent while a cancellation is to be withdrawn, so that the next update does it.
    ...(resume === undefined || isToStay(inputs, found) ? {} : { resume }),
    ...(shown === undefined ? {} : { daysUntilDue: shown }),
    ...(Object.keys(drift).length === 0 ? {} : { drift }),
  };
}

async function outputsOf(
  stripe: Stripe,
  found: Stripe.Subscription,
  waitsFor: Outputs["waitsFor"],
): Promise<Outputs> {
  const invoice = latestInvoice(found);
  const payable = invoice?.status === "open" && !hasEnded(found) ? invoice.hosted_invoice_url : undefined;
  const change = upcoming(found);
  const moves = movesAt(found);
  const leaves = hasEnded(found) ? undefined : leavesAt(found);
  const unmanaged = unmanagedIn(found);
  return {
    subscriptionId: found.id,
    ...(await subscriptionStatusOf(stripe, found)),
    ...(await paidOutputs(stripe, found)),
    ...(moves === undefined ? {} : { movesOn: isoTime(moves) }),
    ...(leaves === undefined ? {} : { cancelsOn: isoTime(leaves) }),
    ...(found.ended_at === null ? {} : { endedOn: isoTime(found.ended_at) }),
    ...(change === undefined ? {} : { changesOn: isoTime(change.at) }),
    ...(found.trial_start === null ? {} : { trialStart: isoTime(found.trial_start) }),
    ...(found.trial_end === null ? {} : { trialEnd: isoTime(found.trial_end) }),
    ...(payable ? { paymentUrl: payable } : {}),
    ...(waitsFor === undefined ? {} : { waitsFor }),
    ...(Object.keys(unmanaged).length === 0 ? {} : { unmanaged }),
  };
}

/** The last paid period. It isn't the latest invoice's if that is open or only contains prorations. */
async function paidOutputs(
  stripe: Stripe,
  found: Stripe.Subscription,
): Promise<Pick<Outputs, "paidProduct" | "paidSince">> {
  if (found.status === "incomplete" || found.status === "trialing") return {};
  const latest = latestInvoice(found);
  const period = (latest && plansPeriod(found, latest)) ?? (await lastPaidPeriod(stripe, found));
  return period === undefined ? {} : { paidProduct: period.product, paidSince: period.since };
}

async function lastPaidPeriod(stripe: Stripe, found: Stripe.Subscription): Promise<PaidPeriod | undefined> {
  const params = { subscription: found.id, status: "paid", limit: 100 } as const;
  for (const invoice of await listAll("invoices.list", stripe.invoices.list(params))) {
    const period = plansPeriod(found, await wholeInvoice(stripe, invoice));
    if (period !== undefined) return period;
  }
  return undefined;
}

/** The period of the plan's item that the invoice starts. Items of other programs have periods too. */
function plansPeriod(found: Stripe.Subscription, invoice: Stripe.Invoice): PaidPeriod | undefined {
  const plan = planItem(found);
  return paidPeriods(invoice).find(({ item }) => item === plan?.id);
}

/** Stripe keeps a new period's invoice as a draft for about an hour before it finalizes and collects it. */
function movesAt(found: Stripe.Subscription): number | undefined {
  if (hasEnded(found)) return undefined;
  const latest = latestInvoice(found);
  if (latest?.status === "draft") return latest.automatically_finalizes_at ?? latest.created + HOUR_SECONDS;
  const ends = [planItem(found)?.current_period_end, leavesAt(found)].filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.min(...ends);
}
