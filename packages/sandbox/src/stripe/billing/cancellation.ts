import type { Account } from "../account.ts";
import type { StoredSubscription } from "../stored.ts";
import { dropPending } from "./pending-updates.ts";
import { endSchedule, invoicesOf, isOver, update } from "./subscription-state.ts";

/** Ends a subscription. Its unpaid invoices stay, but are no longer collected: https://docs.stripe.com/api/subscriptions/cancel */
export function cancelNow(
  account: Account,
  subscription: StoredSubscription,
  reason: "cancellation_requested" | "payment_failed",
  details: Partial<NonNullable<StoredSubscription["cancellation_details"]>> = {},
): StoredSubscription {
  if (isOver(subscription)) return subscription;
  const ending = dropPending(account, subscription);
  const now = account.now();
  const schedule = account.subscriptionSchedules.get(subscription.schedule ?? "");
  if (schedule?.status === "active") endSchedule(account, schedule, "canceled");
  for (const invoice of invoicesOf(account, subscription.id))
    if (invoice.status === "draft" || invoice.status === "open")
      account.invoices.put(invoice.id, {
        ...invoice,
        auto_advance: false,
        automatically_finalizes_at: null,
        next_payment_attempt: null,
      });
  return update(
    account,
    ending,
    {
      cancel_at: null,
      cancel_at_period_end: false,
      canceled_at: subscription.canceled_at ?? now,
      cancellation_details: { comment: null, feedback: null, feedback_option: null, ...details, reason },
      ended_at: now,
      status: "canceled",
    },
    "customer.subscription.deleted",
  );
}
