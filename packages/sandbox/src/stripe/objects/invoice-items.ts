import type * as z from "zod";
import type { Account } from "../account.ts";
import { amountOf } from "../billing/amounts.ts";
import { blankItem, itemLine, pricingOf, withLines } from "../billing/invoice-lines.ts";
import { isOver } from "../billing/subscription-state.ts";
import { invalid, missing, missingReference } from "../protocol/errors.ts";
import { page, within } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import {
  boolean,
  currency,
  integer,
  metadata,
  paging,
  parameters,
  range,
  text,
  timestamp,
} from "../protocol/parameters.ts";
import type { StoredCustomer, StoredInvoice, StoredInvoiceItem, StoredPrice } from "../stored.ts";
import { getCustomer } from "./find-customer.ts";
import { createPriceOfAmount } from "./prices.ts";

export const invoiceItem: Kind = {
  show: (account, id) => account.invoiceItems.get(id),
  expands: { customer: "customer", invoice: "invoice", "pricing.price_details.price": "price" },
};

const fields = {
  amount: integer().optional(),
  description: text().optional(),
  discountable: boolean().optional(),
  metadata: metadata(),
  period: parameters({ end: timestamp(), start: timestamp() }).optional(),
  pricing: parameters({ price: text() }).optional(),
  quantity: integer(0).optional(),
};
const notYet = [
  "customer_account",
  "discounts",
  "price_data",
  "quantity_decimal",
  "tax_behavior",
  "tax_code",
  "tax_rates",
  "unit_amount_decimal",
];
const creation = parameters(
  {
    ...fields,
    currency: currency().optional(),
    customer: text(),
    invoice: text().optional(),
    subscription: text().optional(),
  },
  notYet,
);
const update = parameters(fields, [...notYet, "invoicing_rules"]);
const listing = parameters(
  {
    ...paging,
    created: range(),
    customer: text().optional(),
    invoice: text().optional(),
    pending: boolean().optional(),
  },
  ["customer_account"],
);

export const invoiceItemOperations: readonly Operation[] = [
  operation("post", "/v1/invoiceitems", creation, ({ account, parameters: given }) => {
    const customer = getCustomer(account, given.customer, "customer");
    const price = priceFor(account, given);
    const item = changed(account, blankItem(account, customer, price.currency), price, given);
    const created: StoredInvoiceItem = {
      ...item,
      discountable: given.discountable ?? item.amount >= 0,
      parent: parentFor(account, customer, price.currency, given.subscription),
    };
    checkCurrency(customer, created.currency);
    account.emit("invoiceitem.created", created);
    account.invoiceItems.put(created.id, created);
    if (given.invoice === undefined) return created;
    const draft = draftFor(account, created, given.invoice);
    withLines(account, draft, [...draft.lines, itemLine(draft.id, created)]);
    return account.invoiceItems.put(created.id, { ...created, invoice: draft.id });
  }),

  operation("get", "/v1/invoiceitems", listing, ({ account, parameters: wanted }) => {
    const found = account.invoiceItems
      .values()
      .filter(
        (one) =>
          within(one.date, wanted.created) &&
          (wanted.customer ?? one.customer) === one.customer &&
          (wanted.invoice ?? one.invoice) === one.invoice &&
          (wanted.pending === undefined || wanted.pending === (one.invoice === null)),
      );
    return page("/v1/invoiceitems", found, wanted, "invoiceitem");
  }),

  operation("get", "/v1/invoiceitems/:id", parameters({}), ({ account, id }) => get(account, id)),

  operation("post", "/v1/invoiceitems/:id", update, ({ account, id, parameters: given }) => {
    const before = get(account, id);
    const draft = editable(account, before);
    const after = changed(account, before, newPrice(account, before, given), given);
    account.invoiceItems.put(id, after);
    if (draft !== undefined)
      withLines(
        account,
        draft,
        draft.lines.map((line) =>
          itemOf(line) === id ? { ...itemLine(draft.id, after), id: line.id } : line,
        ),
      );
    return after;
  }),

  operation("delete", "/v1/invoiceitems/:id", parameters({}), ({ account, id }) => {
    const before = get(account, id);
    const draft = editable(account, before);
    account.emit("invoiceitem.deleted", before);
    account.invoiceItems.delete(id);
    if (draft !== undefined)
      withLines(
        account,
        draft,
        draft.lines.filter((line) => itemOf(line) !== id),
      );
    return { id, object: "invoiceitem", deleted: true };
  }),
];

function get(account: Account, id: string): StoredInvoiceItem {
  const found = account.invoiceItems.get(id);
  if (found === undefined) throw missing("invoiceitem", id, "invoiceitem");
  return found;
}

function itemOf({ parent }: StoredInvoice["lines"][number]): string | null | undefined {
  return (parent?.invoice_item_details ?? parent?.subscription_item_details)?.invoice_item;
}

