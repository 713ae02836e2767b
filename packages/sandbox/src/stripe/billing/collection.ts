import type { Account } from "../account.ts";
import { StripeError } from "../protocol/errors.ts";
import type { StoredInvoice, StoredSubscription } from "../stored.ts";
import { cancelNow } from "./cancellation.ts";
import { declined } from "./declines.ts";
import { collect, finalize, intentOf, paid, uncollectible, voided } from "./invoicing.ts";
import { applyPending, dropPending } from "./pending-updates.ts";
import {
  invoicesOf,
  isOver,
  noPaymentMethod,
  paymentMethodOf,
  subscriptionOf,
  update,
} from "./subscription-state.ts";

// The transitions of an invoice, and their effect on its subscription:
// https://docs.stripe.com/invoicing/integration/workflow-transitions, https://docs.stripe.com/billing/subscriptions/overview

/** Finalizes a draft that is due, and collects it if payment is automatic. */
export function advanceDraft(account: Account, draft: StoredInvoice): void {
  const invoice = finalize(account, draft);
  if (invoice.status === "paid") settle(account, invoice);
  else if (invoice.collection_method === "charge_automatically") collectAutomatically(account, invoice);
}

/**
 * Tries to pay an open invoice with the usual payment method. If that fails, its subscription is past due, and canceled
 * after the last attempt.
 */
export function collectAutomatically(account: Account, invoice: StoredInvoice): void {
  const tried = collect(account, invoice, usualMethod(account, invoice));
  const subscription = decidedBy(account, tried);
  if (tried.status === "paid") settle(account, tried);
  else if (subscription === undefined) return;
  else if (tried.next_payment_attempt === null) cancelNow(account, subscription, "payment_failed");
  else if (subscription.status === "active") update(account, subscription, { status: "past_due" });
}

/** Marks the subscription of an invoice that isn't paid when due as past due. */
export function lapse(account: Account, invoice: StoredInvoice): void {
  const subscription = decidedBy(account, invoice);
  if (subscription !== undefined) update(account, subscription, { status: "past_due" });
}

/** Whether an unpaid invoice that is due would change its subscription's status. */
export function lapses(account: Account, invoice: StoredInvoice): boolean {
  return decidedBy(account, invoice)?.status === "active";
}

/** Updates the subscription of a paid or uncollectible invoice. */
export function settle(account: Account, invoice: StoredInvoice): void {
  const found = decidedBy(account, invoice);
  if (found === undefined) return;
  const subscription = invoice.status === "paid" ? applyPending(account, found) : found;
  if (["incomplete", "past_due", "unpaid"].includes(subscription.status))
    update(account, subscription, { status: "active" });
}

/**
 * Returns the live subscription whose status an invoice decides: the one whose latest finalized invoice it is. Void invoices
 * don't count: https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses
 */
function decidedBy(account: Account, invoice: StoredInvoice): StoredSubscription | undefined {
  const subscription = account.subscriptions.get(subscriptionOf(invoice) ?? "");
  if (subscription === undefined || isOver(subscription)) return undefined;
  return latestFinalized(account, subscription.id)?.id === invoice.id ? subscription : undefined;
}

function latestFinalized(account: Account, subscription: string): StoredInvoice | undefined {
  const finalizedAt = (invoice: StoredInvoice): number => invoice.status_transitions.finalized_at ?? 0;
  return invoicesOf(account, subscription)
    .filter(
      ({ billing_reason: reason, status }) => status !== "draft" && status !== "void" && reason !== "manual",
    )
    .reduce<StoredInvoice | undefined>(
      (latest, one) => (latest !== undefined && finalizedAt(latest) > finalizedAt(one) ? latest : one),
      undefined,
    );
}

/** Returns the default payment method of the invoice, or else of its subscription or customer. */
function usualMethod(account: Account, invoice: StoredInvoice): string | null {
  const subscription = account.subscriptions.get(subscriptionOf(invoice) ?? "");
  const customer = account.customers.get(invoice.customer);
  return (
    invoice.default_payment_method ??
    (subscription === undefined
      ? (customer?.invoice_settings.default_payment_method ?? null)
      : paymentMethodOf(account, subscription))
  );
}

/**
 * Pays an open or uncollectible invoice. Finalizes a draft first.
 *
 * @throws StripeError 402 if the payment fails
 */
export function payInvoice(
  account: Account,
  found: StoredInvoice,
  given: { paid_out_of_band?: boolean | undefined; payment_method?: string | undefined },
): StoredInvoice {
  const method = given.payment_method ?? usualMethod(account, found);
  if (given.paid_out_of_band !== true && method === null) throw noPaymentMethod();
  const invoice = found.status === "draft" ? finalize(account, found) : found;
  const after =
    invoice.status === "paid" || given.paid_out_of_band === true
      ? paid(account, invoice)
      : collect(account, invoice, method);
  if (after.status !== "paid") throw unpaid(account, after).keepingEffects();
  settle(account, after);
  return after;
}

/** Creates the 402 error for an invoice whose payment failed. */
export function unpaid(account: Account, invoice: StoredInvoice): StripeError {
  const intent = intentOf(account, invoice);
  if (intent.status === "requires_action")
    return new StripeError(
      402,
      "card_error",
      "This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with this invoice.",
      { code: "subscription_payment_intent_requires_action" },
    );
  const error = intent.last_payment_error;
  return declined(error?.decline_code ?? error?.code ?? undefined, { payment_intent: intent });
}

/** Voids an invoice. The latest of the other invoices then decides the subscription's status. */
export function voidInvoice(account: Account, invoice: StoredInvoice): StoredInvoice {
  const subscription = decidedBy(account, invoice);
  const after = voided(account, invoice);
  if (subscription === undefined) return after;
  if (subscription.pending_update !== null) dropPending(account, subscription);
  else if (subscription.status === "incomplete")
    update(account, subscription, { ended_at: account.now(), status: "incomplete_expired" });
  else if (latestFinalized(account, subscription.id)?.status !== "open")
    if (subscription.status === "past_due") update(account, subscription, { status: "active" });
  return after;
}

export function markUncollectible(account: Account, invoice: StoredInvoice): StoredInvoice {
  const after = uncollectible(account, invoice, "user_forgiven");
  settle(account, after);
  return after;
}
