import type Stripe from "stripe";
import { isOurKey } from "../../../vendors/stripe/brand.ts";
import { planItem } from "../../../vendors/stripe/plan-item.ts";
import { hasEnded } from "../../../vendors/stripe/subscriptions.ts";

/**
 * The settings that other programs and people have made on a subscription, copied to the phase or subscription that replaces it.
 *
 * A new phase of a schedule replaces the settings of the running subscription, and a new subscription starts without any.
 * Each table below lists every parameter of Stripe's API. When a new version of Stripe's client adds one, compilation fails
 * until it is added here.
 */
type Phase = Stripe.SubscriptionScheduleUpdateParams.Phase;
type PhaseItem = Stripe.SubscriptionScheduleUpdateParams.Phase.Item;
type Creation = Stripe.SubscriptionCreateParams;
type CreationItem = Stripe.SubscriptionCreateParams.Item;

/** Where a parameter's value comes from: the subscription, the plan change, or nowhere. */
type Sources<Params> = {
  readonly [Key in keyof Required<Params>]:
    | ((found: Stripe.Subscription) => Params[Key] | undefined | null)
    | "change"
    | "never";
};

const SHARED = {
  application_fee_percent: ({ application_fee_percent: percent }: Stripe.Subscription) => percent,
  billing_thresholds: ({ billing_thresholds: thresholds }: Stripe.Subscription) =>
    thresholds === null ? null : withoutNulls(thresholds),
  default_payment_method: ({ default_payment_method: method }: Stripe.Subscription) => idOf(method),
  default_tax_rates: ({ default_tax_rates: rates }: Stripe.Subscription) => idsOf(rates),
  description: ({ description }: Stripe.Subscription) => description,
  on_behalf_of: ({ on_behalf_of: account }: Stripe.Subscription) => idOf(account),
  transfer_data: ({ transfer_data: transfer }: Stripe.Subscription) =>
    transfer === null
      ? null
      : {
          destination: idOf(transfer.destination) ?? "",
          ...withoutNulls({ amount_percent: transfer.amount_percent }),
        },
} as const;

/** https://docs.stripe.com/api/subscription_schedules/update#update_subscription_schedule-phases */
const PHASE: Sources<Phase> = {
  ...SHARED,
  add_invoice_items: "never",
  // Also sent when disabled, since the schedule's own setting, which may be outdated, would apply otherwise.
  automatic_tax: ({ automatic_tax: tax }) => automaticTaxOf(tax),
  billing_cycle_anchor: "never",
  collection_method: ({ collection_method: method }) => method,
  currency: "never",
  // A phase without discounts inherits the customer's, as a subscription does.
  discounts: ({ discounts }) => (discounts.length === 0 ? null : discounts.map(reused)),
  duration: "change",
  end_date: "change",
  invoice_settings: (found) =>
    unlessEmpty({ ...invoiceSettingsOf(found), ...withoutNulls({ days_until_due: found.days_until_due }) }),
  items: "change",
  // Stripe merges a phase's metadata into the subscription's.
  metadata: "never",
  proration_behavior: "change",
  start_date: "change",
  trial: "never",
  trial_end: "change",
};

/** https://docs.stripe.com/api/subscription_schedules/update#update_subscription_schedule-phases-items */
const PHASE_ITEM: {
  readonly [Key in keyof Required<PhaseItem>]:
    | ((item: Stripe.SubscriptionItem) => PhaseItem[Key] | undefined | null)
    | "change"
    | "never";
} = {
  billing_thresholds: ({ billing_thresholds: thresholds }) =>
    thresholds?.usage_gte == null ? null : { usage_gte: thresholds.usage_gte },
  discounts: ({ discounts }) => (discounts.length === 0 ? null : discounts.map(reused)),
  metadata: ({ metadata }) => (Object.keys(metadata).length === 0 ? null : metadata),
  plan: "never",
  price: "change",
  price_data: "never",
  quantity: ({ quantity }) => quantity,
  tax_rates: ({ tax_rates: rates }) => idsOf(rates),
};

