import type Stripe from "stripe";
import { otherItems } from "./plan-item.ts";
import { isoTime } from "./time.ts";

/**
 * Descriptions of the settings that others made on a subscription and that tenantry leaves as they are, by the name of Stripe's
 * field. Empty for a subscription as tenantry creates it.
 */
export function unmanagedIn(found: Stripe.Subscription): Readonly<Record<string, string>> {
  const { payment_settings: payment, automatic_tax: tax } = found;
  const savesMethod = payment?.save_default_payment_method === "on_subscription";
  const known: readonly (readonly [string, string | undefined])[] = [
    ["application_fee_percent", textOf(found.application_fee_percent)],
    ["automatic_tax", tax.enabled ? "enabled" : undefined],
    ["billing_thresholds", found.billing_thresholds === null ? undefined : "set"],
    ["default_payment_method", savesMethod ? undefined : idOf(found.default_payment_method)],
    ["default_source", idOf(found.default_source)],
    ["default_tax_rates", list((found.default_tax_rates ?? []).map(({ id }) => id))],
    ["description", textOf(found.description)],
    ["discounts", list(found.discounts.map(discount))],
    ["items", list(otherItems(found).map(item))],
    ["on_behalf_of", idOf(found.on_behalf_of)],
    ["payment_method_types", list(payment?.payment_method_types ?? [])],
    ["pending_invoice_item_interval", found.pending_invoice_item_interval?.interval],
    ["transfer_data", idOf(found.transfer_data?.destination)],
  ];
  return Object.fromEntries(
    known.flatMap(([field, value]) => (value === undefined ? [] : [[field, value] as const])),
  );
}

function item({ price, quantity = 1, discounts }: Stripe.SubscriptionItem): string {
  const reduced = discounts.length === 0 ? "" : ` with ${discounts.map(discount).join(" and ")}`;
  return `${price.lookup_key ?? price.nickname ?? price.id} × ${quantity}${reduced}`;
}

function discount(found: string | Stripe.Discount): string {
  if (typeof found === "string") return found;
  const until = found.end === null ? "" : ` until ${isoTime(found.end).slice(0, 10)}`;
  return `coupon ${idOf(found.source.coupon) ?? found.id}${until}`;
}

function idOf(value: string | { readonly id: string } | null | undefined): string | undefined {
  return typeof value === "object" ? value?.id : value;
}

function textOf(value: string | number | null | undefined): string | undefined {
  return value === null || value === undefined || value === "" ? undefined : String(value);
}

function list(texts: readonly string[]): string | undefined {
  return texts.length === 0 ? undefined : [...texts].sort().join(", ");
}
