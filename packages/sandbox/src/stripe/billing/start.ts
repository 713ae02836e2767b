import type { Account } from "../account.ts";
import { redeem } from "../objects/coupons.ts";
import { taxRatesOf } from "../objects/tax-rates.ts";
import { invalid } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import type { StoredCustomer, StoredInvoice, StoredSubscription } from "../stored.ts";
import { unpaid } from "./collection.ts";
import { type Charge, waitingItems } from "./invoice-lines.ts";
import { billedBy } from "./invoice-totals.ts";
import { collect, invoiceSubscription } from "./invoicing.ts";
import { addItem, checkPrice } from "./item-changes.ts";
import { after } from "./periods.ts";
import { chargesFor } from "./subscription-lifecycle.ts";
import {
  automaticTaxOf,
  checkCollection,
  paymentSettingsOf,
  type SubscriptionCreation,
  trialSettingsOf,
} from "./subscription-parameters.ts";
import {
  itemsOf,
  noPaymentMethod,
  paymentMethodOf,
  priceOf,
  showSubscription,
} from "./subscription-state.ts";

const DAY = 24 * 60 * 60;

/**
 * Starts a subscription. It is trialing, active, or incomplete until its first invoice is paid.
 *
 * @throws StripeError 400 for an invalid price or currency, or if an amount is due and there is no payment method; 402 for a
 *   declined payment with `error_if_incomplete`
 */
export function startSubscription(
  account: Account,
  customer: StoredCustomer,
  given: SubscriptionCreation,
): StoredSubscription {
  const collection = given.collection_method ?? "charge_automatically";
  checkCollection(collection, given.days_until_due);
  if (given.payment_behavior === "pending_if_incomplete")
    throw invalid(
      "`pending_if_incomplete` is only supported when updating a subscription.",
      "payment_behavior",
    );
  const currency = checkItems(account, customer, given);
  const trialEnd = trialEndOf(account, given);
  const bare = blank(account, customer, given, currency, trialEnd);
  const subscription = { ...bare, discounts: redeem(account, bare, given.discounts ?? []) };
  account.subscriptions.put(subscription.id, subscription);
  for (const [index, item] of given.items.entries())
    addItem(account, subscription, item, period(account, given.items[index]?.price ?? "", trialEnd));
  const begun = firstInvoice(account, subscription, given);
  account.emit("customer.subscription.created", showSubscription(account, begun));
  return begun;
}

function checkItems(account: Account, customer: StoredCustomer, given: SubscriptionCreation): string {
  if (given.items.length === 0) throw invalid("Missing required param: items.", "items", "parameter_missing");
  const prices = given.items.map((item, index) => checkPrice(account, item.price, `items[${index}][price]`));
  const [first] = prices;
  if (new Set(prices.map(({ id }) => id)).size < prices.length)
    throw invalid("Cannot add multiple subscription items with the same price.", "items");
  const currency = given.currency ?? first?.currency ?? "usd";
  const other = prices.find((price) => price.currency !== currency);
  if (other !== undefined)
    throw invalid(
      `The price specified only supports \`${other.currency}\`. This doesn't match the expected currency: \`${currency}\`.`,
      `items[${prices.indexOf(other)}][price]`,
    );
  if (typeof customer.currency === "string" && customer.currency !== currency)
    throw invalid(
      `You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, or invoice item with currency ${customer.currency}.`,
    );
  return currency;
}

/** Returns the end of the trial in Unix seconds, or undefined if there is no trial. */
function trialEndOf(account: Account, given: SubscriptionCreation): number | undefined {
  const { trial_end, trial_period_days } = given;
  if (trial_end !== undefined && trial_period_days !== undefined)
    throw invalid("You may only specify one of these parameters: trial_end, trial_period_days.");
  const now = account.now();
  if (typeof trial_end === "number" && trial_end <= now)
    throw invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end");
  if (typeof trial_end === "number") return trial_end;
  return trial_period_days === undefined || trial_period_days === 0
    ? undefined
    : now + trial_period_days * DAY;
}

