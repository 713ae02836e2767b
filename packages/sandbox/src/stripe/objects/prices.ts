import type * as z from "zod";
import type { Account } from "../account.ts";
import { invalid, missing, missingReference } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { page, within } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import {
  boolean,
  currency,
  decimal,
  integer,
  list,
  metadata,
  nullable,
  oneOf,
  paging,
  parameters,
  range,
  text,
} from "../protocol/parameters.ts";
import type { StoredPrice, StoredProduct } from "../stored.ts";

export const price: Kind = {
  show: (account, id) => account.prices.get(id),
  expands: {
    product: "product",
    currency_options: (account, id) => currencyOptions(account.prices.get(id)),
  },
};

const amounts = {
  currency: currency(),
  tax_behavior: oneOf(["exclusive", "inclusive", "unspecified"]).optional(),
  unit_amount: integer(0, 99_999_999).optional(),
  unit_amount_decimal: decimal().optional(),
};
const interval = {
  interval: oneOf(["day", "week", "month", "year"]),
  interval_count: integer(1, 1095).optional(),
};

/** The `default_price_data` parameter of a new product. */
export const defaultPriceData = parameters(
  { ...amounts, metadata: metadata(), recurring: parameters(interval).optional() },
  ["currency_options", "custom_unit_amount"],
);

const creation = parameters(
  {
    ...amounts,
    active: boolean().optional(),
    billing_scheme: oneOf(["per_unit", "tiered"]).optional(),
    lookup_key: text(200).optional(),
    metadata: metadata(),
    nickname: text().optional(),
    product: text(),
    recurring: parameters(
      {
        ...interval,
        trial_period_days: integer(1).optional(),
        usage_type: oneOf(["licensed", "metered"]).optional(),
      },
      ["meter"],
    ).optional(),
    transfer_lookup_key: boolean().optional(),
    transform_quantity: parameters({ divide_by: integer(1), round: oneOf(["down", "up"]) }).optional(),
  },
  ["currency_options", "custom_unit_amount", "product_data", "tiers", "tiers_mode"],
);
const update = parameters(
  {
    active: boolean().optional(),
    lookup_key: nullable(text(200)).optional(),
    metadata: metadata(),
    nickname: nullable(text()).optional(),
    tax_behavior: oneOf(["exclusive", "inclusive", "unspecified"]).optional(),
    transfer_lookup_key: boolean().optional(),
  },
  ["currency_options"],
);
const listing = parameters({
  ...paging,
  active: boolean().optional(),
  created: range(),
  currency: currency().optional(),
  lookup_keys: list(text(), 10).optional(),
  product: text().optional(),
  recurring: parameters(
    {
      interval: oneOf(["day", "week", "month", "year"]).optional(),
      usage_type: oneOf(["licensed", "metered"]).optional(),
    },
    ["meter"],
  ).optional(),
  type: oneOf(["one_time", "recurring"]).optional(),
});

export const priceOperations: readonly Operation[] = [
  operation("post", "/v1/prices", creation, ({ account, parameters: given }) => {
    const amount = amountOf(given);
    if (account.products.get(given.product) === undefined)
      throw missingReference("product", given.product, "product");
    if (given.lookup_key !== undefined)
      claimLookupKey(account, given.lookup_key, given.transfer_lookup_key ?? false);
    return create(account, given.product, { ...given, ...amount });
  }),

  operation("get", "/v1/prices", listing, ({ account, parameters: wanted }) => {
    const found = account.prices.values().filter((one) => matches(one, wanted));
    return page("/v1/prices", found, wanted, "price");
  }),

  operation("get", "/v1/prices/:id", parameters({}), ({ account, id }) => get(account, id)),

  operation("post", "/v1/prices/:id", update, ({ account, id, parameters: given }) => {
    const before = get(account, id);
    const { transfer_lookup_key = false, ...change } = given;
    if (change.active === false) checkNotDefault(account, before);
    if (change.tax_behavior !== undefined) checkTaxBehavior(before, change.tax_behavior);
    if (typeof change.lookup_key === "string" && change.lookup_key !== before.lookup_key)
      claimLookupKey(account, change.lookup_key, transfer_lookup_key);
    const after: StoredPrice = {
      ...before,
      ...change,
      metadata: mergeMetadata(before.metadata, given.metadata),
    };
    account.emit("price.updated", after, before);
    return account.prices.put(id, after);
  }),
];

/** Creates the default price of a new product. */
export function createDefaultPrice(
  account: Account,
  product: string,
  given: z.output<typeof defaultPriceData>,
): StoredPrice {
  return create(account, product, { ...given, ...amountOf(given) });
}

/** Creates an inactive one-time price, with a product, for an invoice item that only has an amount. */
export function createPriceOfAmount(
  account: Account,
  amount: number,
  currency: string,
  name: string | undefined,
): StoredPrice {
  const product = blankProduct(newId("prod"), name ?? "Invoice item", account.now());
  account.products.put(product.id, { ...product, active: false });
  return create(account, product.id, {
    active: false,
    currency,
    unit_amount: amount,
    unit_amount_decimal: String(amount),
  });
}