type Given = z.output<typeof update> & Partial<z.output<typeof creation>>;

/** Returns the price of a new item: the given one, or one that is made of the given amount. */
function priceFor(account: Account, given: Given): StoredPrice {
  const { amount, currency, pricing, quantity } = given;
  if ((amount === undefined) === (pricing === undefined))
    throw invalid("You must pass either `amount` or `pricing[price]`.", "amount", "parameter_missing");
  if (amount === undefined) return oneTimePrice(account, pricing?.price ?? "", currency);
  if (currency === undefined)
    throw invalid("Missing required param: currency.", "currency", "parameter_missing");
  if (quantity !== undefined)
    throw invalid("You cannot specify `quantity` if `amount` is specified.", "quantity");
  return createPriceOfAmount(account, amount, currency, given.description);
}

/** Returns the new price of an existing item, or undefined if it keeps its price. */
function newPrice(account: Account, item: StoredInvoiceItem, given: Given): StoredPrice | undefined {
  const { amount, pricing } = given;
  if (amount !== undefined && (pricing ?? given.quantity) !== undefined)
    throw invalid("You cannot specify `amount` with `pricing` or `quantity`.", "amount");
  if (pricing !== undefined) return oneTimePrice(account, pricing.price, item.currency);
  if (amount === undefined) return undefined;
  return createPriceOfAmount(account, amount, item.currency, given.description);
}

function oneTimePrice(account: Account, id: string, currency: string | undefined): StoredPrice {
  const price = account.prices.get(id);
  if (price === undefined) throw missingReference("price", id, "pricing[price]");
  if (!price.active)
    throw invalid(
      "The price specified is inactive. This field only accepts active prices.",
      "pricing[price]",
    );
  if (price.type !== "one_time")
    throw invalid(
      "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.",
      "pricing[price]",
    );
  if (currency !== undefined && price.currency !== currency)
    throw invalid(
      `The price specified only supports \`${price.currency}\`. This doesn't match the expected currency: \`${currency}\`.`,
      "pricing[price]",
    );
  return price;
}

function changed(
  account: Account,
  before: StoredInvoiceItem,
  price: StoredPrice | undefined,
  given: Given,
): StoredInvoiceItem {
  const quantity = given.quantity ?? (given.amount === undefined ? before.quantity : 1);
  const present = price ?? account.prices.get(String(before.pricing?.price_details?.price));
  const same = price === undefined && given.quantity === undefined;
  const amount = same || present === undefined ? before.amount : amountOf(present, quantity);
  return {
    ...before,
    amount,
    description: given.description ?? before.description ?? nameOf(account, present),
    discountable: given.discountable ?? before.discountable,
    metadata: mergeMetadata(before.metadata ?? {}, given.metadata),
    net_amount: amount,
    period: given.period ?? before.period,
    pricing: price === undefined ? before.pricing : pricingOf(price),
    quantity,
    quantity_decimal: String(quantity),
  };
}

function nameOf(account: Account, price: StoredPrice | undefined): string | null {
  return account.products.get(price?.product ?? "")?.name ?? null;
}

function parentFor(
  account: Account,
  customer: StoredCustomer,
  currency: string,
  id: string | undefined,
): StoredInvoiceItem["parent"] {
  if (id === undefined) return null;
  const subscription = account.subscriptions.get(id);
  if (subscription?.customer !== customer.id || isOver(subscription))
    throw missingReference("subscription", id, "subscription");
  if (subscription.currency !== currency)
    throw invalid(
      `The currency of the invoice item (${currency}) doesn't match the subscription's: ${subscription.currency}.`,
      "currency",
    );
  return { subscription_details: { subscription: id }, type: "subscription_details" };
}

function checkCurrency(customer: StoredCustomer, currency: string): void {
  if (typeof customer.currency === "string" && customer.currency !== currency)
    throw invalid(
      `You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, or invoice item with currency ${customer.currency}.`,
    );
}

/** @throws StripeError 400 if the invoice isn't the customer's, or isn't a draft */
function draftFor(account: Account, item: StoredInvoiceItem, id: string): StoredInvoice {
  const invoice = account.invoices.get(id);
  if (invoice?.customer !== item.customer) throw missingReference("invoice", id, "invoice");
  if (invoice.status !== "draft") throw finalized();
  return invoice;
}

/** Returns the draft that includes an item, or undefined if the item waits for an invoice. */
function editable(account: Account, item: StoredInvoiceItem): StoredInvoice | undefined {
  const invoice = account.invoices.get(item.invoice ?? "");
  if (invoice !== undefined && invoice.status !== "draft") throw finalized();
  return invoice;
}

function finalized(): Error {
  return invalid(
    "The invoice of this item is finalized, and only the items of drafts can change.",
    "invoice",
    "invoice_not_editable",
  );
}
