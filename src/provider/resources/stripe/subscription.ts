import { UserError } from "@tenantry/core/errors";
import type Stripe from "stripe";
import * as z from "zod";
import { type FoundSubscription, type Step, stepsToPlan } from "../../../billing/plan-change.ts";
import { type PaidPeriod, paidPeriod } from "../../../billing/plan-credits.ts";
import { controlPlane } from "../../../control-plane/control-plane.ts";
import { lifecycleState } from "../../../shared/lifecycle.ts";
import type { Context } from "../../../vendors/connections.ts";
import { brand, isOwnedBy, toMetadata } from "../../../vendors/stripe/brand.ts";
import { idempotencyKey, readBackIfReplayed, stripeCall } from "../../../vendors/stripe/client.ts";
import { listSubscriptions, retrieveCustomer, TRIAL_KEY } from "../../../vendors/stripe/customers.ts";
import { listAll, wholeInvoice, wholeSubscription } from "../../../vendors/stripe/lists.ts";
import { findPrice } from "../../../vendors/stripe/prices.ts";
import { hasEnded, subscriptionStatusOf } from "../../../vendors/stripe/subscription-status.ts";
import {
  canPay,
  comingPrice,
  EXPAND,
  latestInvoice,
  leavesAt,
  pendingPrice,
  retrieveSubscription,
  scheduledPrice,
  scheduleOf,
  upcoming,
  wasCanceled,
} from "../../../vendors/stripe/subscriptions.ts";
import { unmanagedIn } from "../../../vendors/stripe/unmanaged.ts";
import { createOnce } from "../../create-once.ts";
import { defineResource } from "../../runtime/schema.ts";
import { creationLike } from "./carry-over.ts";
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
  customer: z.string().describe("The customer's id."),
  price: z.string().describe("The lookup key of the price."),
  trial: z
    .strictObject({
      days: z.int().min(1).max(730).describe("Its length."),
      endBehavior: z
        .enum(["cancel", "create_invoice", "pause"])
        .default("cancel")
        .describe("What happens at its end without a payment method. Default `cancel`."),
      controlPlane: controlPlane.describe("Where the trials that were taken are recorded."),
    })
    .optional()
    .describe(
      "Taken before the first paid period, once ever for an organization. Later changes have no effect.",
    ),
  state: lifecycleState
    .default("active")
    .describe(
      "The organization's. While it is `suspended` or `archived`, nothing is collected and the plan stays; `deleted` cancels the subscription. Default `active`.",
    ),
  collection: z
    .enum(["charge_automatically", "send_invoice"])
    .default("charge_automatically")
    .describe("Default `charge_automatically`."),
  daysUntilDue: z.int().min(1).optional().describe("For invoices that are sent. Default 30."),
  resume: z
    .string()
    .optional()
    .describe(
      "ISO date: a subscription that was canceled on or before this day is started again. Absent: it stays canceled.",
    ),
  brand: brand
    .required({ organization: true, id: true, generation: true })
    .describe("Whose it is; one that carries another brand, or none, is never changed."),
});

const subscriptionOutputs = z.strictObject({
  subscriptionId: z.string().describe("Stripe's id."),
  status: z.string().describe("As Stripe says: `trialing`, `active`, `incomplete`, `past_due`, …"),
  product: z
    .string()
    .describe("Stripe's id of the product that the running period is for: the plan's whose limits it gives."),
  pastDueSince: z.string().optional().describe("ISO 8601; absent unless a payment is late."),
  paidProduct: z
    .string()
    .optional()
    .describe("Stripe's id of the product that the last paid period was for; absent before the first."),
  paidSince: z.string().optional().describe("ISO date, the first day of that period."),
  cancelsOn: z
    .string()
    .optional()
    .describe("ISO 8601: when it is to be canceled, as somebody asked in Stripe; absent while it continues."),
  movesOn: z.string().optional().describe("ISO 8601: when Stripe opens the next period, or its invoice."),
  endedOn: z
    .string()
    .optional()
    .describe(
      "ISO 8601: when it was canceled, by the customer or after the last decline; absent while it runs.",
    ),
  changesOn: z
    .string()
    .optional()
    .describe("ISO 8601: when the declared price begins; absent once it has begun."),
  trialStart: z.string().optional().describe("ISO 8601; absent when no trial was taken."),
  trialEnd: z.string().optional().describe("ISO 8601; absent when no trial was taken."),
  paymentUrl: z.string().optional().describe("Where the open invoice can be paid, while there is one."),
  waitsFor: z
    .enum(["payment", "payment_method"])
    .optional()
    .describe(
      "What the declared price, a dearer one, waits for: that its invoice is paid, or something to charge. The old price stays until then.",
    ),
  unmanaged: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "What others set on the subscription and tenantry leaves alone, by the name of Stripe's field: a quantity, further items, discounts, a pause. A refresh reports it. Absent if there is nothing.",
    ),
});

