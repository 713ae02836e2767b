import type { Account } from "../account.ts";
import type { StoredPrice, StoredSubscription, StoredSubscriptionItem } from "../stored.ts";
import { amountOf } from "./amounts.ts";
import { cancelNow } from "./cancellation.ts";
import { type Charge, waitingItems } from "./invoice-lines.ts";
import { billedBy } from "./invoice-totals.ts";
import { collect, invoiceSubscription, voided } from "./invoicing.ts";
import { periodEnd } from "./periods.ts";
import { itemsOf, paymentMethodOf, priceOf, update } from "./subscription-state.ts";

// The lifecycle of a subscription: https://docs.stripe.com/billing/subscriptions/overview

/** Returns the charges for one period of the items. */
export function chargesFor(account: Account, items: readonly StoredSubscriptionItem[]): Charge[] {
  return items.map((item) => {
    const price = priceOf(account, item);
    const quantity = item.quantity ?? 1;
    return {
      amount: amountOf(price, quantity),
      description: describe(account, price, quantity),
      period: { start: item.current_period_start, end: item.current_period_end },
      price,
      proration: false,
      quantity,
      subscriptionItem: item.id,
    };
  });
}

export function describe(account: Account, price: StoredPrice, quantity: number): string {
  const name = account.products.get(price.product)?.name ?? price.product;
  const amount = ((price.unit_amount ?? Number(price.unit_amount_decimal)) / 100).toFixed(2);
  const each = price.recurring === null ? "" : ` / ${price.recurring.interval}`;
  return `${quantity} × ${name} (at ${amount} ${price.currency.toUpperCase()}${each})`;
}

/** Starts the next period of the items that are due, and bills it. */
export function renew(
  account: Account,
  subscription: StoredSubscription,
  anchor = subscription.billing_cycle_anchor,
  reason: "subscription_cycle" | "subscription_update" = "subscription_cycle",
): StoredSubscription {
  const now = account.now();
  const due = itemsOf(account, subscription.id)
    .filter((item) => item.current_period_end <= now)
    .map((item) => nextPeriod(account, item, anchor));
  const renewed = account.subscriptions.put(subscription.id, {
    ...subscription,
    billing_cycle_anchor: anchor,
  });
  return bill(account, renewed, reason, chargesFor(account, due));
}

export function nextPeriod(
  account: Account,
  item: StoredSubscriptionItem,
  anchor: number,
): StoredSubscriptionItem {
  const { recurring } = priceOf(account, item);
  if (recurring === null) throw new Error(`Price ${item.price} isn't recurring`);
  const now = account.now();
  return account.subscriptionItems.put(item.id, {
    ...item,
    current_period_start: now,
    current_period_end: periodEnd(anchor, recurring, now),
  });
}

/**
 * Invoices a subscription. If the invoice is finalized immediately and payment is automatic, tries to collect; the
 * subscription is past due if that fails.
 */
export function bill(
  account: Account,
  subscription: StoredSubscription,
  reason: "subscription_cycle" | "subscription_update",
  charges: readonly Charge[],
): StoredSubscription {
  const invoice = invoiceSubscription(account, subscription, reason, charges);
  const after = billedBy(account, subscription, invoice);
  if (invoice.status === "paid") return update(account, after, { status: "active" });
  if (invoice.status === "open") {
    const collected = collect(account, invoice, paymentMethodOf(account, subscription));
    return update(account, after, { status: collected.status === "paid" ? "active" : "past_due" });
  }
  return update(account, after, { status: subscription.status === "past_due" ? "past_due" : "active" });
}

/** Ends the trial: starts the first paid period, or applies `missing_payment_method`. */
export function endTrial(
  account: Account,
  subscription: StoredSubscription,
  reason: "subscription_cycle" | "subscription_update" = "subscription_cycle",
): StoredSubscription {
  const missing =
    subscription.collection_method === "charge_automatically" &&
    paymentMethodOf(account, subscription) === null;
  const behavior = subscription.trial_settings?.end_behavior.missing_payment_method;
  if (missing && behavior === "cancel") return cancelNow(account, subscription, "cancellation_requested");
  if (missing && behavior === "pause")
    return update(account, subscription, { status: "paused" }, "customer.subscription.paused");
  return renew(account, subscription, account.now(), reason);
}

/** Expires an incomplete subscription whose first invoice wasn't paid within 23 hours. */
export function expire(account: Account, subscription: StoredSubscription): void {
  const invoice = account.invoices.get(subscription.latest_invoice ?? "");
  if (invoice?.status === "open") voided(account, invoice);
  update(account, subscription, { ended_at: account.now(), status: "incomplete_expired" });
}

/** Ends a subscription as scheduled. A last invoice bills its waiting items: https://docs.stripe.com/api/subscriptions/cancel */
export function cancelAtPeriodEnd(account: Account, subscription: StoredSubscription): void {
  const items = waitingItems(account, subscription.customer, subscription.currency, subscription.id);
  const ended = cancelNow(account, subscription, "cancellation_requested");
  if (items.every(({ parent }) => parent === null)) return;
  const invoice = invoiceSubscription(account, ended, "subscription_cycle", []);
  account.subscriptions.put(ended.id, billedBy(account, ended, invoice));
}
