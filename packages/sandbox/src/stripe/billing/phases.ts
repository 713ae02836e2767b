import type { Account } from "../account.ts";
import { phaseAt, release } from "../objects/subscription-schedules.ts";
import type { StoredSubscription, StoredSubscriptionSchedule } from "../stored.ts";
import { changeSubscriptionItems, type ItemChange } from "./item-changes.ts";
import { cancelNow } from "./subscription-life.ts";
import { endSchedule, itemsOf } from "./subscription-state.ts";

/** When the current phase of a subscription's schedule ends; undefined without one. */
export function phaseEnd(account: Account, subscription: StoredSubscription): number | undefined {
  return scheduleOf(account, subscription)?.current_phase?.end_date;
}

function scheduleOf(
  account: Account,
  subscription: StoredSubscription,
): StoredSubscriptionSchedule | undefined {
  const schedule = account.subscriptionSchedules.get(subscription.schedule ?? "");
  return schedule?.status === "active" ? schedule : undefined;
}

/** The current phase is over: the next one begins, or the schedule ends as its end behavior says. */
export function nextPhase(account: Account, subscription: StoredSubscription): void {
  const schedule = scheduleOf(account, subscription);
  if (schedule === undefined) return;
  const current = phaseAt(schedule.phases, account.now());
  const phase = schedule.phases.find((one) => one.start_date === current?.start_date);
  if (phase === undefined) {
    if (schedule.end_behavior === "release") release(account, schedule);
    else {
      endSchedule(account, schedule, "completed");
      cancelNow(account, subscription, "cancellation_requested");
    }
    return;
  }
  account.subscriptionSchedules.put(schedule.id, { ...schedule, current_phase: current });
  // A period that ends now is billed by its renewal; there is nothing to prorate.
  const ends = itemsOf(account, subscription.id).map((item) => item.current_period_end);
  const atPeriodEnd = Math.min(...ends) <= account.now();
  changeSubscriptionItems(account, subscription, changesTo(account, subscription, phase.items), {
    proration_behavior: atPeriodEnd ? "none" : phase.proration_behavior,
    atRenewal: atPeriodEnd,
  });
}

/** Items of the same price stay; the first that differs takes the first new price, and keeps its id. */
function changesTo(
  account: Account,
  subscription: StoredSubscription,
  wanted: readonly { readonly price: string; readonly quantity?: number }[],
): ItemChange[] {
  const items = itemsOf(account, subscription.id);
  const free = items.filter((item) => !wanted.some(({ price }) => price === item.price));
  const changes: ItemChange[] = [];
  for (const { price, quantity } of wanted) {
    const same = items.find((item) => item.price === price) ?? free.shift();
    changes.push({ ...(same === undefined ? {} : { id: same.id }), price, quantity });
  }
  return [...changes, ...free.map(({ id }) => ({ id, deleted: true }))];
}
