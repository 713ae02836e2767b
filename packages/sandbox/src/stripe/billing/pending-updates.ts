import type { Account } from "../account.ts";
import type { StoredInvoice, StoredSubscription, StoredSubscriptionItem } from "../stored.ts";
import { voided } from "./invoicing.ts";
import { itemsOf, update } from "./subscription-state.ts";

// Pending updates: https://docs.stripe.com/billing/subscriptions/pending-updates-reference

const PENDING_FOR = 23 * 60 * 60;

/**
 * Reverts a change whose invoice wasn't paid, and stores it as a pending update.
 *
 * @param subscription the subscription after the change
 * @param before the items before the change
 */
export function suspendChange(
  account: Account,
  subscription: StoredSubscription,
  before: readonly StoredSubscriptionItem[],
  invoice: StoredInvoice,
  cancelsAtPeriodEnd: boolean | undefined,
): void {
  const stored = account.subscriptions.get(subscription.id) ?? subscription;
  const wanted = itemsOf(account, subscription.id);
  setItems(account, subscription.id, before);
  // The payment isn't retried. The customer pays the invoice, or the update expires.
  account.invoices.put(invoice.id, { ...invoice, next_payment_attempt: null });
  const ends = before.map(({ current_period_end }) => current_period_end);
  update(
    account,
    { ...stored, latest_invoice: invoice.id },
    {
      pending_update: {
        billing_cycle_anchor:
          subscription.billing_cycle_anchor === stored.billing_cycle_anchor
            ? null
            : subscription.billing_cycle_anchor,
        cancel_at_period_end: cancelsAtPeriodEnd ?? null,
        discount: null,
        discounts: null,
        expires_at: Math.min(account.now() + PENDING_FOR, ...ends),
        metadata: null,
        subscription_items: wanted,
        trial_end: subscription.trial_end === stored.trial_end ? null : subscription.trial_end,
        trial_from_plan: null,
      },
    },
  );
}

/** Applies a pending update after its invoice was paid. */
export function applyPending(account: Account, subscription: StoredSubscription): StoredSubscription {
  const { pending_update: pending } = subscription;
  if (pending === null) return subscription;
  setItems(account, subscription.id, pending.subscription_items);
  const applied = update(
    account,
    subscription,
    {
      billing_cycle_anchor: pending.billing_cycle_anchor ?? subscription.billing_cycle_anchor,
      ...(pending.cancel_at_period_end === false
        ? { cancel_at: null, cancel_at_period_end: false, canceled_at: null }
        : {}),
      ...(pending.trial_end === null ? {} : { status: "active", trial_end: pending.trial_end }),
      pending_update: null,
    },
    "customer.subscription.pending_update_applied",
  );
  return update(account, applied, {});
}

/** Discards a pending update and voids its unpaid invoice. */
export function dropPending(account: Account, subscription: StoredSubscription): StoredSubscription {
  if (subscription.pending_update === null) return subscription;
  const invoice = account.invoices.get(subscription.latest_invoice ?? "");
  if (invoice?.status === "open") voided(account, invoice);
  return update(
    account,
    subscription,
    { pending_update: null },
    "customer.subscription.pending_update_expired",
  );
}

function setItems(account: Account, subscription: string, items: readonly StoredSubscriptionItem[]): void {
  for (const { id } of itemsOf(account, subscription)) account.subscriptionItems.delete(id);
  for (const item of items) account.subscriptionItems.put(item.id, item);
}
