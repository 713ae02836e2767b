import type { Account } from "../account.ts";
import { newId } from "../protocol/ids.ts";
import type { StoredInvoice, StoredInvoiceLine, StoredPrice, StoredSubscription } from "../stored.ts";
import { totalsOf } from "./invoice-totals.ts";

const DAY = 24 * 60 * 60;

export interface Charge {
  readonly description: string;
  readonly amount: number;
  readonly price: StoredPrice;
  readonly quantity: number;
  readonly period: { readonly start: number; readonly end: number };
  readonly subscriptionItem: string;
  readonly proration: boolean;
}

const NO_AUTOMATIC_TAX = { disabled_reason: null, liability: null, provider: null, status: null };

function line(invoice: string, subscription: StoredSubscription, charge: Charge): StoredInvoiceLine {
  const { amount, description, period, price, proration, quantity } = charge;
  return {
    id: newId("il"),
    object: "line_item",
    amount,
    currency: subscription.currency,
    description,
    discount_amounts: [],
    discountable: !proration,
    discounts: [],
    invoice,
    livemode: false,
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
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: price.id, product: price.product },
      type: "price_details",
      unit_amount_decimal: price.unit_amount_decimal,
    },
    quantity,
    quantity_decimal: String(quantity),
    subscription: subscription.id,
    subtotal: amount,
    taxes: [],
  };
}

/**
 * Creates a draft of a subscription's invoice.
 *
 * @param finalizesAt when Stripe finalizes and collects the invoice; null if it does neither by itself
 */
export function draftInvoice(
  account: Account,
  subscription: StoredSubscription,
  reason: string,
  charges: readonly Charge[],
  finalizesAt: number | null,
): StoredInvoice {
  const id = newId("in");
  const lines = charges.map((charge) => line(id, subscription, charge));
  const totals = totalsOf(account, subscription, lines);
  const { total } = totals;
  const now = account.now();
  const customer = account.customers.get(subscription.customer);
  const sent = subscription.collection_method === "send_invoice";
  const draft: StoredInvoice = {
    id,
    object: "invoice",
    account_country: "US",
    account_name: "Sandbox",
    account_tax_ids: null,
    amount_due: Math.max(0, total),
    amount_overpaid: 0,
    amount_paid: 0,
    amount_paid_off_stripe: 0,
    amount_remaining: Math.max(0, total),
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: finalizesAt !== null,
    automatic_tax: { ...NO_AUTOMATIC_TAX, enabled: subscription.automatic_tax.enabled },
    automatically_finalizes_at: finalizesAt,
    billing_reason: reason,
    collection_method: subscription.collection_method,
    created: now,
    currency: subscription.currency,
    custom_fields: null,
    customer: subscription.customer,
    customer_account: null,
    customer_address: customer?.address ?? null,
    customer_email: customer?.email ?? null,
    customer_name: customer?.name ?? null,
    customer_phone: customer?.phone ?? null,
    customer_shipping: null,
    customer_tax_exempt: customer?.tax_exempt ?? "none",
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    description: subscription.description,
    due_date: sent ? now + (subscription.days_until_due ?? 0) * DAY : null,
    effective_at: null,
    ending_balance: null,
    footer: customer?.invoice_settings.footer ?? null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines,
    livemode: false,
    metadata: {},
    next_payment_attempt: sent ? null : finalizesAt,
    number: null,
    on_behalf_of: null,
    parent: {
      quote_details: null,
      subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
      type: "subscription_details",
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: now,
    period_start: now,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: "draft",
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    test_clock: null,
    total_pretax_credit_amounts: [],
    webhooks_delivered_at: now,
    ...totals,
  };
  if (customer !== undefined) account.customers.put(customer.id, { ...customer, currency: draft.currency });
  account.emit("invoice.created", draft);
  return account.invoices.put(id, draft);
}
