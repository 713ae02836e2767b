import type Stripe from "stripe";
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import { differingMetadata, isOwnedBy, toMetadata } from "../../stripe/brand.ts";
import { idempotencyKey, stripeCall, stripeFind } from "../../stripe/client.ts";
import { listSubscriptions, retrieveCustomer, TRIAL_KEY } from "../../stripe/customers.ts";
import { findPrice } from "../../stripe/prices.ts";
import type { Context } from "../context.ts";
import { createOnce } from "../create-once.ts";
import { brand, defineResource } from "../schema.ts";

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
    })
    .optional()
    .describe(
      "Taken when the subscription starts, once ever for an organization; later changes have no effect.",
    ),
  collection: z
    .enum(["charge_automatically", "send_invoice"])
    .default("charge_automatically")
    .describe("Default `charge_automatically`."),
  daysUntilDue: z.int().min(1).optional().describe("For invoices that are sent. Default 30."),
  brand: brand
    .required({ organization: true, id: true, generation: true })
    .describe("Whose it is; one that carries another brand, or none, is never changed."),
});

const subscriptionOutputs = z.strictObject({
  subscriptionId: z.string().describe("Stripe's id."),
  status: z.string().describe("As Stripe says: `trialing`, `active`, `incomplete`, `past_due`, …"),
  trialEnd: z.string().optional().describe("ISO 8601; absent when no trial was taken."),
  paymentUrl: z.string().optional().describe("Where the open invoice can be paid, while there is one."),
});

type Inputs = z.infer<typeof subscriptionInputs>;
type Outputs = z.infer<typeof subscriptionOutputs>;

const DAYS_UNTIL_DUE = 30;

/** From these a subscription never comes back. */
const ENDED: readonly Stripe.Subscription.Status[] = ["canceled", "incomplete_expired"];

const EXPAND = ["latest_invoice"];

/** @see https://docs.stripe.com/api/subscriptions */
export const subscription = defineResource({
  type: "stripe:Subscription",
  description:
    "What an organization pays for its plan: one subscription with one price. Cancelled when it is removed. A plan that isn't paid stays `incomplete`, with the address at which to pay; it, and a free one that nothing can pay, is ended and begun anew for another price. One that ended is begun anew.",
  inputs: subscriptionInputs,
  outputs: subscriptionOutputs,
  replaceOn: ["customer"],
  stable: [],

  async observe(context, prior) {
    const found = await stripeFind(
      "subscriptions.retrieve",
      context.stripe.subscriptions.retrieve(prior.outputs.subscriptionId, { expand: EXPAND }),
    );
    if (found === undefined || ENDED.includes(found.status)) return undefined;
    return { inputs: asFound(prior.inputs, found), outputs: outputsOf(found) };
  },

  async ensure(context, inputs) {
    const { stripe } = context;
    const price = await priceOf(stripe, inputs.price);
    const customer = await customerOf(stripe, inputs.customer);
    let found = await findOrCreate(context, inputs, price, customer);
    if (!canBecome(found, inputs, price, customer)) {
      await end(stripe, found);
      found = await findOrCreate(context, inputs, price, customer);
    }
    const synced = await sync(context, inputs, price, customer, found);
    if (synced.trial_start !== null) await stampTrial(stripe, customer);
    // Not Stripe's id: an update may end one and begin another.
    return { id: `${inputs.customer}/subscription`, outputs: outputsOf(synced) };
  },

  async remove(context, prior) {
    const { stripe } = context;
    const id = prior.outputs.subscriptionId;
    const found = await stripeFind(
      "subscriptions.retrieve",
      stripe.subscriptions.retrieve(id, { expand: EXPAND }),
    );
    if (found === undefined || !isLive(found, prior.inputs)) return;
    await end(stripe, found);
  },
});

