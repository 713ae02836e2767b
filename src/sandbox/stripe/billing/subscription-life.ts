import type { Account } from "../account.ts";
import { type KeptInvoice, subscriptionOf } from "../objects/invoices.ts";
import { declined } from "../objects/payment-methods.ts";
import type { KeptPrice } from "../objects/prices.ts";
import type { KeptSubscriptionItem } from "../objects/subscription-items.ts";
import { endSchedule } from "../objects/subscription-schedules.ts";
import { type KeptSubscription, showSubscription } from "../objects/subscriptions.ts";
import { invalid, StripeRefusal } from "../protocol/errors.ts";
import { amountOf } from "./amounts.ts";
import { type Charge, collect, giveUp, intentOf, invoiceSubscription, paid } from "./invoicing.ts";
import { applyPending, dropPending } from "./pending-updates.ts";
import { periodEnd } from "./periods.ts";

/** The life of a subscription between requests: https://docs.stripe.com/billing/subscriptions/overview */

export function itemsOf(account: Account, subscription: string): KeptSubscriptionItem[] {
  return account.subscriptionItems.values().filter((item) => item.subscription === subscription);
}

export function priceOf(account: Account, item: { readonly price: string }): KeptPrice {
  const price = account.prices.get(item.price);
  if (price === undefined) throw new Error(`Price ${item.price} is gone`);
  return price;
}

/** What pays the subscription: its own default, else its customer's. */
export function paymentMethodOf(account: Account, subscription: KeptSubscription): string | null {
  const customer = account.customers.get(subscription.customer);
  return subscription.default_payment_method ?? customer?.invoice_settings.default_payment_method ?? null;
}

export function noPaymentMethod(): StripeRefusal {
  return invalid(
    "This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.",
    undefined,
    "resource_missing",
  );
}

/** Keeps a subscription and tells that it changed. */
export function update(
  account: Account,
  before: KeptSubscription,
  change: Partial<KeptSubscription>,
  event = "customer.subscription.updated",
): KeptSubscription {
  const was = account.subscriptions.get(before.id) ?? before;
  const after = account.subscriptions.put(before.id, { ...before, ...change });
  account.emit(event, showSubscription(account, after), was);
  return after;
}

export function isOver(subscription: KeptSubscription): boolean {
  return subscription.status === "canceled" || subscription.status === "incomplete_expired";
}

