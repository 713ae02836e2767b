import type { Account } from "../account.ts";
import { invalid, missingReference } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import type { StoredPrice, StoredSubscription, StoredSubscriptionItem } from "../stored.ts";
import { amountOf, prorated } from "./amounts.ts";
import { unpaid } from "./collection.ts";
import { type Charge, keepForLater, waitingItems } from "./invoice-lines.ts";
import { billedBy, discountedShare, netAmount } from "./invoice-totals.ts";
import { collect, invoiceSubscription } from "./invoicing.ts";
import { dropPending, suspendChange } from "./pending-updates.ts";
import { after } from "./periods.ts";
import { chargesFor, describe } from "./subscription-lifecycle.ts";
import { itemsOf, noPaymentMethod, paymentMethodOf, priceOf, update } from "./subscription-state.ts";

/** A change of the item with the given id, or a new item if there is no id. */
export interface ItemChange {
  readonly id?: string | undefined;
  readonly price?: string | undefined;
  readonly quantity?: number | undefined;
  readonly deleted?: boolean | undefined;
  readonly metadata?: Record<string, string> | null | undefined;
}

/** The parameters for prorating and collecting the cost of a change. */
export interface Collecting {
  readonly payment_behavior?: string | undefined;
  readonly proration_behavior?: string | undefined;
  readonly proration_date?: number | undefined;
  /** False revokes a cancellation at the period's end. For a pending update, only once it is paid. */
  readonly cancel_at_period_end?: boolean | undefined;
  /** Whether the period ends now. The renewal then bills the change. */
  readonly atRenewal?: boolean;
}

/** @throws StripeError 400 for a price that a subscription can't have */
export function checkPrice(account: Account, id: string, param: string): StoredPrice {
  const price = account.prices.get(id);
  if (price === undefined) throw missingReference("price", id, param);
  if (!price.active)
    throw invalid("The price specified is inactive. This field only accepts active prices.", param);
  if (price.type !== "recurring")
    throw invalid(
      "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
      param,
    );
  return price;
}

export function addItem(
  account: Account,
  subscription: StoredSubscription,
  given: { readonly price: string } & ItemChange,
  period: { readonly start: number; readonly end: number },
): StoredSubscriptionItem {
  const metered = priceOf(account, given).recurring?.usage_type === "metered";
  if (metered && given.quantity !== undefined)
    throw invalid("You cannot set the quantity of a metered price.", "items");
  const id = newId("si");
  return account.subscriptionItems.put(id, {
    id,
    object: "subscription_item",
    billing_thresholds: null,
    created: account.now(),
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata: mergeMetadata({}, given.metadata),
    price: given.price,
    ...(metered ? {} : { quantity: given.quantity ?? 1 }),
    subscription: subscription.id,
    tax_rates: [],
  });
}

/**
 * Changes items and prorates the change: https://docs.stripe.com/billing/subscriptions/prorations
 *
 * A different interval, or a change from free to paid, starts a new period that is invoiced immediately. An earlier pending
 * update is discarded.
 */
export function changeSubscriptionItems(
  account: Account,
  found: StoredSubscription,
  changes: readonly ItemChange[],
  how: Collecting,
): void {
  const subscription = dropPending(account, found);
  const before = itemsOf(account, subscription.id);
  for (const [index, change] of changes.entries()) applyChange(account, subscription, change, index);
  const now = itemsOf(account, subscription.id);
  if (now.length === 0)
    throw invalid("A subscription must have at least one active subscription item.", "items");
  if (how.atRenewal === true || !["active", "past_due"].includes(subscription.status)) {
    update(account, subscription, {});
    return;
  }
  if (startsNewCycle(account, before, now)) newCycle(account, subscription, before, how);
  else if (how.proration_behavior !== "none") prorate(account, subscription, before, now, how);
  else update(account, subscription, {});
}

