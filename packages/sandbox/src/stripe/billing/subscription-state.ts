import type { Account } from "../account.ts";
import { invalid, type StripeError } from "../protocol/errors.ts";
import { embedded } from "../protocol/lists.ts";
import type {
  StoredInvoice,
  StoredPrice,
  StoredSubscription,
  StoredSubscriptionItem,
  StoredSubscriptionSchedule,
} from "../stored.ts";

export function itemsOf(account: Account, subscription: string): StoredSubscriptionItem[] {
  return account.subscriptionItems.values().filter((item) => item.subscription === subscription);
}

export function priceOf(account: Account, item: { readonly price: string }): StoredPrice {
  const price = account.prices.get(item.price);
  if (price === undefined) throw new Error(`Price ${item.price} doesn't exist`);
  return price;
}

/** Returns the subscription's default payment method, or else its customer's. */
export function paymentMethodOf(account: Account, subscription: StoredSubscription): string | null {
  const customer = account.customers.get(subscription.customer);
  return subscription.default_payment_method ?? customer?.invoice_settings.default_payment_method ?? null;
}

export function noPaymentMethod(): StripeError {
  return invalid(
    "This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.",
    undefined,
    "resource_missing",
  );
}

/** Stores a subscription and emits an event. */
export function update(
  account: Account,
  before: StoredSubscription,
  change: Partial<StoredSubscription>,
  event = "customer.subscription.updated",
): StoredSubscription {
  const was = account.subscriptions.get(before.id) ?? before;
  const changed = { ...before, ...change };
  const after = account.subscriptions.put(before.id, {
    ...changed,
    cancel_at: cancellationOf(account, changed),
  });
  account.emit(event, showSubscription(account, after), was);
  return after;
}

/** A cancellation at the period's end moves with the period, for example when a free plan changes to a paid one. */
function cancellationOf(account: Account, subscription: StoredSubscription): number | null {
  const ends = itemsOf(account, subscription.id).map(({ current_period_end }) => current_period_end);
  if (!subscription.cancel_at_period_end || isOver(subscription) || ends.length === 0)
    return subscription.cancel_at;
  return Math.max(...ends);
}

export function isOver(subscription: StoredSubscription): boolean {
  return subscription.status === "canceled" || subscription.status === "incomplete_expired";
}

export function showSubscription(account: Account, stored: StoredSubscription) {
  const items = itemsOf(account, stored.id).map((item) => showItem(account, item));
  const { pending_update: pending } = stored;
  return {
    ...stored,
    items: embedded(`/v1/subscription_items?subscription=${stored.id}`, items),
    pending_update: pending && {
      ...pending,
      subscription_items: pending.subscription_items.map((item) => showItem(account, item)),
    },
  };
}

export function showItem(account: Account, item: StoredSubscriptionItem) {
  const price = priceOf(account, item);
  return { ...item, plan: planOf(price), price };
}

/** Returns the deprecated `plan`, which older clients read instead of `price`. */
function planOf(price: StoredPrice): object {
  return {
    id: price.id,
    object: "plan",
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval,
    interval_count: price.recurring?.interval_count,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: price.transform_quantity,
    trial_period_days: null,
    usage_type: price.recurring?.usage_type,
  };
}

export function subscriptionOf(stored: StoredInvoice): string | undefined {
  const subscription = stored.parent?.subscription_details?.subscription;
  return typeof subscription === "string" ? subscription : undefined;
}

/** Returns a subscription's invoices in order of creation. */
export function invoicesOf(account: Account, subscription: string): StoredInvoice[] {
  return account.invoices.values().filter((invoice) => subscriptionOf(invoice) === subscription);
}

/** Marks a schedule as canceled or completed. */
export function endSchedule(
  account: Account,
  schedule: StoredSubscriptionSchedule,
  status: "canceled" | "completed",
): StoredSubscriptionSchedule {
  const now = account.now();
  const ended: StoredSubscriptionSchedule = {
    ...schedule,
    canceled_at: status === "canceled" ? now : schedule.canceled_at,
    completed_at: status === "completed" ? now : schedule.completed_at,
    current_phase: null,
    status,
  };
  account.emit(`subscription_schedule.${status}`, ended, schedule);
  return account.subscriptionSchedules.put(ended.id, ended);
}
