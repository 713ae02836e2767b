import type { Account } from "../account.ts";
import { itemsOf, showItem } from "../billing/subscription-state.ts";
import { invalid, missing } from "../protocol/errors.ts";
import { page } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import { integer, metadata, oneOf, paging, parameters, text, timestamp } from "../protocol/parameters.ts";
import type { StoredSubscriptionItem } from "../stored.ts";
import { changeItems } from "./subscriptions.ts";

export const subscriptionItem: Kind = {
  show: (account, id) => {
    const found = account.subscriptionItems.get(id);
    return found === undefined ? undefined : showItem(account, found);
  },
  expands: {},
};

const prorating = {
  proration_behavior: oneOf(["create_prorations", "always_invoice", "none"]).optional(),
  proration_date: timestamp().optional(),
};
const payment = {
  ...prorating,
  payment_behavior: oneOf(["allow_incomplete", "default_incomplete", "error_if_incomplete"]).optional(),
};
const notYet = ["billing_thresholds", "current_trial", "discounts", "plan", "price_data", "tax_rates"];
const creation = parameters(
  { ...payment, subscription: text(), price: text(), quantity: integer(0).optional(), metadata: metadata() },
  notYet,
);
const update = parameters(
  {
    ...payment,
    price: text().optional(),
    quantity: integer(0).optional(),
    metadata: metadata(),
  },
  [...notYet, "off_session"],
);
const removal = parameters(prorating, ["clear_usage", "payment_behavior"]);
const listing = parameters({ ...paging, subscription: text() });

export const subscriptionItemOperations: readonly Operation[] = [
  operation("post", "/v1/subscription_items", creation, ({ account, parameters: given }) => {
    const { subscription, price, quantity, metadata, ...how } = given;
    const before = new Set(itemsOf(account, subscription).map(({ id }) => id));
    changeItems(account, subscription, [{ price, quantity, metadata }], how);
    const added = itemsOf(account, subscription).find(({ id }) => !before.has(id));
    if (added === undefined) throw new Error("The new item is missing");
    return showItem(account, added);
  }),

  operation("get", "/v1/subscription_items", listing, ({ account, parameters: wanted }) => {
    const found = itemsOf(account, wanted.subscription).map((item) => showItem(account, item));
    return page("/v1/subscription_items", found, wanted, "subscription_item");
  }),

  operation("get", "/v1/subscription_items/:id", parameters({}), ({ account, id }) =>
    showItem(account, get(account, id)),
  ),

  operation("post", "/v1/subscription_items/:id", update, ({ account, id, parameters: given }) => {
    const before = get(account, id);
    const { price, quantity, metadata, ...how } = given;
    if (price !== undefined || quantity !== undefined)
      changeItems(account, before.subscription, [{ id, price, quantity }], how);
    const after = get(account, id);
    const stored = account.subscriptionItems.put(id, {
      ...after,
      metadata: mergeMetadata(after.metadata, metadata),
    });
    return showItem(account, stored);
  }),

  operation("delete", "/v1/subscription_items/:id", removal, ({ account, id, parameters: how }) => {
    const before = get(account, id);
    if (itemsOf(account, before.subscription).length === 1)
      throw invalid(
        "A subscription must have at least one active subscription item. Cancel the subscription to remove the last one.",
      );
    changeItems(account, before.subscription, [{ id, deleted: true }], how);
    return { id, object: "subscription_item", deleted: true };
  }),
];

function get(account: Account, id: string): StoredSubscriptionItem {
  const found = account.subscriptionItems.get(id);
  if (found === undefined) throw missing("subscription_item", id);
  return found;
}