function applyChange(
  account: Account,
  subscription: StoredSubscription,
  change: ItemChange,
  index: number,
): void {
  const param = `items[${index}]`;
  const items = itemsOf(account, subscription.id);
  const price = change.price === undefined ? undefined : checkPrice(account, change.price, `${param}[price]`);
  if (price !== undefined && price.currency !== subscription.currency)
    throw invalid(
      `The price specified only supports \`${price.currency}\`. This doesn't match the expected currency: \`${subscription.currency}\`.`,
      `${param}[price]`,
    );
  if (items.some((item) => item.price === change.price && item.id !== change.id))
    throw invalid(
      `Subscription item with price ${change.price} already exists on this subscription.`,
      `${param}[price]`,
    );
  if (change.id === undefined) {
    const [sibling] = items;
    if (price === undefined || sibling === undefined)
      throw invalid(`Missing required param: ${param}[price].`, `${param}[price]`, "parameter_missing");
    addItem(
      account,
      subscription,
      { ...change, price: price.id },
      {
        start: account.now(),
        end: sibling.current_period_end,
      },
    );
    return;
  }
  const item = items.find((one) => one.id === change.id);
  if (item === undefined) throw missingReference("subscription item", change.id, `${param}[id]`);
  if (change.deleted === true) account.subscriptionItems.delete(item.id);
  else
    account.subscriptionItems.put(item.id, {
      ...item,
      metadata: mergeMetadata(item.metadata, change.metadata),
      price: change.price ?? item.price,
      ...(change.quantity === undefined ? {} : { quantity: change.quantity }),
    });
}

function startsNewCycle(
  account: Account,
  before: readonly StoredSubscriptionItem[],
  after: readonly StoredSubscriptionItem[],
): boolean {
  const interval = (items: readonly StoredSubscriptionItem[]) =>
    items
      .map((item) => priceOf(account, item).recurring)
      .map((each) => `${each?.interval_count} ${each?.interval}`)
      .sort()
      .at(0);
  const free = (items: readonly StoredSubscriptionItem[]) =>
    items.every((item) => amountOf(priceOf(account, item), item.quantity ?? 1) === 0);
  return interval(before) !== interval(after) || (free(before) && !free(after));
}

function newCycle(
  account: Account,
  subscription: StoredSubscription,
  before: readonly StoredSubscriptionItem[],
  how: Collecting,
): void {
  const now = account.now();
  const credits =
    how.proration_behavior === "none" ? [] : before.map((item) => unused(account, subscription, item, now));
  const charges = [...credits, ...beginPeriod(account, subscription.id)];
  billChange(account, { ...subscription, billing_cycle_anchor: now }, before, charges, how);
}

/** Starts a new period for every item now. @returns the charges for the period */
function beginPeriod(account: Account, subscription: string): Charge[] {
  const now = account.now();
  for (const item of itemsOf(account, subscription)) {
    const { recurring } = priceOf(account, item);
    if (recurring === null) throw new Error(`Price ${item.price} isn't recurring`);
    account.subscriptionItems.put(item.id, {
      ...item,
      current_period_start: now,
      current_period_end: after(now, recurring),
    });
  }
  return chargesFor(account, itemsOf(account, subscription));
}

/**
 * Ends a trial once its first paid period is paid. Until then, the trial and its items stay unchanged.
 *
 * A pending update can contain `trial_end`: https://docs.stripe.com/billing/subscriptions/pending-updates-reference
 *
 * @param before the items before the request
 */
export function payForEndOfTrial(
  account: Account,
  subscription: StoredSubscription,
  before: readonly StoredSubscriptionItem[],
  how: Collecting,
): void {
  const now = account.now();
  const charges = beginPeriod(account, subscription.id);
  const ended = { ...subscription, billing_cycle_anchor: now, status: "active" as const, trial_end: now };
  billChange(account, ended, before, charges, how);
}

function prorate(
  account: Account,
  subscription: StoredSubscription,
  before: readonly StoredSubscriptionItem[],
  now: readonly StoredSubscriptionItem[],
  how: Collecting,
): void {
  const instant = how.proration_date ?? account.now();
  const changed = (item: StoredSubscriptionItem, others: readonly StoredSubscriptionItem[]): boolean =>
    !others.some(
      (other) => other.id === item.id && other.price === item.price && other.quantity === item.quantity,
    );
  const charges = [
    ...before
      .filter((item) => changed(item, now))
      .map((item) => unused(account, subscription, item, instant)),
    ...now
      .filter((item) => changed(item, before))
      .map((item) => remaining(account, subscription, item, instant)),
  ];
  if (how.proration_behavior === "always_invoice" && charges.length > 0) {
    billChange(account, subscription, before, charges, how);
    return;
  }
  for (const charge of charges) keepForLater(account, subscription, charge);
  update(account, subscription, {});
}

/**
 * Credits the rest of what was billed for the item. In the billing mode `flexible`, the credit follows the original bill, also if
 * a discount was added or removed since: https://docs.stripe.com/billing/subscriptions/billing-mode
 */
