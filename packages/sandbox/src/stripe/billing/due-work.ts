import type { Account } from "../account.ts";
import type { StoredSubscription } from "../stored.ts";
import { dropPending } from "./pending-updates.ts";
import { nextPhase, phaseEnd } from "./phases.ts";
import { cancelNow, endTrial, expire, renew, retryPayment } from "./subscription-lifecycle.ts";
import { isOver, update } from "./subscription-state.ts";

const INCOMPLETE_FOR = 23 * 60 * 60;

interface Due {
  readonly at: number;
  readonly work: () => void;
}

/** Runs all work that became due since the last request, in order and each at its own instant. */
export function runDueWork(account: Account): void {
  const now = account.now();
  for (let next = earliest(account); next !== undefined && next.at <= now; next = earliest(account))
    account.at(next.at, next.work);
}

function earliest(account: Account): Due | undefined {
  const ends = periodEnds(account);
  let first: Due | undefined;
  for (const subscription of account.subscriptions.values())
    for (const due of duesOf(account, subscription, ends.get(subscription.id)))
      if (first === undefined || due.at < first.at) first = due;
  return first;
}

/** Returns the earliest end of a period among each subscription's items. */
function periodEnds(account: Account): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const { current_period_end, subscription } of account.subscriptionItems.values())
    ends.set(subscription, Math.min(current_period_end, ends.get(subscription) ?? current_period_end));
  return ends;
}

/** Returns a subscription's scheduled work. Work that is due at the same instant runs in this order. */
function duesOf(account: Account, subscription: StoredSubscription, periodEnd: number | undefined): Due[] {
  if (isOver(subscription)) return [];
  const dues: Due[] = [];
  const add = (at: number | null | undefined, work: () => void): void => {
    if (typeof at === "number") dues.push({ at, work });
  };
  const { status } = subscription;
  add(subscription.pending_update?.expires_at, () => dropPending(account, subscription));
  add(subscription.cancel_at, () => cancelNow(account, subscription, "cancellation_requested"));
  add(phaseEnd(account, subscription), () => nextPhase(account, subscription));
  if (status === "incomplete")
    add(subscription.created + INCOMPLETE_FOR, () => expire(account, subscription));
  if (status === "trialing") add(subscription.trial_end, () => endTrial(account, subscription));
  if (status === "active" || status === "past_due") {
    add(periodEnd, () => renew(account, subscription));
    addPayment(account, subscription, add);
  }
  add(subscription.pause_collection?.resumes_at, () =>
    update(account, subscription, { pause_collection: null }),
  );
  return dues;
}

function addPayment(
  account: Account,
  subscription: StoredSubscription,
  add: (at: number | null | undefined, work: () => void) => void,
): void {
  const invoice = account.invoices.get(subscription.latest_invoice ?? "");
  if (invoice?.status !== "open") return;
  add(invoice.next_payment_attempt, () => retryPayment(account, subscription, invoice));
  if (subscription.status === "active")
    add(invoice.due_date, () => update(account, subscription, { status: "past_due" }));
}
