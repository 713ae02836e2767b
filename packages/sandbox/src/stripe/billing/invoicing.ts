import type { Account } from "../account.ts";
import { newId } from "../protocol/ids.ts";
import type { StoredCustomer, StoredInvoice, StoredPaymentIntent, StoredSubscription } from "../stored.ts";
import { draftInvoice } from "./draft-invoices.ts";
import { type Charge, chargeLine, takeItems, waitingItems } from "./invoice-lines.ts";
import { attempt, newPaymentIntent } from "./payments.ts";

const DAY = 24 * 60 * 60;
/** https://docs.stripe.com/billing/invoices/subscription#subscription-renewal-invoices */
export const DRAFT_FOR = 60 * 60;
/** Days until each retry of a failed payment. After the last one fails, the subscription is canceled. */
const RETRY_DAYS = [3, 5, 7];

/**
 * Invoices a subscription, with the items that wait for its next invoice. Invoices of API calls are finalized immediately. Invoices of renewals, and invoices that Stripe
 * sends, are drafts for an hour.
 *
 * While collection is paused, an invoice stays a draft, or is void or uncollectible from the start.
 *
 * https://docs.stripe.com/billing/invoices/subscription, https://docs.stripe.com/billing/subscriptions/pause-payment
 */
export function invoiceSubscription(
  account: Account,
  subscription: StoredSubscription,
  reason: "subscription_create" | "subscription_cycle" | "subscription_update",
  charges: readonly Charge[],
): StoredInvoice {
  const paused = subscription.pause_collection?.behavior;
  const waits = reason === "subscription_cycle" || subscription.collection_method === "send_invoice";
  const finalizesAt = waits && paused === undefined ? account.now() + DRAFT_FOR : null;
  const { collection_method, currency, days_until_due, description } = subscription;
  const items = waitingItems(account, subscription.customer, currency, subscription.id);
  const draft = draftInvoice(
    account,
    {
      collection_method,
      currency,
      customer: customerOf(account, subscription),
      days_until_due,
      description,
      finalizesAt,
      reason,
      subscription,
    },
    (id) => [
      ...takeItems(account, items, id),
      ...charges.map((charge) => chargeLine(id, subscription, charge)),
    ],
  );
  if (paused === undefined) return waits ? draft : finalize(account, draft);
  if (paused === "keep_as_draft") return draft;
  // The customer's balance isn't used.
  return paused === "void"
    ? voided(account, opened(account, draft))
    : uncollectible(account, opened(account, draft), "subscription_paused");
}

/**
 * Finalizes a draft. The customer's balance is applied to the total. If nothing is due, the invoice is paid immediately, and
 * a remaining credit becomes the customer's balance.
 */
export function finalize(account: Account, draft: StoredInvoice): StoredInvoice {
  const customer = customerOf(account, draft);
  const due = Math.max(0, draft.total + customer.balance);
  const ending = draft.total + customer.balance - due;
  account.customers.put(customer.id, { ...customer, balance: ending });
  const open = opened(account, {
    ...draft,
    amount_due: due,
    amount_remaining: due,
    ending_balance: ending,
    starting_balance: customer.balance,
  });
  if (due === 0) return paid(account, open);
  intentOf(account, open);
  return open;
}

/** Opens a draft: it gets a number and can no longer change. */
function opened(account: Account, draft: StoredInvoice): StoredInvoice {
  const customer = customerOf(account, draft);
  const sequence = customer.next_invoice_sequence ?? 1;
  account.customers.put(customer.id, {
    ...customer,
    next_invoice_sequence: sequence + 1,
  });
  const now = account.now();
  const open: StoredInvoice = {
    ...draft,
    automatically_finalizes_at: null,
    effective_at: now,
    hosted_invoice_url: `https://invoice.stripe.com/i/acct_sandbox/${draft.id}`,
    invoice_pdf: `https://pay.stripe.com/invoice/acct_sandbox/${draft.id}/pdf`,
    number: `${customer.invoice_prefix}-${String(sequence).padStart(4, "0")}`,
    status: "open",
    status_transitions: { ...draft.status_transitions, finalized_at: now },
  };
  account.emit("invoice.finalized", open);
  return account.invoices.put(open.id, open);
}

function customerOf(
  account: Account,
  of: { readonly id: string; readonly customer: string },
): StoredCustomer {
  const customer = account.customers.get(of.customer);
  if (customer === undefined) throw new Error(`The customer of ${of.id} doesn't exist`);
  return customer;
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
  const retries = invoice.auto_advance === true && days !== undefined;
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
    ...withoutDetails(invoice),
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

/** Voids an invoice and cancels its payment intent. */
export function voided(account: Account, invoice: StoredInvoice): StoredInvoice {
  const after: StoredInvoice = {
    ...withoutDetails(invoice),
    auto_advance: false,
    next_payment_attempt: null,
    status: "void",
    status_transitions: { ...invoice.status_transitions, voided_at: account.now() },
  };
  cancelPayment(account, invoice);
  account.emit("invoice.voided", after);
  return account.invoices.put(after.id, after);
}

/** Marks an invoice as uncollectible. It can still be paid. */
export function uncollectible(
  account: Account,
  invoice: StoredInvoice,
  reason: "subscription_paused" | "user_forgiven",
): StoredInvoice {
  const after: StoredInvoice = {
    ...invoice,
    auto_advance: false,
    next_payment_attempt: null,
    status: "uncollectible",
    status_details: { uncollectible: { reason } },
    status_transitions: { ...invoice.status_transitions, marked_uncollectible_at: account.now() },
  };
  account.emit("invoice.marked_uncollectible", after);
  return account.invoices.put(after.id, after);
}

/** Only uncollectible invoices have details of their status. */
function withoutDetails({ status_details, ...invoice }: StoredInvoice): StoredInvoice {
  return invoice;
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