/** https://docs.stripe.com/api/subscriptions/create */
const CREATION: Sources<Creation> = {
  ...SHARED,
  add_invoice_items: "never",
  automatic_tax: ({ automatic_tax: tax }) => (tax.enabled ? automaticTaxOf(tax) : null),
  backdate_start_date: "never",
  billing_cycle_anchor: "never",
  billing_cycle_anchor_config: "never",
  billing_mode: "never",
  billing_schedules: "never",
  // A customer who starts a new subscription isn't leaving.
  cancel_at: "never",
  cancel_at_period_end: "never",
  collection_method: "change",
  currency: "never",
  customer: "change",
  customer_account: "never",
  days_until_due: "change",
  default_source: ({ default_source: source }) => idOf(source),
  discounts: (found) => discountsToRedeem(found, found.discounts),
  expand: "change",
  invoice_settings: (found) => unlessEmpty(invoiceSettingsOf(found)),
  items: "change",
  metadata: ({ metadata }) => Object.fromEntries(Object.entries(metadata).filter(([key]) => !isOurKey(key))),
  off_session: "never",
  payment_behavior: "change",
  payment_settings: ({ payment_settings: settings }) =>
    settings === null
      ? null
      : unlessEmpty(
          withoutNulls({
            payment_method_options: settings.payment_method_options,
            payment_method_types: settings.payment_method_types,
          }) as Stripe.SubscriptionCreateParams.PaymentSettings,
        ),
  pending_invoice_item_interval: ({ pending_invoice_item_interval: interval }) => interval,
  proration_behavior: "never",
  trial_end: "never",
  trial_from_plan: "never",
  trial_period_days: "change",
  trial_settings: "change",
};

/** The settings and items of a schedule's phase that continues the subscription. */
export function phaseLike(
  found: Stripe.Subscription,
  price: (item: Stripe.SubscriptionItem) => string,
): Phase {
  return {
    ...valuesOf<Phase>(PHASE, found),
    items: found.items.data.map((item) => ({
      ...(valuesOf(PHASE_ITEM, item) as PhaseItem),
      price: price(item),
    })),
  };
}

/** The settings and items of a subscription that replaces another. The plan's item has the given price. */
export function creationLike(
  found: Stripe.Subscription,
  price: string,
): Partial<Creation> & { readonly items: CreationItem[] } {
  const plan = planItem(found);
  const items = found.items.data.map((item) => {
    const { discounts: _, ...kept } = valuesOf(PHASE_ITEM, item) as PhaseItem;
    const discounts = discountsToRedeem(found, item.discounts);
    return {
      ...kept,
      ...(discounts === null ? {} : { discounts }),
      ...(item.id === plan?.id ? { price, quantity: 1 } : { price: item.price.id }),
    };
  });
  return {
    ...valuesOf<Creation>(CREATION, found),
    items: plan === undefined ? [{ price }, ...items] : items,
  };
}

type Kept = ReturnType<typeof creationLike>;

/**
 * The settings without the one that Stripe refused: an expired coupon, another program's item whose price was archived, or a
 * removed card. Undefined for a parameter that must not be lost, such as a tax or the plan.
 *
 * @param parameter Stripe's name for it, such as `discounts[0][coupon]`
 */
export function withoutRefused(
  kept: Kept,
  price: string,
  parameter: string,
): { readonly what: string; readonly rest: Kept } | undefined {
  const [field, ...path] = parameter.split(/[[\]]+/).filter((part) => part !== "");
  const [index, ofItem, discountIndex] = [Number(path[0]), path[1], Number(path[2])];
  if (field === "default_payment_method" || field === "default_source") {
    const { [field]: method, ...rest } = kept;
    return method === undefined ? undefined : { what: `payment method ${method}`, rest };
  }
  if (field === "discounts") {
    const cut = without(kept.discounts, index);
    return cut && { what: couponOf(cut.taken), rest: { ...kept, discounts: cut.left } };
  }
  const item = field === "items" ? kept.items[index] : undefined;
  if (item === undefined) return undefined;
  const cut = ofItem === "discounts" ? without(item.discounts, discountIndex) : undefined;
  if (cut !== undefined)
    return {
      what: couponOf(cut.taken),
      rest: { ...kept, items: kept.items.with(index, { ...item, discounts: cut.left }) },
    };
  const isItself = ofItem === undefined || ofItem === "price";
  if (item.price === price || !isItself) return undefined;
  const items = kept.items.filter((each) => each !== item);
  return { what: `item ${item.price} × ${item.quantity ?? 1}`, rest: { ...kept, items } };
}

