import type { Account } from "../account.ts";
import { StripeError } from "../protocol/errors.ts";
import type { StoredInvoice, StoredPrice, StoredSubscription, StoredSubscriptionItem } from "../stored.ts";
import { amountOf } from "./amounts.ts";
import { declined } from "./declines.ts";
import { billedBy } from "./invoice-totals.ts";
import { type Charge, collect, giveUp, intentOf, invoiceSubscription, paid } from "./invoicing.ts";
import { applyPending, dropPending } from "./pending-updates.ts";
import { periodEnd } from "./periods.ts";
import {
  endSchedule,
  isOver,
  itemsOf,
  noPaymentMethod,
  paymentMethodOf,
  priceOf,
  subscriptionOf,
  update,
} from "./subscription-state.ts";

// The lifecycle of a subscription: https://docs.stripe.com/billing/subscriptions/overview

export function cancelNow(
  account: Account,
  subscription: StoredSubscription,
  reason: "cancellation_requested" | "payment_failed",
  details: Partial<NonNullable<StoredSubscription["cancellation_details"]>> = {},
): StoredSubscription {
  if (isOver(subscription)) return subscription;
  const ending = dropPending(account, subscription);
  const now = account.now();
  const schedule = account.subscriptionSchedules.get(subscription.schedule ?? "");
  if (schedule?.status === "active") endSchedule(account, schedule, "canceled");
  const latest = account.invoices.get(subscription.latest_invoice ?? "");
  if (latest?.status === "open")
    account.invoices.put(latest.id, { ...latest, auto_advance: false, next_payment_attempt: null });
  return update(
    account,
    ending,
    {
      cancel_at: null,
      cancel_at_period_end: false,
      canceled_at: subscription.canceled_at ?? now,
      cancellation_details: { comment: null, feedback: null, feedback_option: null, ...details, reason },
      ended_at: now,
      status: "canceled",
    },
    "customer.subscription.deleted",
  );
}

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

/** Removes and returns the prorations to bill with the next invoice. */
export function takePending(account: Account, subscription: string): Charge[] {
  const waiting = account.invoiceItems.values().filter((item) => item.subscription === subscription);
  return waiting.map((item) => {
    account.invoiceItems.delete(item.id);
    const { amount, description, period, quantity } = item;
    const price = priceOf(account, item);
    return {
      amount,
      description,
      period,
      price,
      proration: true,
      quantity,
      subscriptionItem: item.subscription_item,
    };
  });
}