type Inputs = z.infer<typeof subscriptionInputs>;
type Outputs = z.infer<typeof subscriptionOutputs>;

const HOUR_SECONDS = 60 * 60;

/** @see https://docs.stripe.com/api/subscriptions */
export const subscription = defineResource({
  type: "stripe:Subscription",
  description:
    "What an organization pays for its plan: one subscription with one price. A more expensive price begins at once, also during a trial, and the difference is invoiced; if it can't be collected, the old price stays until it is paid. A cheaper price is scheduled for the end of the paid period. A plan that isn't paid stays `incomplete`, with the address at which to pay; it is started again when nobody paid in time. Another subscription takes the place of one that Stripe can't change into the declared one: an incomplete or paused one, and a free one that has no payment method or begins the trial. Removing the resource cancels the subscription. A canceled subscription stays canceled until another product, or a later `resume`, is declared.",
  inputs: subscriptionInputs,
  outputs: subscriptionOutputs,
  replaceOn: ["customer"],
  stable: [],
  watchedOutputs: ["status", "product", "pastDueSince", "waitsFor", "paidSince", "cancelsOn"],

  // What happens to it then comes by webhook; until then, and when it lapses, every run looks.
  nextChangeAt: ({ movesOn }) => (typeof movesOn === "string" ? movesOn : undefined),
  isSettled: ({ status, changesOn, waitsFor }) => status === "active" && !changesOn && !waitsFor,

  async observe({ stripe }, prior) {
    const found = await retrieveSubscription(stripe, prior.outputs.subscriptionId);
    if (prior.inputs.state === "deleted" && (found === undefined || hasEnded(found)))
      return { inputs: prior.inputs, outputs: await outputsAtRest(stripe, found) };
    if (found === undefined || (hasEnded(found) && !staysEnded(found))) return undefined;
    const stillUnable =
      prior.outputs.waitsFor === "payment_method" && !(await hasMethod(stripe, prior.inputs, found));
    return {
      inputs: asFound(prior.inputs, found),
      outputs: await outputsOf(stripe, found, waitingFor(found, stillUnable)),
    };
  },

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
    const paid = all.some((each) => isLive(each, before) && !isReplaceable(each));
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
    // Not Stripe's id: an update may replace the subscription.
    const id = `${inputs.customer}/subscription`;
    for (let look = 1; ; look += 1) {
      const all = await listSubscriptions(stripe, customer.id);
      const live = liveOne(all, inputs, prior?.outputs.subscriptionId);
      const trial =
        (live === undefined || isReplaceable(live)) && (await canStartTrial(context, inputs, customer, all));
      const declared = { inputs, price, customer, trial };
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
      const waits = waitingFor(reached, comingPrice(reached) !== price.id);
      return { id, outputs: await outputsOf(stripe, reached, waits) };
    }
  },

  async remove(context, prior) {
    const { stripe } = context;
    const found = await retrieveSubscription(stripe, prior.outputs.subscriptionId);
    if (found === undefined || !isLive(found, prior.inputs)) return;
    await end(stripe, found);
  },
});

/** What remains while the organization isn't active: nothing is collected, and a deleted organization has no subscription. */
async function rest(stripe: Stripe, inputs: Inputs, recorded: string | undefined): Promise<Outputs> {
  const all = await listSubscriptions(stripe, inputs.customer);
  for (const each of all.filter((one) => isLive(one, inputs)))
    await (inputs.state === "deleted" ? end(stripe, each) : pause(stripe, each));
  const last = liveOne(all, inputs, recorded) ?? all.find((each) => isOwnedBy(inputs.brand, each.metadata));
  return outputsAtRest(stripe, last && (await retrieveSubscription(stripe, last.id)));
}

/** An organization that was never active has no subscription. */
async function outputsAtRest(stripe: Stripe, found: Stripe.Subscription | undefined): Promise<Outputs> {
  if (found === undefined) return { subscriptionId: NONE, status: "canceled", product: "" };
  return outputsOf(stripe, found, undefined);
}

const NONE = "none";

/** What is declared, with what it names in Stripe. */
interface Declared extends Desired {
  readonly inputs: Inputs;
  /** Whether it begins with the organization's one trial. */
  readonly trial: boolean;
}

/** How often a run looks again when a subscription is paid while another takes its place. */
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
  throw new UserError(`The Stripe customer ${id} is gone: it was deleted elsewhere.`, {
    remedy: "Refresh the stack (pulumi refresh), then run again to make a new one.",
  });
}

