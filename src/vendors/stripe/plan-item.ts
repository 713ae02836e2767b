import type Stripe from "stripe";
import { BRAND_KEYS } from "./brand.ts";

/** An item that was added later has a later time. Stripe creates a subscription and its items in one request. */
const ONE_REQUEST_SECONDS = 60;

/**
 * The item of the plan. Other programs add items of their own, and Stripe lists items in no documented order.
 *
 * A plan's price names its platform. If the plan's price was changed to a foreign one, the item that was created with the
 * subscription is the plan's. Undefined if the plan's item was removed.
 */
export function planItem({
  items: { data },
  metadata,
  created,
}: Stripe.Subscription): Stripe.SubscriptionItem | undefined {
  const byAge = data.toSorted((a, b) => a.created - b.created);
  return (
    byAge.find(({ price }) => isOfPlatform(price, metadata)) ??
    byAge.find((item) => item.created - created < ONE_REQUEST_SECONDS)
  );
}

/** The items that others added. */
export function otherItems(found: Stripe.Subscription): readonly Stripe.SubscriptionItem[] {
  const plan = planItem(found);
  return found.items.data.filter(({ id }) => id !== plan?.id);
}

function isOfPlatform(price: Stripe.Price, owner: Stripe.Metadata): boolean {
  const platform = owner[BRAND_KEYS.platform];
  return platform !== undefined && price.metadata[BRAND_KEYS.platform] === platform;
}

/** The id of a product, whether it was expanded or not. Empty without a price. */
export function productOf(price: Stripe.Price | undefined): string {
  const product = price?.product;
  return typeof product === "object" ? product.id : (product ?? "");
}