function without<T>(
  list: readonly T[] | "" | null | undefined,
  index: number,
): { readonly taken: T; readonly left: T[] } | undefined {
  if (!list) return undefined;
  const taken = list[index];
  return taken === undefined ? undefined : { taken, left: list.filter((each) => each !== taken) };
}

function couponOf({ coupon, promotion_code: code }: { coupon?: string; promotion_code?: string }): string {
  return code === undefined ? `coupon ${coupon}` : `promotion code ${code}`;
}

function valuesOf<Params>(sources: object, from: object): Partial<Params> {
  const entries = Object.entries(sources).map(([key, source]) => [
    key,
    typeof source === "function" ? source(from) : undefined,
  ]);
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined && value !== null),
  ) as Partial<Params>;
}

/** Reuses a discount with its remaining time. */
function reused(discount: string | Stripe.Discount): { discount: string } {
  return { discount: idOf(discount) ?? "" };
}

/**
 * A discount belongs to one subscription, so its coupon must be redeemed again. A discount with an end would start over, so it
 * is redeemed again only if none of its time was used.
 */
function discountsToRedeem(
  found: Stripe.Subscription,
  discounts: readonly (string | Stripe.Discount)[],
): { coupon?: string; promotion_code?: string }[] | null {
  const redeemable = discounts
    .filter((discount) => typeof discount === "object")
    .filter(({ end }) => end === null || !hasEnded(found) || found.status === "incomplete_expired")
    .map(redeemed)
    .filter((each) => each !== undefined);
  return redeemable.length === 0 ? null : redeemable;
}

function redeemed({
  promotion_code: code,
  source: { coupon },
}: Stripe.Discount): { coupon?: string; promotion_code?: string } | undefined {
  const [promotion, id] = [idOf(code), idOf(coupon)];
  if (promotion !== null) return { promotion_code: promotion };
  return id === null ? undefined : { coupon: id };
}

function automaticTaxOf({ enabled, liability }: Stripe.Subscription.AutomaticTax) {
  return { enabled, ...(liability === null ? {} : { liability: accountOf(liability) }) };
}

function invoiceSettingsOf({ invoice_settings: settings }: Stripe.Subscription) {
  const { account_tax_ids: taxIds, issuer, ...texts } = settings;
  return {
    ...withoutNulls(texts),
    ...(taxIds === null ? {} : { account_tax_ids: taxIds.map((id) => idOf(id) ?? "") }),
    // `self` is the default.
    ...(issuer.type === "self" ? {} : { issuer: accountOf(issuer) }),
  };
}

function accountOf<Type extends string>({
  account,
  type,
}: {
  readonly account?: string | { readonly id: string };
  readonly type: Type;
}): { type: Type; account?: string } {
  const id = idOf(account);
  return { type, ...(id === null ? {} : { account: id }) };
}

function idOf(value: string | { readonly id: string } | null | undefined): string | null {
  return typeof value === "object" ? (value?.id ?? null) : (value ?? null);
}

function idsOf(values: readonly { readonly id: string }[] | null | undefined): string[] | null {
  return values == null || values.length === 0 ? null : values.map(({ id }) => id);
}

function unlessEmpty<T extends object>(value: T): T | null {
  return Object.keys(value).length === 0 ? null : value;
}

function withoutNulls<T extends object>(value: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const entries = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: NonNullable<T[Key]> };
}
