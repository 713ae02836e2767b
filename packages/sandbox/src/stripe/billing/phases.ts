import type { Account } from "../account.ts";
import { phaseAt, release } from "../objects/subscription-schedules.ts";
import type { StoredSubscription, StoredSubscriptionSchedule } from "../stored.ts";
import { enterPhase } from "./enter-phase.ts";
import { cancelAtPeriodEnd } from "./subscription-lifecycle.ts";
import { endSchedule } from "./subscription-state.ts";

/** Returns the end of the current phase of a subscription's schedule, or undefined if there is none. */
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

/** Starts the next phase. After the last one, ends the schedule according to its end behavior. */
export function nextPhase(account: Account, subscription: StoredSubscription): void {
  const schedule = scheduleOf(account, subscription);
  if (schedule === undefined) return;
  const current = phaseAt(schedule.phases, account.now());
  const phase = schedule.phases.find((one) => one.start_date === current?.start_date);
  if (phase === undefined) {
    if (schedule.end_behavior === "release") release(account, schedule);
    else {
      endSchedule(account, schedule, "completed");
      cancelAtPeriodEnd(account, subscription);
    }
    return;
  }
  account.subscriptionSchedules.put(schedule.id, { ...schedule, current_phase: current });
  enterPhase(account, subscription, schedule, phase);
}
