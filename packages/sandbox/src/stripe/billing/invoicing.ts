import type { Account } from "../account.ts";
import { newId } from "../protocol/ids.ts";
import type {
  StoredInvoice,
  StoredInvoiceLine,
  StoredPaymentIntent,
  StoredPrice,
  StoredSubscription,
} from "../stored.ts";
import { totalsOf } from "./invoice-totals.ts";
import { attempt, newPaymentIntent } from "./payments.ts";

const DAY = 24 * 60 * 60;
/** Days until each retry of a failed payment. After the last one fails, the subscription is canceled. */
const RETRY_DAYS = [3, 5, 7];

export interface Charge {
  readonly description: string;
  readonly amount: number;
  readonly price: StoredPrice;
  readonly quantity: number;
  readonly period: { readonly start: number; readonly end: number };
  readonly subscriptionItem: string;
  readonly proration: boolean;
}

/**
 * Creates an invoice for a subscription and finalizes it immediately. (Stripe keeps it as a draft for about an hour.)
 *
 * The customer's balance is applied to the total. If nothing is due, the invoice is paid immediately, and a remaining credit
 * becomes the customer's balance.
 */
export function invoiceSubscription(
  account: Account,
  subscription: StoredSubscription,
  reason: "subscription_create" | "subscription_cycle" | "subscription_update",
  charges: readonly Charge[],
): StoredInvoice {
  const id = newId("in");
  const lines = charges.map((charge) => line(id, subscription, charge));
  const draft = draftInvoice(account, id, subscription, reason, lines);
  account.emit("invoice.created", draft);
  return finalize(account, draft);
}

function finalize(account: Account, draft: StoredInvoice): StoredInvoice {
  const customer = account.customers.get(draft.customer);
  if (customer === undefined) throw new Error(`Invoice ${draft.id} has no customer`);
  const due = Math.max(0, draft.total + customer.balance);
  const ending = draft.total + customer.balance - due;
  const sequence = customer.next_invoice_sequence ?? 1;
  account.customers.put(customer.id, {
    ...customer,
    balance: ending,
    currency: draft.currency,
    next_invoice_sequence: sequence + 1,
  });
  const now = account.now();
  const open: StoredInvoice = {
    ...draft,
    amount_due: due,
    amount_remaining: due,
    effective_at: now,
    ending_balance: ending,
    number: `${customer.invoice_prefix}-${String(sequence).padStart(4, "0")}`,
    starting_balance: customer.balance,
    status: "open",
    status_transitions: { ...draft.status_transitions, finalized_at: now },
  };
  account.invoices.put(open.id, open);
  account.emit("invoice.finalized", open);
  if (due === 0) return paid(account, open);
  intentOf(account, open);
  return open;
}

/** Returns an invoice's payment intent. Creates it if the invoice has none. */
export function intentOf(account: Account, invoice: StoredInvoice): StoredPaymentIntent {
  const link = account.invoicePayments.values().find((one) => one.invoice === invoice.id);
  const found = account.paymentIntents.get(link?.payment.payment_intent ?? "");
  if (found !== undefined) return found;
  const intent = newPaymentIntent(account, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    description:
      invoice.billing_reason === "subscription_create" ? "Subscription creation" : "Subscription update",
  });
  const id = newId("inpay");
  account.invoicePayments.put(id, {
    id,
    object: "invoice_payment",
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: account.now(),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { type: "payment_intent", payment_intent: intent.id },
    status: "open",
    status_transitions: { canceled_at: null, paid_at: null },
  });
  return intent;
}

/** Tries to pay an open invoice with a payment method. The status of the returned invoice is the result. */
export function collect(account: Account, invoice: StoredInvoice, method: string | null): StoredInvoice {
  const tried = retried(account, invoice);
  const intent = method === null ? undefined : attempt(account, intentOf(account, invoice), method);
  if (intent?.status === "succeeded") return paid(account, { ...tried, next_payment_attempt: null });
  account.emit("invoice.payment_failed", tried);
  return account.invoices.put(tried.id, tried);
}

function retried(account: Account, invoice: StoredInvoice): StoredInvoice {
  const days = RETRY_DAYS[invoice.attempt_count];
  const retries = invoice.billing_reason !== "subscription_create" && days !== undefined;
  return {
    ...invoice,
    attempt_count: invoice.attempt_count + 1,
    attempted: true,
    next_payment_attempt: retries ? account.now() + days * DAY : null,
  };
}