async function priceOf(stripe: Stripe, lookupKey: string): Promise<Stripe.Price> {
  const found = await findPrice(stripe, lookupKey);
  if (found?.active) return found;
  throw new UserError(
    `Stripe has no ${found === undefined ? "" : "active "}price with the lookup key ${lookupKey}.`,
    { remedy: "Bring up the platform's stack first; it makes the plans' prices." },
  );
}

async function customerOf(stripe: Stripe, id: string): Promise<Stripe.Customer> {
  const found = await retrieveCustomer(stripe, id);
  if (found !== undefined) return found;
  throw new UserError(`The Stripe customer ${id} is gone: it was deleted elsewhere.`, {
    remedy: "Refresh the stack (pulumi refresh), then run again to make a new one.",
  });
}

function isLive(found: Stripe.Subscription, inputs: Inputs): boolean {
  return isOwnedBy(inputs.brand, found.metadata) && !ENDED.includes(found.status);
}

async function findOrCreate(
  context: Context,
  inputs: Inputs,
  price: Stripe.Price,
  customer: Stripe.Customer,
): Promise<Stripe.Subscription> {
  let past: readonly Stripe.Subscription[] = [];
  return createOnce({
    look: async () => {
      past = await listSubscriptions(context.stripe, customer.id);
      return past.find((each) => isLive(each, inputs));
    },
    create: (attempt) => create(context, inputs, { price: price.id, customer, past, attempt }),
    signal: context.signal,
  });
}

/**
 * Whether an update leads to what is declared.
 *
 * Stripe changes nothing of an incomplete one but its metadata. A free one that becomes a paid one, with nothing that could
 * pay, would become past due: as if the plan had been paid before.
 *
 * @see https://docs.stripe.com/api/subscriptions/object#subscription_object-status
 */
function canBecome(
  found: Stripe.Subscription,
  inputs: Inputs,
  price: Stripe.Price,
  customer: Stripe.Customer,
): boolean {
  const today = found.items.data[0]?.price;
  if (found.status === "incomplete") return today?.id === price.id && isCollected(found, inputs);
  const startsToCost = isFree(today) && !isFree(price);
  return !startsToCost || inputs.collection === "send_invoice" || canPay(customer, found);
}

function isFree(price: Stripe.Price | undefined): boolean {
  return price?.unit_amount === 0;
}

/** Whether there is a card, or the like, that Stripe would charge. */
function canPay(customer: Stripe.Customer, found?: Stripe.Subscription): boolean {
  const methods = [
    found?.default_payment_method,
    found?.default_source,
    customer.invoice_settings.default_payment_method,
    customer.default_source,
  ];
  return methods.some((method) => method !== null && method !== undefined);
}

/** Without anything to charge, Stripe refuses what costs money at once, unless it may wait for the payment. */
function paymentOf(
  inputs: Inputs,
  customer: Stripe.Customer,
  found?: Stripe.Subscription,
): { payment_behavior?: "allow_incomplete" | "default_incomplete" } {
  if (inputs.collection === "send_invoice") return {};
  return { payment_behavior: canPay(customer, found) ? "allow_incomplete" : "default_incomplete" };
}

/** Ends a subscription. What was never paid can't be paid any more: nobody shall pay for two. */
async function end(stripe: Stripe, found: Stripe.Subscription): Promise<void> {
  const invoice = typeof found.latest_invoice === "object" ? found.latest_invoice : null;
  if (found.status === "incomplete" && invoice?.status === "open" && invoice.id !== undefined)
    await stripeCall("invoices.voidInvoice", stripe.invoices.voidInvoice(invoice.id));
  await stripeFind("subscriptions.cancel", stripe.subscriptions.cancel(found.id));
}

interface Observed {
  readonly price: string;
  readonly customer: Stripe.Customer;
  readonly past: readonly Stripe.Subscription[];
  readonly attempt: number;
}

