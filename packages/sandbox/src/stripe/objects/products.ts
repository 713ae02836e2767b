import type { Account } from "../account.ts";
import { invalid, missing, missingReference } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { matches, page } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import {
  boolean,
  list,
  metadata,
  nullable,
  oneOf,
  paging,
  parameters,
  range,
  text,
} from "../protocol/parameters.ts";
import type { StoredProduct } from "../stored.ts";
import { blankProduct, createDefaultPrice, defaultPriceData } from "./prices.ts";

export const product: Kind = {
  show: (account, id) => account.products.get(id),
  expands: { default_price: "price" },
};

const fields = {
  active: boolean().optional(),
  images: list(text(), 8).optional(),
  metadata: metadata(),
  shippable: boolean().optional(),
  statement_descriptor: text(22).optional(),
};
const notYet = ["marketing_features", "package_dimensions", "tax_details"];

const creation = parameters(
  {
    ...fields,
    name: text(),
    id: text(255).optional(),
    type: oneOf(["good", "service"]).optional(),
    description: text(40_000).optional(),
    tax_code: text().optional(),
    unit_label: text(12).optional(),
    url: text().optional(),
    default_price_data: defaultPriceData.optional(),
  },
  notYet,
);
const update = parameters(
  {
    ...fields,
    name: text().optional(),
    description: nullable(text(40_000)).optional(),
    tax_code: nullable(text()).optional(),
    unit_label: nullable(text(12)).optional(),
    url: nullable(text()).optional(),
    default_price: nullable(text()).optional(),
  },
  notYet,
);
const listing = parameters({
  ...paging,
  active: boolean().optional(),
  created: range(),
  ids: list(text()).optional(),
  shippable: boolean().optional(),
  type: oneOf(["good", "service"]).optional(),
  url: text().optional(),
});

export const productOperations: readonly Operation[] = [
  operation("post", "/v1/products", creation, ({ account, parameters: given }) => {
    const id = given.id ?? newId("prod");
    if (account.products.get(id) !== undefined)
      throw invalid("Product already exists.", "id", "resource_already_exists");
    const { default_price_data, ...own } = given;
    const created: StoredProduct = {
      ...blankProduct(id, given.name, account.now()),
      ...own,
      id,
      metadata: mergeMetadata({}, given.metadata),
    };
    account.products.put(id, created);
    account.emit("product.created", created);
    if (default_price_data === undefined) return created;
    const price = createDefaultPrice(account, id, default_price_data);
    return account.products.put(id, { ...created, default_price: price.id });
  }),

  operation("get", "/v1/products", listing, ({ account, parameters: wanted }) => {
    const found = account.products
      .values()
      .filter(
        (one) =>
          matches(one, wanted, ["active", "type", "url"]) &&
          (wanted.shippable === undefined || wanted.shippable === one.shippable) &&
          (wanted.ids?.includes(one.id) ?? true),
      );
    return page("/v1/products", found, wanted, "product");
  }),

  operation("get", "/v1/products/:id", parameters({}), ({ account, id }) => get(account, id)),

  operation("post", "/v1/products/:id", update, ({ account, id, parameters: given }) => {
    const before = get(account, id);
    if (typeof given.default_price === "string") checkDefaultPrice(account, id, given.default_price);
    const after: StoredProduct = {
      ...before,
      ...given,
      metadata: mergeMetadata(before.metadata, given.metadata),
      updated: account.now(),
    };
    account.emit("product.updated", after, before);
    return account.products.put(id, after);
  }),

  operation("delete", "/v1/products/:id", parameters({}), ({ account, id }) => {
    const before = get(account, id);
    if (account.prices.values().some((price) => price.product === id))
      throw invalid(
        "This product cannot be deleted because it has one or more user-created prices.",
        undefined,
      );
    account.products.delete(id);
    account.emit("product.deleted", before);
    return { id, object: "product", deleted: true };
  }),
];

function get(account: Account, id: string): StoredProduct {
  const found = account.products.get(id);
  if (found === undefined) throw missing("product", id);
  return found;
}

function checkDefaultPrice(account: Account, product: string, id: string): void {
  const price = account.prices.get(id);
  if (price === undefined) throw missingReference("price", id, "default_price");
  if (price.product !== product)
    throw invalid(
      `The price specified (${id}) does not belong to this product (${product}).`,
      "default_price",
    );
  if (!price.active)
    throw invalid("The price specified is inactive. This field only accepts active prices.", "default_price");
}
