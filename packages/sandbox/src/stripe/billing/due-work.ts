import type { Account } from "../account.ts";
import type { StoredInvoice, StoredSubscription } from "../stored.ts";
import { advanceDraft, collectAutomatically, lapse, lapses } from "./collection.ts";
import { dropPending } from "./pending-updates.ts";
import { nextPhase, phaseEnd } from "./phases.ts";
import { cancelAtPeriodEnd, endTrial, expire, renew } from "./subscription-lifecycle.ts";
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
  for (const invoice of account.invoices.values()) {
    const due = dueOf(account, invoice);
    if (due !== undefined && (first === undefined || due.at < first.at)) first = due;
  }
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
  add(phaseEnd(account, subscription), () => nextPhase(account, subscription));
  add(subscription.cancel_at, () => cancelAtPeriodEnd(account, subscription));
  if (status === "incomplete")
    add(subscription.created + INCOMPLETE_FOR, () => expire(account, subscription));
  if (status === "trialing") add(subscription.trial_end, () => endTrial(account, subscription));
  if (status === "active" || status === "past_due") add(periodEnd, () => renew(account, subscription));
  add(subscription.pause_collection?.resumes_at, () =>
    update(account, subscription, { pause_collection: null }),
  );
  return dues;
}

/** Returns an invoice's next scheduled step. */
function dueOf(account: Account, invoice: StoredInvoice): Due | undefined {
  const {
    automatically_finalizes_at: finalizes,
    due_date: due,
    next_payment_attempt: tries,
    status,
  } = invoice;
  if (status === "draft" && finalizes !== null)
    return { at: finalizes, work: () => advanceDraft(account, invoice) };
  if (status !== "open") return undefined;
  if (tries !== null) return { at: tries, work: () => collectAutomatically(account, invoice) };
  if (due !== null && due <= account.now() && lapses(account, invoice))
    return { at: due, work: () => lapse(account, invoice) };
  return undefined;
}
