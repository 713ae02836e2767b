import type { Account } from "../account.ts";
import { redeem } from "../objects/coupons.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import type { StoredPhase, StoredSubscription, StoredSubscriptionSchedule } from "../stored.ts";
import { changeSubscriptionItems, type ItemChange } from "./item-changes.ts";
import { itemsOf, update } from "./subscription-state.ts";

/**
 * Applies a phase of a schedule to its subscription. Removes settings that neither the phase nor the schedule's default
 * settings contain, because a phase replaces the subscription's settings. Merges metadata.
 *
 * https://docs.stripe.com/api/subscription_schedules/update, https://docs.stripe.com/billing/subscriptions/subscription-schedules
 */
export function enterPhase(
  account: Account,
  subscription: StoredSubscription,
  schedule: StoredSubscriptionSchedule,
  phase: StoredPhase,
): void {
  const { default_settings: otherwise } = schedule;
  const method = phase.default_payment_method ?? otherwise.default_payment_method;
  const methodId = typeof method === "object" ? (method?.id ?? null) : method;
  const collection = phase.collection_method ?? otherwise.collection_method;
  const days = phase.invoice_settings?.days_until_due ?? otherwise.invoice_settings.days_until_due;
  const discounts = phase.discounts.map(({ coupon, discount }) => ({
    ...(typeof coupon === "string" ? { coupon } : {}),
    ...(typeof discount === "string" ? { discount } : {}),
  }));
  const entered = update(account, subscription, {
    automatic_tax: phase.automatic_tax ?? otherwise.automatic_tax ?? subscription.automatic_tax,
    collection_method: collection ?? "charge_automatically",
    days_until_due: collection === "send_invoice" ? days : null,
    // A detached payment method can't be used: https://docs.stripe.com/api/payment_methods/detach
    default_payment_method: account.detachedMethods.get(methodId ?? "") ? null : methodId,
    default_tax_rates: phase.default_tax_rates ?? [],
    description: phase.description ?? otherwise.description,
    discounts: redeem(account, subscription, discounts),
    metadata: mergeMetadata(subscription.metadata, phase.metadata),
  });
  // The renewal bills a period that ends now, so there is nothing to prorate.
  const ends = itemsOf(account, subscription.id).map((item) => item.current_period_end);
  const atPeriodEnd = Math.min(...ends) <= account.now();
  const changes = changesTo(account, entered, phase.items);
  if (changes.length > 0)
    changeSubscriptionItems(account, entered, changes, {
      proration_behavior: atPeriodEnd ? "none" : phase.proration_behavior,
      atRenewal: atPeriodEnd,
    });
}

/** Keeps items whose price is in the phase. The first other item keeps its id and gets the first new price, and so on. */
function changesTo(
  account: Account,
  subscription: StoredSubscription,
  wanted: StoredPhase["items"],
): ItemChange[] {
  const items = itemsOf(account, subscription.id);
  const free = items.filter((item) => !wanted.some(({ price }) => price === item.price));
  const changes: ItemChange[] = [];
  for (const { price, quantity, metadata } of wanted) {
    const same = items.find((item) => item.price === price) ?? free.shift();
    if (same?.price === price && same.quantity === quantity && Object.keys(metadata ?? {}).length === 0)
      continue;
    changes.push({ ...(same === undefined ? {} : { id: same.id }), price, quantity, metadata });
  }
  return [...changes, ...free.map(({ id }) => ({ id, deleted: true }))];
}