export function cancelNow(
  account: Account,
  subscription: KeptSubscription,
  reason: "cancellation_requested" | "payment_failed",
  details: Partial<NonNullable<KeptSubscription["cancellation_details"]>> = {},
): KeptSubscription {
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

/** What a period of these items costs. */
export function chargesFor(account: Account, items: readonly KeptSubscriptionItem[]): Charge[] {
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

export function describe(account: Account, price: KeptPrice, quantity: number): string {
  const name = account.products.get(price.product)?.name ?? price.product;
  const amount = ((price.unit_amount ?? Number(price.unit_amount_decimal)) / 100).toFixed(2);
  const each = price.recurring === null ? "" : ` / ${price.recurring.interval}`;
  return `${quantity} × ${name} (at ${amount} ${price.currency.toUpperCase()}${each})`;
}

/** Prorations that were left for the next invoice. */
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

/** Opens the next period of the items that are due, and sends or collects its invoice. */
export function renew(
  account: Account,
  subscription: KeptSubscription,
  anchor = subscription.billing_cycle_anchor,
): KeptSubscription {
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
  item: KeptSubscriptionItem,
  anchor: number,
): KeptSubscriptionItem {
  const { recurring } = priceOf(account, item);
  if (recurring === null) throw new Error(`Price ${item.price} isn't recurring`);
  const now = account.now();
  return account.subscriptionItems.put(item.id, {
    ...item,
    current_period_start: now,
    current_period_end: periodEnd(anchor, recurring, now),
  });
}

/** Invoices a running subscription and tries to collect. It is active when nothing is left to pay, else past due. */
export function bill(
  account: Account,
  subscription: KeptSubscription,
  reason: "subscription_cycle" | "subscription_update",
  charges: readonly Charge[],
): KeptSubscription {
  const invoice = invoiceSubscription(account, subscription, reason, charges);
  const after = { ...subscription, latest_invoice: invoice.id };
  if (invoice.status === "paid") return update(account, after, { status: "active" });
  if (subscription.collection_method === "send_invoice") return update(account, after, { status: "active" });
  const paused = subscription.pause_collection;
  if (paused !== null) return update(account, after, whilePaused(account, invoice, paused.behavior));
  const collected = collect(account, invoice, paymentMethodOf(account, subscription));
  return update(account, after, { status: collected.status === "paid" ? "active" : "past_due" });
}

function whilePaused(account: Account, invoice: KeptInvoice, behavior: string): Partial<KeptSubscription> {
  if (behavior === "keep_as_draft")
    account.invoices.put(invoice.id, { ...invoice, auto_advance: false, status: "draft" });
  else giveUp(account, invoice, behavior === "void" ? "void" : "uncollectible");
  return {};
}

/** The trial is over: the first paid period begins, or what `missing_payment_method` says happens. */
export function endTrial(account: Account, subscription: KeptSubscription): KeptSubscription {
  const missing =
    subscription.collection_method === "charge_automatically" &&
    paymentMethodOf(account, subscription) === null;
  const behavior = subscription.trial_settings?.end_behavior.missing_payment_method;
  if (missing && behavior === "cancel") return cancelNow(account, subscription, "cancellation_requested");
  if (missing && behavior === "pause")
    return update(account, subscription, { status: "paused" }, "customer.subscription.paused");
  return renew(account, subscription, account.now());
}

/** Tries a past-due invoice again; after the last failure the subscription is canceled. */
export function retryPayment(account: Account, subscription: KeptSubscription, invoice: KeptInvoice): void {
  const tried = collect(account, invoice, paymentMethodOf(account, subscription));
  if (tried.status === "paid") settlePaid(account, tried);
  else if (tried.next_payment_attempt === null) cancelNow(account, subscription, "payment_failed");
}

/** An incomplete subscription whose first payment wasn't made within 23 hours. */
export function expire(account: Account, subscription: KeptSubscription): void {
  const invoice = account.invoices.get(subscription.latest_invoice ?? "");
  if (invoice?.status === "open") giveUp(account, invoice, "void");
  update(account, subscription, { ended_at: account.now(), status: "incomplete_expired" });
}

/** What a paid invoice means for its subscription. */
export function settlePaid(account: Account, invoice: KeptInvoice): void {
  const found = account.subscriptions.get(subscriptionOf(invoice) ?? "");
  if (found === undefined || found.latest_invoice !== invoice.id) return;
  const subscription = applyPending(account, found);
  if (["incomplete", "past_due", "unpaid"].includes(subscription.status))
    update(account, subscription, { status: "active" });
}

/** @throws StripeRefusal 402 when the payment isn't made */
export function payInvoice(
  account: Account,
  invoice: KeptInvoice,
  given: { paid_out_of_band?: boolean | undefined; payment_method?: string | undefined },
): KeptInvoice {
  const subscription = account.subscriptions.get(subscriptionOf(invoice) ?? "");
  const usual = subscription === undefined ? null : paymentMethodOf(account, subscription);
  const method = given.payment_method ?? usual;
  if (given.paid_out_of_band !== true && method === null) throw noPaymentMethod();
  const after = given.paid_out_of_band === true ? paid(account, invoice) : collect(account, invoice, method);
  if (after.status !== "paid") throw unpaid(account, after).keepingEffects();
  settlePaid(account, after);
  return after;
}

/** Why an invoice couldn't be paid, as Stripe answers it: 402. */
export function unpaid(account: Account, invoice: KeptInvoice): StripeRefusal {
  const intent = intentOf(account, invoice);
  if (intent.status === "requires_action")
    return new StripeRefusal(
      402,
      "card_error",
      "This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with this invoice.",
      { code: "subscription_payment_intent_requires_action" },
    );
  const error = intent.last_payment_error;
  return declined(error?.decline_code ?? error?.code ?? undefined, { payment_intent: intent });
}

export function voidInvoice(account: Account, invoice: KeptInvoice): KeptInvoice {
  const after = giveUp(account, invoice, "void");
  const subscription = account.subscriptions.get(subscriptionOf(invoice) ?? "");
  if (subscription?.latest_invoice !== invoice.id) return after;
  if (subscription.pending_update !== null) dropPending(account, subscription);
  else if (subscription.status === "incomplete")
    update(account, subscription, { ended_at: account.now(), status: "incomplete_expired" });
  else if (subscription.status === "past_due") update(account, subscription, { status: "active" });
  return after;
}
