import type { Account } from "../account.ts";
import { newId } from "../protocol/ids.ts";
import type {
  StoredCustomer,
  StoredInvoice,
  StoredInvoiceItem,
  StoredInvoiceLine,
  StoredPrice,
  StoredSubscription,
} from "../stored.ts";
import { totalsOf } from "./invoice-totals.ts";

/** A charge for a subscription's item. */
export interface Charge {
  readonly description: string;
  readonly amount: number;
  readonly price: StoredPrice;
  readonly quantity: number;
  readonly period: { readonly start: number; readonly end: number };
  readonly subscriptionItem: string;
  readonly proration: boolean;
}

export function chargeLine(
  invoice: string,
  subscription: StoredSubscription,
  charge: Charge,
): StoredInvoiceLine {
  const { amount, description, period, price, proration, quantity } = charge;
  return {
    ...BLANK,
    id: newId("il"),
    amount,
    currency: subscription.currency,
    description,
    discountable: !proration,
    invoice,
    metadata: subscription.metadata,
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration,
        proration_details: null,
        subscription: subscription.id,
        subscription_item: charge.subscriptionItem,
      },
      type: "subscription_item_details",
    },
    period,
    pricing: pricingOf(price),
    quantity,
    quantity_decimal: String(quantity),
    subscription: subscription.id,
    subtotal: amount,
  };
}

export function itemLine(invoice: string, item: StoredInvoiceItem): StoredInvoiceLine {
  const { amount, currency, description, discountable, metadata, period, pricing, proration, quantity } =
    item;
  const subscription = item.parent?.subscription_details?.subscription ?? null;
  const subscriptionItem = item.parent?.subscription_details?.subscription_item;
  const common = { proration, proration_details: null, subscription };
  return {
    ...BLANK,
    id: newId("il"),
    amount,
    currency,
    description,
    discountable,
    invoice,
    metadata: metadata ?? {},
    parent:
      subscriptionItem === undefined
        ? {
            invoice_item_details: { ...common, invoice_item: item.id },
            subscription_item_details: null,
            type: "invoice_item_details",
          }
        : {
            invoice_item_details: null,
            subscription_item_details: {
              ...common,
              invoice_item: item.id,
              subscription_item: subscriptionItem,
            },
            type: "subscription_item_details",
          },
    period,
    pricing,
    quantity,
    quantity_decimal: String(quantity),
    subscription,
    subtotal: amount,
  };
}

const BLANK = {
  object: "line_item",
  discount_amounts: [],
  discounts: [],
  livemode: false,
  pretax_credit_amounts: [],
  taxes: [],
} as const satisfies Partial<StoredInvoiceLine>;

export function pricingOf(price: StoredPrice): NonNullable<StoredInvoiceLine["pricing"]> {
  return {
    price_details: { price: price.id, product: price.product },
    type: "price_details",
    unit_amount_decimal: price.unit_amount_decimal,
  };
}

/**
 * Returns the items that wait for the next invoice. Without a subscription, those of no subscription; for a subscription's
 * invoice, those of this subscription too.
 *
 * https://docs.stripe.com/api/invoiceitems/create#create_invoiceitem-subscription
 */
export function waitingItems(
  account: Account,
  customer: string,
  currency: string,
  subscription?: string,
): StoredInvoiceItem[] {
  return account.invoiceItems
    .values()
    .filter((item) => item.invoice === null && item.customer === customer && item.currency === currency)
    .filter(({ parent }) => {
      const own = parent?.subscription_details?.subscription;
      return own === undefined || own === subscription;
    });
}

/** Adds waiting items to the invoice with the given id. @returns their lines */
export function takeItems(
  account: Account,
  items: readonly StoredInvoiceItem[],
  invoice: string,
): StoredInvoiceLine[] {
  return items.map((item) => itemLine(invoice, account.invoiceItems.put(item.id, { ...item, invoice })));
}

/** Removes the waiting prorations of a subscription that is canceled immediately: https://docs.stripe.com/api/subscriptions/cancel */
export function dropProrations(account: Account, subscription: string): void {
  for (const { id, invoice, parent, proration } of account.invoiceItems.values())
    if (proration && invoice === null && parent?.subscription_details?.subscription === subscription)
      account.invoiceItems.delete(id);
}

/** Keeps a proration for the subscription's next invoice. */
export function keepForLater(account: Account, subscription: StoredSubscription, charge: Charge): void {
  const { amount, description, period, price, quantity, subscriptionItem } = charge;
  const item: StoredInvoiceItem = {
    ...blankItem(account, { id: subscription.customer }, subscription.currency),
    amount,
    description,
    discountable: false,
    net_amount: amount,
    parent: {
      subscription_details: { subscription: subscription.id, subscription_item: subscriptionItem },
      type: "subscription_details",
    },
    period,
    pricing: pricingOf(price),
    proration: true,
    quantity,
    quantity_decimal: String(quantity),
  };
  account.emit("invoiceitem.created", item);
  account.invoiceItems.put(item.id, item);
}

export function blankItem(
  account: Account,
  customer: Pick<StoredCustomer, "id">,
  currency: string,
): StoredInvoiceItem {
  const now = account.now();
  return {
    id: newId("ii"),
    object: "invoiceitem",
    amount: 0,
    currency,
    customer: customer.id,
    customer_account: null,
    date: now,
    description: null,
    discountable: true,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: {},
    net_amount: 0,
    parent: null,
    period: { end: now, start: now },
    pricing: null,
    proration: false,
    quantity: 1,
    quantity_decimal: "1",
    tax_rates: [],
    test_clock: null,
  };
}

/** Replaces a draft's lines and computes its totals again. */
export function withLines(
  account: Account,
  draft: StoredInvoice,
  lines: readonly StoredInvoiceLine[],
): StoredInvoice {
  const discounts = (draft.discounts ?? []).map((one) => (typeof one === "string" ? one : one.id));
  const totals = totalsOf(account, { default_tax_rates: draft.default_tax_rates, discounts }, lines);
  const due = Math.max(0, totals.total);
  const after = { ...draft, ...totals, amount_due: due, amount_remaining: due, lines };
  account.emit("invoice.updated", after, draft);
  return account.invoices.put(draft.id, after);
}
