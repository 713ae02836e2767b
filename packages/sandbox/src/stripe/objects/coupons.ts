import type { Account } from "../account.ts";
import { after } from "../billing/periods.ts";
import { invalid, missing } from "../protocol/errors.ts";
import { random } from "../protocol/ids.ts";
import { page, within } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import {
  currency,
  integer,
  list,
  metadata,
  oneOf,
  paging,
  parameters,
  range,
  text,
} from "../protocol/parameters.ts";
import type { StoredCoupon, StoredDiscount, StoredSubscription } from "../stored.ts";

/** https://docs.stripe.com/api/coupons */
export const coupon: Kind = { show: (account, id) => account.coupons.get(id), expands: {} };

/** https://docs.stripe.com/api/discounts */
export const discount: Kind = {
  show: (account, id) => {
    const { terms: _, ...shown } = account.discounts.get(id) ?? { terms: undefined };
    return "id" in shown ? shown : undefined;
  },
  expands: { customer: "customer", "source.coupon": "coupon" },
};

const creation = parameters(
  {
    id: text(200).optional(),
    amount_off: integer(1).optional(),
    currency: currency().optional(),
    duration: oneOf(["forever", "once", "repeating"]).optional(),
    duration_in_months: integer(1).optional(),
    max_redemptions: integer(1).optional(),
    metadata: metadata(),
    name: text(40).optional(),
    percent_off: integer(1, 100).optional(),
  },
  ["applies_to", "currency_options", "redeem_by"],
);
const update = parameters({ metadata: metadata(), name: text(40).optional() }, ["currency_options"]);

export const couponOperations: readonly Operation[] = [
  operation("post", "/v1/coupons", creation, ({ account, parameters: given }) => {
    if ((given.percent_off === undefined) === (given.amount_off === undefined))
      throw invalid("You must pass either percent_off or amount_off.");
    if (given.amount_off !== undefined && given.currency === undefined)
      throw invalid("Missing required param: currency.", "currency", "parameter_missing");
    if ((given.duration === "repeating") !== (given.duration_in_months !== undefined))
      throw invalid(
        "You must set `duration_in_months` if `duration` is `repeating`, and only then.",
        "duration_in_months",
      );
    const id = given.id ?? random(8);
    if (account.coupons.get(id) !== undefined)
      throw invalid("Coupon already exists.", "id", "resource_already_exists");
    const created: StoredCoupon = {
      id,
      object: "coupon",
      amount_off: given.amount_off ?? null,
      created: account.now(),
      currency: given.amount_off === undefined ? null : (given.currency ?? null),
      duration: given.duration ?? "once",
      duration_in_months: given.duration_in_months ?? null,
      livemode: false,
      max_redemptions: given.max_redemptions ?? null,
      metadata: mergeMetadata({}, given.metadata),
      name: given.name ?? null,
      percent_off: given.percent_off ?? null,
      redeem_by: null,
      times_redeemed: 0,
      valid: true,
    };
    account.emit("coupon.created", created);
    return account.coupons.put(id, created);
  }),

  operation(
    "get",
    "/v1/coupons",
    parameters({ ...paging, created: range() }),
    ({ account, parameters: wanted }) => {
      const found = account.coupons.values().filter(({ created }) => within(created, wanted.created));
      return page("/v1/coupons", found, wanted, "coupon");
    },
  ),

  operation("get", "/v1/coupons/:id", parameters({}), ({ account, id }) => get(account, id)),

  operation("post", "/v1/coupons/:id", update, ({ account, id, parameters: given }) => {
    const before = get(account, id);
    return account.coupons.put(id, {
      ...before,
      metadata: mergeMetadata(before.metadata ?? {}, given.metadata),
      name: given.name ?? before.name,
    });
  }),

  // Existing discounts stay valid.
  operation("delete", "/v1/coupons/:id", parameters({}), ({ account, id }) => {
    account.emit("coupon.deleted", get(account, id));
    account.coupons.delete(id);
    return { id, object: "coupon", deleted: true };
  }),
];

function get(account: Account, id: string): StoredCoupon {
  const found = account.coupons.get(id);
  if (found === undefined) throw missing("coupon", id, "coupon");
  return found;
}

/** The `discounts` parameter. Each entry is a coupon to apply, or an existing discount of the subscription to keep. */
export const discountList = () =>
  list(parameters({ coupon: text().optional(), discount: text().optional() }, ["promotion_code"]), 20);

/**
 * Applies coupons to a subscription, and keeps existing discounts.
 *
 * @returns the ids of the subscription's discounts
 * @throws StripeError 400 for a coupon that doesn't exist or is no longer valid, or for another subscription's discount
 */
export function redeem(
  account: Account,
  subscription: Pick<StoredSubscription, "id" | "customer" | "currency">,
  given: readonly { readonly coupon?: string | undefined; readonly discount?: string | undefined }[],
): string[] {
  return given.map((one, index) => {
    if ((one.coupon === undefined) === (one.discount === undefined))
      throw invalid(`You must pass one of coupon, discount or promotion_code.`, `discounts[${index}]`);
    if (one.discount === undefined)
      return redeemCoupon(account, subscription, one.coupon ?? "", `discounts[${index}][coupon]`).id;
    const found = account.discounts.get(one.discount);
    if (found?.subscription !== subscription.id)
      throw invalid(
        `No such discount: '${one.discount}'`,
        `discounts[${index}][discount]`,
        "resource_missing",
      );
    return found.id;
  });
}

function redeemCoupon(
  account: Account,
  subscription: Pick<StoredSubscription, "id" | "customer" | "currency">,
  id: string,
  param: string,
): StoredDiscount {
  const found = account.coupons.get(id);
  if (found === undefined) throw invalid(`No such coupon: '${id}'`, param, "resource_missing");
  if (!found.valid) throw invalid(`Coupon expired: ${id}`, param, "coupon_expired");
  if (found.currency !== null && found.currency !== subscription.currency)
    throw invalid(`The coupon ${id} is in ${found.currency}, not ${subscription.currency}.`, param);
  const used = found.times_redeemed + 1;
  account.coupons.put(id, {
    ...found,
    times_redeemed: used,
    valid: found.max_redemptions === null || used < found.max_redemptions,
  });
  const start = account.now();
  const months = found.duration_in_months;
  const made: StoredDiscount = {
    id: `di_1${random(23)}`,
    object: "discount",
    checkout_session: null,
    customer: subscription.customer,
    customer_account: null,
    end: months === null ? null : after(start, { interval: "month", interval_count: 1 }, months),
    invoice: null,
    invoice_item: null,
    promotion_code: null,
    source: { coupon: id, type: "coupon" },
    start,
    subscription: subscription.id,
    subscription_item: null,
    terms: { amount_off: found.amount_off, duration: found.duration, percent_off: found.percent_off },
  };
  account.emit("customer.discount.created", made);
  return account.discounts.put(made.id, made);
}
