import type { Account } from "../account.ts";
import { newId } from "../protocol/ids.ts";
import type { StoredCustomer, StoredInvoice, StoredInvoiceLine, StoredSubscription } from "../stored.ts";
import { totalsOf } from "./invoice-totals.ts";

const DAY = 24 * 60 * 60;

/** What a new invoice bills, to whom and how. */
export interface Draft {
  readonly customer: StoredCustomer;
  readonly subscription: StoredSubscription | undefined;
  readonly currency: string;
  readonly reason: string;
  readonly collection_method: NonNullable<StoredInvoice["collection_method"]>;
  readonly days_until_due: number | null;
  readonly description: string | null;
  /** When Stripe finalizes and collects the invoice. Null if it does neither by itself. */
  readonly finalizesAt: number | null;
  readonly footer?: string | undefined;
  readonly metadata?: Record<string, string>;
}

const NO_AUTOMATIC_TAX = { disabled_reason: null, liability: null, provider: null, status: null };

/** @param linesOf returns the lines of the invoice with the given id */
export function draftInvoice(
  account: Account,
  given: Draft,
  linesOf: (invoice: string) => readonly StoredInvoiceLine[],
): StoredInvoice {
  const { customer, finalizesAt, subscription } = given;
  const id = newId("in");
  const lines = linesOf(id);
  const totals = totalsOf(account, subscription ?? NOTHING_OFF, lines);
  const { total } = totals;
  const now = account.now();
  const sent = given.collection_method === "send_invoice";
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
    automatic_tax: { ...NO_AUTOMATIC_TAX, enabled: subscription?.automatic_tax.enabled ?? false },
    automatically_finalizes_at: finalizesAt,
    billing_reason: given.reason,
    collection_method: given.collection_method,
    created: now,
    currency: given.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address ?? null,
    customer_email: customer.email ?? null,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: null,
    customer_tax_exempt: customer.tax_exempt ?? "none",
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    description: given.description,
    due_date: sent ? now + (given.days_until_due ?? 0) * DAY : null,
    effective_at: null,
    ending_balance: null,
    footer: given.footer ?? customer.invoice_settings.footer,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines,
    livemode: false,
    metadata: given.metadata ?? {},
    next_payment_attempt: sent ? null : finalizesAt,
    number: null,
    on_behalf_of: null,
    parent:
      subscription === undefined
        ? null
        : {
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
  account.customers.put(customer.id, { ...customer, currency: draft.currency });
  account.emit("invoice.created", draft);
  return account.invoices.put(id, draft);
}

const NOTHING_OFF = { default_tax_rates: [], discounts: [] };