/** Returns a product with only a name. */
export function blankProduct(id: string, name: string, now: number): StoredProduct {
  return {
    id,
    object: "product",
    active: true,
    created: now,
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: {},
    name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: "service",
    unit_label: null,
    updated: now,
    url: null,
  };
}

type Given = Omit<z.output<typeof creation>, "product" | "unit_amount" | "unit_amount_decimal"> & Amount;
interface Amount {
  readonly unit_amount: number | null;
  readonly unit_amount_decimal: string;
}

function create(account: Account, product: string, given: Given): StoredPrice {
  const id = newId("price");
  const created: StoredPrice = {
    id,
    object: "price",
    active: given.active ?? true,
    billing_scheme: "per_unit",
    created: account.now(),
    currency: given.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: given.lookup_key ?? null,
    metadata: mergeMetadata({}, given.metadata),
    nickname: given.nickname ?? null,
    product,
    recurring:
      given.recurring === undefined
        ? null
        : {
            interval_count: 1,
            meter: null,
            trial_period_days: null,
            usage_type: "licensed",
            ...given.recurring,
          },
    tax_behavior: given.tax_behavior ?? "unspecified",
    tiers_mode: null,
    transform_quantity: given.transform_quantity ?? null,
    type: given.recurring === undefined ? "one_time" : "recurring",
    unit_amount: given.unit_amount,
    unit_amount_decimal: given.unit_amount_decimal,
  };
  account.emit("price.created", created);
  return account.prices.put(id, created);
}

function get(account: Account, id: string): StoredPrice {
  const found = account.prices.get(id);
  if (found === undefined) throw missing("price", id, "price");
  return found;
}

/** Reads the amount from one of its two parameters. `unit_amount` is null if the amount isn't an integer. */
function amountOf(given: {
  unit_amount?: number | undefined;
  unit_amount_decimal?: string | undefined;
  billing_scheme?: string | undefined;
}): Amount {
  if (given.billing_scheme === "tiered")
    throw invalid("The sandbox doesn't support Stripe's tiered prices.", "billing_scheme");
  if (given.unit_amount !== undefined && given.unit_amount_decimal !== undefined)
    throw invalid("You may only specify one of these parameters: unit_amount, unit_amount_decimal.");
  const text = given.unit_amount_decimal ?? given.unit_amount?.toString();
  if (text === undefined)
    throw invalid(
      "Prices require an `unit_amount`, `unit_amount_decimal`, `custom_unit_amount`, or `tiers` parameter to be set.",
    );
  const normal = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return { unit_amount: normal.includes(".") ? null : Number(normal), unit_amount_decimal: normal };
}

/** Checks that no other price has the lookup key, not even an archived one. With `transfer`, removes it from that price. */
function claimLookupKey(account: Account, key: string, transfer: boolean): void {
  const holder = account.prices.values().find((one) => one.lookup_key === key);
  if (holder === undefined) return;
  if (!transfer) throw invalid(`A price (\`${holder.id}\`) already uses that lookup key.`, "lookup_key");
  account.prices.put(holder.id, { ...holder, lookup_key: null });
}

function checkNotDefault(account: Account, price: StoredPrice): void {
  if (account.products.get(price.product)?.default_price === price.id)
    throw invalid("This price cannot be archived because it is the default price of its product.");
}

function checkTaxBehavior(price: StoredPrice, wanted: string): void {
  if (price.tax_behavior !== "unspecified" && price.tax_behavior !== wanted)
    throw invalid(
      "Once specified as either `inclusive` or `exclusive`, the `tax_behavior` cannot be changed.",
      "tax_behavior",
    );
}

function matches(one: StoredPrice, wanted: z.output<typeof listing>): boolean {
  return (
    (wanted.active ?? one.active) === one.active &&
    (wanted.currency ?? one.currency) === one.currency &&
    (wanted.product ?? one.product) === one.product &&
    (wanted.type ?? one.type) === one.type &&
    (wanted.lookup_keys === undefined ||
      (one.lookup_key !== null && wanted.lookup_keys.includes(one.lookup_key))) &&
    (wanted.recurring?.interval ?? one.recurring?.interval) === one.recurring?.interval &&
    (wanted.recurring?.usage_type ?? one.recurring?.usage_type) === one.recurring?.usage_type &&
    within(one.created, wanted.created)
  );
}

function currencyOptions(price: StoredPrice | undefined): Record<string, unknown> {
  if (price === undefined) return {};
  const { custom_unit_amount, tax_behavior, unit_amount, unit_amount_decimal } = price;
  return { [price.currency]: { custom_unit_amount, tax_behavior, unit_amount, unit_amount_decimal } };
}