/** Starts the next period of the items that are due, and bills it. */
export function renew(
  account: Account,
  subscription: StoredSubscription,
  anchor = subscription.billing_cycle_anchor,
): StoredSubscription {
  const now = account.now();
  const due = itemsOf(account, subscription.id)
    .filter((item) => item.current_period_end <= now)
    .map((item) => nextPeriod(account, item, anchor));
  const charges = [...takePending(account, subscription.id), ...chargesFor(account, due)];
  const renewed = account.subscriptions.put(subscription.id, {
    ...subscription,
    billing_cycle_anchor: anchor,
  });
  return bill(account, renewed, "subscription_cycle", charges);
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

/** Invoices a subscription and, if payment is automatic, tries to collect. The subscription is past due if that fails. */
export function bill(
  account: Account,
  subscription: StoredSubscription,
  reason: "subscription_cycle" | "subscription_update",
  charges: readonly Charge[],
): StoredSubscription {
  const invoice = invoiceSubscription(account, subscription, reason, charges);
  const after = billedBy(account, subscription, invoice);
  if (invoice.status === "paid") return update(account, after, { status: "active" });
  const paused = subscription.pause_collection;
  if (paused !== null) return update(account, after, whilePaused(account, invoice, paused.behavior));
  if (subscription.collection_method === "send_invoice") return update(account, after, { status: "active" });
  const collected = collect(account, invoice, paymentMethodOf(account, subscription));
  return update(account, after, { status: collected.status === "paid" ? "active" : "past_due" });
}

function whilePaused(
  account: Account,
  invoice: StoredInvoice,
  behavior: string,
): Partial<StoredSubscription> {
  if (behavior === "keep_as_draft")
    account.invoices.put(invoice.id, { ...invoice, auto_advance: false, status: "draft" });
  else giveUp(account, invoice, behavior === "void" ? "void" : "uncollectible");
  return {};
}

/** Ends the trial: starts the first paid period, or applies `missing_payment_method`. */
export function endTrial(account: Account, subscription: StoredSubscription): StoredSubscription {
  const missing =
    subscription.collection_method === "charge_automatically" &&
    paymentMethodOf(account, subscription) === null;
  const behavior = subscription.trial_settings?.end_behavior.missing_payment_method;
  if (missing && behavior === "cancel") return cancelNow(account, subscription, "cancellation_requested");
  if (missing && behavior === "pause")
    return update(account, subscription, { status: "paused" }, "customer.subscription.paused");
  return renew(account, subscription, account.now());
}

/** Retries the payment of an open invoice. Cancels the subscription if the last retry fails. */
export function retryPayment(
  account: Account,
  subscription: StoredSubscription,
  invoice: StoredInvoice,
): void {
  const tried = collect(account, invoice, paymentMethodOf(account, subscription));
  if (tried.status === "paid") settlePaid(account, tried);
  else if (tried.next_payment_attempt === null) cancelNow(account, subscription, "payment_failed");
}

/** Expires an incomplete subscription whose first invoice wasn't paid within 23 hours. */
export function expire(account: Account, subscription: StoredSubscription): void {
  const invoice = account.invoices.get(subscription.latest_invoice ?? "");
  if (invoice?.status === "open") giveUp(account, invoice, "void");
  update(account, subscription, { ended_at: account.now(), status: "incomplete_expired" });
}

/** Updates the subscription of a paid invoice. */
export function settlePaid(account: Account, invoice: StoredInvoice): void {
  const found = account.subscriptions.get(subscriptionOf(invoice) ?? "");
  if (found === undefined || found.latest_invoice !== invoice.id) return;
  const subscription = applyPending(account, found);
  if (["incomplete", "past_due", "unpaid"].includes(subscription.status))
    update(account, subscription, { status: "active" });
}

/** @throws StripeError 402 if the payment fails */
export function payInvoice(
  account: Account,
  invoice: StoredInvoice,
  given: { paid_out_of_band?: boolean | undefined; payment_method?: string | undefined },
): StoredInvoice {
  const subscription = account.subscriptions.get(subscriptionOf(invoice) ?? "");
  const usual = subscription === undefined ? null : paymentMethodOf(account, subscription);
  const method = given.payment_method ?? usual;
  if (given.paid_out_of_band !== true && method === null) throw noPaymentMethod();
  const after = given.paid_out_of_band === true ? paid(account, invoice) : collect(account, invoice, method);
  if (after.status !== "paid") throw unpaid(account, after).keepingEffects();
  settlePaid(account, after);
  return after;
}

/** Creates the 402 error for an invoice whose payment failed. */
export function unpaid(account: Account, invoice: StoredInvoice): StripeError {
  const intent = intentOf(account, invoice);
  if (intent.status === "requires_action")
    return new StripeError(
      402,
      "card_error",
      "This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with this invoice.",
      { code: "subscription_payment_intent_requires_action" },
    );
  const error = intent.last_payment_error;
  return declined(error?.decline_code ?? error?.code ?? undefined, { payment_intent: intent });
}

export function voidInvoice(account: Account, invoice: StoredInvoice): StoredInvoice {
  const after = giveUp(account, invoice, "void");
  const subscription = account.subscriptions.get(subscriptionOf(invoice) ?? "");
  if (subscription?.latest_invoice !== invoice.id) return after;
  if (subscription.pending_update !== null) dropPending(account, subscription);
  else if (subscription.status === "incomplete")
    update(account, subscription, { ended_at: account.now(), status: "incomplete_expired" });
  else if (subscription.status === "past_due") update(account, subscription, { status: "active" });
  return after;
}