/**
 * Stripe fixes a customer's currency with its first invoice or subscription, also one of another program.
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

function isLive(found: Stripe.Subscription, inputs: Inputs): boolean {
  return isOwnedBy(inputs.brand, found.metadata) && !hasEnded(found);
}

/**
 * The subscription that the organization has: one that is paid for before one that another may replace, then the recorded one,
 * then the newest. A killed run can leave two, one of which was to be replaced.
 */
function liveOne(
  all: readonly Stripe.Subscription[],
  inputs: Inputs,
  recorded: string | undefined,
): Stripe.Subscription | undefined {
  const live = all.filter((each) => isLive(each, inputs));
  const paid = live.filter((each) => !isReplaceable(each));
  const isRecorded = ({ id }: Stripe.Subscription) => id === recorded;
  return paid.find(isRecorded) ?? paid[0] ?? live.find(isRecorded) ?? live[0];
}

/** Whether nobody loses anything paid when another subscription takes its place. */
function isReplaceable({ status, items }: Stripe.Subscription): boolean {
  if (status === "incomplete" || status === "paused") return true;
  return items.data.every(({ price, quantity }) => price.unit_amount === 0 || quantity === 0);
}

/**
 * Ends the subscriptions that the current one replaces, after looking at each once more.
 *
 * @returns false when one of them was paid meanwhile
 */
