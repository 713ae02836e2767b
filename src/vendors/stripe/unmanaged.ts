import type Stripe from "stripe";
import { otherItems, planItem } from "./plan-item.ts";
import { isoTime } from "./time.ts";

/**
 * Descriptions of the settings that others made on a subscription and that tenantry doesn't manage, by the name of Stripe's field.
 * Empty for a subscription as tenantry creates it.
 */
export function unmanagedIn(found: Stripe.Subscription): Readonly<Record<string, string>> {
  const plan = planItem(found);
  const others = otherItems(found);
  const { save_default_payment_method: saves } = found.payment_settings ?? {};
  const known: readonly (readonly [string, string | undefined])[] = [
    ["automatic_tax", found.automatic_tax.enabled ? "enabled" : undefined],
    ["billing_thresholds", found.billing_thresholds === null ? undefined : "set"],
    ["cancel_at", found.cancel_at === null ? undefined : isoTime(found.cancel_at)],
    ["cancel_at_period_end", found.cancel_at_period_end ? "true" : undefined],
    ["default_payment_method", saves === "on_subscription" ? undefined : idOf(found.default_payment_method)],
    ["default_tax_rates", list((found.default_tax_rates ?? []).map(({ id }) => id))],
    ["discounts", list(found.discounts.map((discount) => idOf(discount) ?? ""))],
    ["items", list(others.map(({ price, quantity = 1 }) => `${price.lookup_key ?? price.id} × ${quantity}`))],
    ["pause_collection", found.pause_collection?.behavior],
    ["quantity", plan?.quantity === undefined || plan.quantity === 1 ? undefined : String(plan.quantity)],
  ];
  return Object.fromEntries(
    known.flatMap(([field, value]) => (value === undefined ? [] : [[field, value] as const])),
  );
}

function idOf(value: string | { readonly id: string } | null): string | undefined {
  return typeof value === "object" ? value?.id : value;
}

function list(texts: readonly string[]): string | undefined {
  return texts.length === 0 ? undefined : [...texts].sort().join(", ");
}