function period(account: Account, price: string, trialEnd: number | undefined) {
  const start = account.now();
  const { recurring } = priceOf(account, { price });
  if (recurring === null) throw new Error(`Price ${price} isn't recurring`);
  return { start, end: trialEnd ?? after(start, recurring) };
}

function firstInvoice(
  account: Account,
  subscription: StoredSubscription,
  given: SubscriptionCreation,
): StoredSubscription {
  const full = chargesFor(account, itemsOf(account, subscription.id));
  const charges = subscription.status === "trialing" ? full.map(asTrial) : full;
  const automatic = subscription.collection_method === "charge_automatically";
  const method = paymentMethodOf(account, subscription);
  const behavior = given.payment_behavior ?? "allow_incomplete";
  const items = waitingItems(account, subscription.customer, subscription.currency);
  const due = [...items, ...charges].reduce((sum, { amount }) => sum + amount, 0);
  if (automatic && due > 0 && method === null && behavior !== "default_incomplete") throw noPaymentMethod();

  const invoice = invoiceSubscription(account, subscription, "subscription_create", charges);
  const billed = billedBy(account, subscription, invoice);
  const keep = (status: string): StoredSubscription =>
    account.subscriptions.put(billed.id, { ...billed, status });
  if (invoice.status === "paid" || !automatic) return keep(subscription.status);
  if (behavior === "default_incomplete" || method === null) return keep("incomplete");
  const collected: StoredInvoice = collect(account, invoice, method);
  if (collected.status !== "paid" && behavior === "error_if_incomplete") throw unpaid(account, collected);
  if (collected.status !== "paid") return keep("incomplete");
  const saves = billed.payment_settings?.save_default_payment_method === "on_subscription";
  return account.subscriptions.put(billed.id, {
    ...billed,
    ...(saves ? { default_payment_method: method } : {}),
    status: "active",
  });
}

function asTrial(charge: Charge): Charge {
  return { ...charge, amount: 0, description: `Trial period for ${charge.price.product}` };
}

function blank(
  account: Account,
  customer: StoredCustomer,
  given: SubscriptionCreation,
  currency: string,
  trialEnd: number | undefined,
): StoredSubscription {
  const now = account.now();
  const mode = given.billing_mode?.type ?? "flexible";
  const items = given.items.map((item) => period(account, item.price, trialEnd).end);
  const atPeriodEnd = given.cancel_at_period_end === true;
  return {
    id: newId("sub"),
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: automaticTaxOf(given.automatic_tax),
    billing_cycle_anchor: trialEnd ?? now,
    billing_cycle_anchor_config: null,
    billing_mode: {
      flexible: mode === "flexible" ? { proration_discounts: "included" } : null,
      type: mode,
    },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: atPeriodEnd ? Math.max(...items) : (given.cancel_at ?? null),
    cancel_at_period_end: atPeriodEnd,
    canceled_at: atPeriodEnd || given.cancel_at !== undefined ? now : null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: given.collection_method ?? "charge_automatically",
    created: now,
    currency,
    customer: customer.id,
    customer_account: null,
    days_until_due: given.days_until_due ?? null,
    default_payment_method: given.default_payment_method ?? null,
    default_source: null,
    default_tax_rates: taxRatesOf(account, given.default_tax_rates ?? [], "default_tax_rates"),
    description: given.description ?? null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: mergeMetadata({}, given.metadata),
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: paymentSettingsOf(given.payment_settings),
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    status: trialEnd === undefined ? "active" : "trialing",
    test_clock: null,
    transfer_data: null,
    trial_end: trialEnd ?? null,
    trial_settings: trialSettingsOf(given.trial_settings),
    trial_start: trialEnd === undefined ? null : now,
  };
}