async function endReplaced(
  stripe: Stripe,
  all: readonly Stripe.Subscription[],
  inputs: Inputs,
  current: Stripe.Subscription,
): Promise<boolean> {
  const replaced = all.filter(
    (each) => each.id !== current.id && isLive(each, inputs) && isReplaceable(each),
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

/** The last subscription, if it was canceled and nothing declared since starts it again. */
function stayingCanceled(
  all: readonly Stripe.Subscription[],
  declared: Declared,
): Stripe.Subscription | undefined {
  const last = all.find(({ metadata }) => isOwnedBy(declared.inputs.brand, metadata));
  return last !== undefined && staysEnded(last) && !isWantedAgain(last, declared) ? last : undefined;
}

/** A subscription that costs nothing can always be started again. */
function staysEnded(last: Stripe.Subscription): boolean {
  return wasCanceled(last) && pointOf(last.items.data[0]?.price).amount > 0;
}

function isWantedAgain(last: Stripe.Subscription, { inputs, price }: Declared): boolean {
  const isAnother = pointOf(price).product !== pointOf(last.items.data[0]?.price).product;
  return isAnother || isResumed(inputs, last.ended_at ?? last.created);
}

/** @param replaced the subscription whose place the new one takes; it ends only once there is another */
async function findOrCreate(
  context: Context,
  declared: Declared,
  replaced: Stripe.Subscription | undefined,
): Promise<Stripe.Subscription> {
  const { inputs, price } = declared;
  let past: readonly Stripe.Subscription[] = [];
  const isIt = (each: Stripe.Subscription) =>
    isLive(each, inputs) &&
    (replaced === undefined || (each.id !== replaced.id && isAsBegun(each, price, inputs)));
  return createOnce({
    look: async () => {
      past = await listSubscriptions(context.stripe, declared.customer.id);
      return past.find(isIt);
    },
    create: (attempt) => create(context, declared, past, attempt),
    signal: context.signal,
  });
}

/** A subscription as the rules of changing a plan see it. */
function asSeen(found: Stripe.Subscription, customer: Stripe.Customer): FoundSubscription {
  return {
    status: found.status,
    price: pointOf(found.items.data[0]?.price),
    collected: { method: collectionIn(found), days: found.days_until_due },
    canPay: canPay(customer, found),
    schedule: scheduleOf(found) && { next: scheduledPrice(found) },
    isLeaving: leavesAt(found) !== undefined,
    pending: pendingPrice(found)?.id,
  };
}

/** Whether a killed run created it to take another's place. */
function isAsBegun(found: Stripe.Subscription, price: Stripe.Price, inputs: Inputs): boolean {
  return found.items.data[0]?.price.id === price.id && collectionIn(found) === inputs.collection;
}

function wantedOf({ inputs, price, trial }: Declared, live: Stripe.Subscription | undefined) {
  const left = live?.canceled_at;
  const stays = typeof left === "number" && isResumed(inputs, left);
  return { price: pointOf(price), collected: collectedOf(inputs), trial, stays };
}

/** @param left Unix seconds: when the customer asked to leave, or left */
function isResumed({ resume }: Inputs, left: number): boolean {
  return resume !== undefined && isoTime(left).slice(0, 10) <= resume;
}

function pointOf(price: Stripe.Price | undefined) {
  const product = typeof price?.product === "object" ? price.product.id : price?.product;
  return { id: price?.id ?? "", product: product ?? "", amount: price?.unit_amount ?? 0 };
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

/** What somebody else has planned for the subscription isn't thrown away. */
function refuseForeignSchedule(found: Stripe.Subscription, inputs: Inputs, steps: readonly Step[]): void {
  const schedule = scheduleOf(found);
  if (schedule === undefined || upcoming(found) === undefined) return;
  if (isOwnedBy(inputs.brand, schedule.metadata ?? {}) || steps.includes("begin") || steps.length === 0)
    return;
  throw new UserError(
    `The subscription ${found.id} follows the schedule ${schedule.id}, which isn't tenantry's, and another plan is declared.`,
    {
      remedy: `Release the schedule in Stripe (stripe subscription_schedules release ${schedule.id}), then run again.`,
    },
  );
}

async function create(
  context: Context,
  declared: Declared,
  past: readonly Stripe.Subscription[],
  attempt: number,
): Promise<Stripe.Subscription | undefined> {
  const { inputs, customer, price } = declared;
  const before = past.find(({ metadata }) => isOwnedBy(inputs.brand, metadata));
  const kept = before === undefined ? { items: [{ price: price.id }] } : creationLike(before, price.id);
  const params: Stripe.SubscriptionCreateParams = {
    ...kept,
    customer: customer.id,
    ...paymentOf(declared),
    ...savedMethodOf(declared),
    ...collectionOf(inputs),
    ...(declared.trial ? trialOf(inputs) : {}),
    metadata: { ...kept.metadata, ...toMetadata(inputs.brand) },
    expand: EXPAND,
  };
  // Stripe would repeat its answer to the same request of today, with a subscription that was canceled since.
  const last = past.map(({ id }) => id).sort();
  const options = { idempotencyKey: idempotencyKey(["subscription", params, last, attempt]) };
  const { stripe } = context;
  const made = await stripeCall("subscriptions.create", stripe.subscriptions.create(params, options));
  return readBackIfReplayed<Stripe.Subscription>(
    { ...(await wholeSubscription(stripe, made)), lastResponse: made.lastResponse },
    async () => {
      const found = await retrieveSubscription(stripe, made.id);
      return found !== undefined && isLive(found, inputs) ? found : undefined;
    },
  );
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

/** The stamp outlives the subscription: lists of old subscriptions grow long. */
async function stampTrial(stripe: Stripe, customer: Stripe.Customer): Promise<void> {
  if (customer.metadata[TRIAL_KEY] !== undefined) return;
  const metadata = { [TRIAL_KEY]: "used" };
  await stripeCall("customers.update", stripe.customers.update(customer.id, { metadata }));
}

/** A price that is scheduled, or waits for its payment, is the declared one. */
function asFound(inputs: Inputs, found: Stripe.Subscription): Inputs {
  const { daysUntilDue, state, ...rest } = inputs;
  const rests = isAtRest(found) || found.status === "incomplete" || hasEnded(found);
  // Other changes wait until the organization is active again.
  if (state !== "active" && rests) return inputs;
  const days = found.days_until_due ?? undefined;
  const shown = daysUntilDue === undefined && days === DAYS_UNTIL_DUE ? undefined : days;
  const next = upcoming(found)?.price;
  const later = typeof next === "object" && !next.deleted ? next : undefined;
  const price = pendingPrice(found) ?? later ?? found.items.data[0]?.price;
  return {
    ...rest,
    state: "active",
    price: price?.lookup_key ?? "",
    collection: collectionIn(found),
    ...(shown === undefined ? {} : { daysUntilDue: shown }),
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

/** The period that was paid for last: mostly the latest invoice's, but for a change in its middle, or one that is open. */
async function paidOutputs(
  stripe: Stripe,
  found: Stripe.Subscription,
): Promise<Pick<Outputs, "paidProduct" | "paidSince">> {
  if (found.status === "incomplete" || found.status === "trialing") return {};
  const latest = latestInvoice(found);
  const period = (latest && paidPeriod(latest)) ?? (await lastPaidPeriod(stripe, found.id));
  return period === undefined ? {} : { paidProduct: period.product, paidSince: period.since };
}

async function lastPaidPeriod(stripe: Stripe, subscription: string): Promise<PaidPeriod | undefined> {
  const params = { subscription, status: "paid", limit: 100 } as const;
  for (const invoice of await listAll("invoices.list", stripe.invoices.list(params))) {
    const period = paidPeriod(await wholeInvoice(stripe, invoice));
    if (period !== undefined) return period;
  }
  return undefined;
}

/** Stripe keeps the invoice of a new period a draft for about an hour, and then collects it. */
function movesAt(found: Stripe.Subscription): number | undefined {
  if (hasEnded(found)) return undefined;
  const latest = latestInvoice(found);
  if (latest?.status === "draft") return latest.automatically_finalizes_at ?? latest.created + HOUR_SECONDS;
  const ends = [found.items.data[0]?.current_period_end, leavesAt(found)].filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** @param seconds Unix time */
function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