async function create(context: Context, inputs: Inputs, observed: Observed): Promise<Stripe.Subscription> {
  const { customer, past } = observed;
  const trialUsed =
    customer.metadata[TRIAL_KEY] !== undefined || past.some(({ trial_start }) => trial_start !== null);
  const params: Stripe.SubscriptionCreateParams = {
    customer: customer.id,
    items: [{ price: observed.price }],
    ...paymentOf(inputs, customer),
    ...collectionOf(inputs),
    ...(trialUsed ? {} : trialOf(inputs)),
    metadata: toMetadata(inputs.brand),
    expand: EXPAND,
  };
  // One that was cancelled today must not come back as the answer to the same words.
  const last = past.map(({ id }) => id).sort();
  const options = { idempotencyKey: idempotencyKey(["subscription", params, last, observed.attempt]) };
  return stripeCall("subscriptions.create", context.stripe.subscriptions.create(params, options));
}

function collectionOf(
  inputs: Inputs,
): Pick<Stripe.SubscriptionCreateParams, "collection_method" | "days_until_due"> {
  if (inputs.collection === "charge_automatically") return { collection_method: "charge_automatically" };
  return { collection_method: "send_invoice", days_until_due: inputs.daysUntilDue ?? DAYS_UNTIL_DUE };
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

/** Writes what differs from what was found. */
async function sync(
  context: Context,
  inputs: Inputs,
  price: Stripe.Price,
  customer: Stripe.Customer,
  found: Stripe.Subscription,
): Promise<Stripe.Subscription> {
  const [item] = found.items.data;
  const metadata = differingMetadata(toMetadata(inputs.brand), found.metadata);
  const changes: Stripe.SubscriptionUpdateParams = {
    ...(item === undefined || item.price.id === price.id
      ? {}
      : {
          items: [{ id: item.id, price: price.id }],
          proration_behavior: "create_prorations",
          ...paymentOf(inputs, customer, found),
        }),
    ...(isCollected(found, inputs) ? {} : collectionOf(inputs)),
    ...(metadata === undefined ? {} : { metadata }),
  };
  if (Object.keys(changes).length === 0) return found;
  return stripeCall(
    "subscriptions.update",
    context.stripe.subscriptions.update(found.id, { ...changes, expand: EXPAND }),
  );
}

/** Whether it is collected as declared. */
function isCollected(found: Stripe.Subscription, inputs: Inputs): boolean {
  const { collection_method, days_until_due } = collectionOf(inputs);
  return (
    found.collection_method === collection_method &&
    (days_until_due === undefined || found.days_until_due === days_until_due)
  );
}

/** The subscription tells as much, but the stamp outlives it: lists of old subscriptions grow long, and end. */
async function stampTrial(stripe: Stripe, customer: Stripe.Customer): Promise<void> {
  if (customer.metadata[TRIAL_KEY] !== undefined) return;
  const metadata = { [TRIAL_KEY]: "used" };
  await stripeCall("customers.update", stripe.customers.update(customer.id, { metadata }));
}

function asFound(inputs: Inputs, found: Stripe.Subscription): Inputs {
  const { daysUntilDue, ...rest } = inputs;
  const days = found.days_until_due ?? undefined;
  const shown = daysUntilDue === undefined && days === DAYS_UNTIL_DUE ? undefined : days;
  return {
    ...rest,
    price: found.items.data[0]?.price.lookup_key ?? "",
    collection: found.collection_method === "send_invoice" ? "send_invoice" : "charge_automatically",
    ...(shown === undefined ? {} : { daysUntilDue: shown }),
  };
}

function outputsOf(found: Stripe.Subscription): Outputs {
  const invoice = typeof found.latest_invoice === "object" ? found.latest_invoice : null;
  const payable = invoice?.status === "open" ? invoice.hosted_invoice_url : undefined;
  return {
    subscriptionId: found.id,
    status: found.status,
    ...(found.trial_end === null ? {} : { trialEnd: new Date(found.trial_end * 1000).toISOString() }),
    ...(payable ? { paymentUrl: payable } : {}),
  };
}