function unused(
  account: Account,
  subscription: StoredSubscription,
  item: StoredSubscriptionItem,
  instant: number,
): Charge {
  const { amount, period } = billedFor(account, item) ?? {
    amount: discountedAmount(account, subscription, item),
    period: { start: item.current_period_start, end: item.current_period_end },
  };
  return proration(account, item, instant, -prorated(amount, period, instant), "Unused time on");
}

function remaining(
  account: Account,
  subscription: StoredSubscription,
  item: StoredSubscriptionItem,
  instant: number,
): Charge {
  const period = { start: item.current_period_start, end: item.current_period_end };
  // An item that was added during a period is charged for the rest of the period.
  const whole = period.start < instant ? period : fullPeriod(account, item);
  const amount = prorated(discountedAmount(account, subscription, item), whole, instant);
  return proration(account, item, instant, amount, "Remaining time on");
}

function proration(
  account: Account,
  item: StoredSubscriptionItem,
  instant: number,
  amount: number,
  words: string,
): Charge {
  const price = priceOf(account, item);
  const quantity = item.quantity ?? 1;
  return {
    amount,
    description: `${words} ${describe(account, price, quantity)}`,
    period: { start: instant, end: item.current_period_end },
    price,
    proration: true,
    quantity,
    subscriptionItem: item.id,
  };
}

/**
 * The amount of one period of an item, after the subscription's discounts. Prorations contain the discounts, since none are
 * applied to their invoice lines: https://docs.stripe.com/billing/subscriptions/prorations#prorations-and-discounts
 */
function discountedAmount(
  account: Account,
  subscription: StoredSubscription,
  item: StoredSubscriptionItem,
): number {
  const amounts = itemsOf(account, subscription.id).map((one) => periodAmount(account, one));
  const subtotal = amounts.reduce((sum, amount) => sum + amount, 0);
  return discountedShare(account, subscription, periodAmount(account, item), subtotal);
}

function periodAmount(account: Account, item: StoredSubscriptionItem): number {
  return amountOf(priceOf(account, item), item.quantity ?? 1);
}

/** The last bill for the current period of an item, after discounts. Undefined if its price or quantity changed without a bill. */
function billedFor(account: Account, item: StoredSubscriptionItem) {
  const bills = account.invoices
    .values()
    .flatMap((invoice) =>
      invoice.lines
        .filter(
          ({ amount, parent, period, pricing, quantity }) =>
            parent?.subscription_item_details?.subscription_item === item.id &&
            period.end === item.current_period_end &&
            pricing?.price_details?.price === item.price &&
            quantity === (item.quantity ?? 1) &&
            amount > 0,
        )
        .map((line) => ({ amount: netAmount(invoice, line), period: line.period })),
    );
  return bills.at(-1);
}

function fullPeriod(account: Account, item: StoredSubscriptionItem) {
  const siblings = itemsOf(account, item.subscription).map((one) => one.current_period_start);
  return { start: Math.min(...siblings), end: item.current_period_end };
}

/** @throws StripeError 400 if there is no payment method, or 402 for a declined payment with `error_if_incomplete` */
function billChange(
  account: Account,
  subscription: StoredSubscription,
  before: readonly StoredSubscriptionItem[],
  charges: readonly Charge[],
  how: Collecting,
): void {
  const items = waitingItems(account, subscription.customer, subscription.currency, subscription.id);
  const due = [...items, ...charges].reduce((sum, { amount }) => sum + amount, 0);
  const automatic = subscription.collection_method === "charge_automatically";
  const method = paymentMethodOf(account, subscription);
  if (automatic && due > 0 && method === null && how.payment_behavior !== "default_incomplete")
    throw noPaymentMethod();
  const invoice = invoiceSubscription(account, subscription, "subscription_update", charges);
  const billed = billedBy(account, subscription, invoice);
  if (invoice.status !== "open") {
    update(account, billed, {});
    return;
  }
  const collected =
    how.payment_behavior === "default_incomplete" ? invoice : collect(account, invoice, method);
  if (collected.status !== "paid" && how.payment_behavior === "error_if_incomplete")
    throw unpaid(account, collected);
  if (collected.status !== "paid" && how.payment_behavior === "pending_if_incomplete") {
    suspendChange(account, subscription, before, collected, how.cancel_at_period_end);
    return;
  }
  update(account, billed, { status: collected.status === "paid" ? subscription.status : "past_due" });
}