/** Marks an invoice as paid. */
export function paid(account: Account, invoice: StoredInvoice): StoredInvoice {
  const now = account.now();
  const after: StoredInvoice = {
    ...invoice,
    amount_paid: invoice.amount_due,
    amount_remaining: 0,
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status: "paid",
    status_transitions: { ...invoice.status_transitions, paid_at: now },
  };
  account.invoices.put(after.id, after);
  for (const link of account.invoicePayments.values())
    if (link.invoice === invoice.id && link.status === "open")
      account.invoicePayments.put(link.id, {
        ...link,
        amount_paid: invoice.amount_due,
        status: "paid",
        status_transitions: { ...link.status_transitions, paid_at: now },
      });
  saveMethod(account, after);
  account.emit("invoice.paid", after);
  account.emit("invoice.payment_succeeded", after);
  return after;
}

/**
 * Saves the payment method as the subscription's default if `save_default_payment_method` is `on_subscription`.
 *
 * @see https://docs.stripe.com/api/subscriptions/object#subscription_object-payment_settings-save_default_payment_method
 */
function saveMethod(account: Account, invoice: StoredInvoice): void {
  const named = invoice.parent?.subscription_details?.subscription;
  const subscription = typeof named === "string" ? account.subscriptions.get(named) : undefined;
  if (subscription?.payment_settings?.save_default_payment_method !== "on_subscription") return;
  const link = account.invoicePayments.values().find((one) => one.invoice === invoice.id);
  const intent = account.paymentIntents.get(String(link?.payment.payment_intent));
  const method = intent?.status === "succeeded" ? intent.payment_method : null;
  if (method === null) return;
  account.subscriptions.put(subscription.id, { ...subscription, default_payment_method: method });
}

/** Marks an open invoice as void or uncollectible. Voiding also cancels its payment intent. */
export function giveUp(
  account: Account,
  invoice: StoredInvoice,
  status: "void" | "uncollectible",
): StoredInvoice {
  const now = account.now();
  const after: StoredInvoice = {
    ...invoice,
    auto_advance: false,
    next_payment_attempt: null,
    status,
    status_transitions:
      status === "void"
        ? { ...invoice.status_transitions, voided_at: now }
        : { ...invoice.status_transitions, marked_uncollectible_at: now },
  };
  if (status === "void") cancelPayment(account, invoice);
  account.emit(status === "void" ? "invoice.voided" : "invoice.marked_uncollectible", after);
  return account.invoices.put(after.id, after);
}

function cancelPayment(account: Account, invoice: StoredInvoice): void {
  const now = account.now();
  for (const link of account.invoicePayments.values()) {
    if (link.invoice !== invoice.id || link.status !== "open") continue;
    account.invoicePayments.put(link.id, {
      ...link,
      status: "canceled",
      status_transitions: { ...link.status_transitions, canceled_at: now },
    });
    const intent = account.paymentIntents.get(link.payment.payment_intent);
    if (intent !== undefined)
      account.paymentIntents.put(intent.id, {
        ...intent,
        canceled_at: now,
        cancellation_reason: "void_invoice",
        status: "canceled",
      });
  }
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

function draftInvoice(
  account: Account,
  id: string,
  subscription: StoredSubscription,
  reason: string,
  lines: readonly StoredInvoiceLine[],
): StoredInvoice {
  const totals = totalsOf(account, subscription, lines);
  const { total } = totals;
  const now = account.now();
  const customer = account.customers.get(subscription.customer);
  const sent = subscription.collection_method === "send_invoice";
  return {
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
    auto_advance: true,
    automatic_tax: { ...NO_AUTOMATIC_TAX, enabled: subscription.automatic_tax.enabled },
    automatically_finalizes_at: null,
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
    footer: null,
    from_invoice: null,
    hosted_invoice_url: `https://invoice.stripe.com/i/acct_sandbox/${id}`,
    invoice_pdf: `https://pay.stripe.com/invoice/acct_sandbox/${id}/pdf`,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines,
    livemode: false,
    metadata: {},
    next_payment_attempt: null,
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
}
