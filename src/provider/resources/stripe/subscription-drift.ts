import type Stripe from "stripe";
import { type Brand, differingMetadata, metadataDrift, toMetadata } from "../../../vendors/stripe/brand.ts";
import { planItem } from "../../../vendors/stripe/plan-item.ts";
import { isScheduleOutdated } from "../../../vendors/stripe/subscriptions.ts";
import { isoTime } from "../../../vendors/stripe/time.ts";
import { isAtRest, PAUSED_KEY } from "./subscription-rest.ts";

/** The metadata key of a subscription that tenantry started with a trial. The value is the length of the trial in days. */
export const TRIAL_DAYS_KEY = "tenantry_trial_days";

const KNOWN_KEYS = [PAUSED_KEY, TRIAL_DAYS_KEY];
const DAY_SECONDS = 24 * 60 * 60;

/**
 * What was changed by hand and the next update restores, by the name of Stripe's field or metadata entry. The price, the
 * collection and the state are inputs of their own.
 */
export function driftOf(brand: Brand, found: Stripe.Subscription, now: Date): Record<string, string> {
  const trialEnd = movedTrialEnd(found, now);
  return {
    ...(isSingle(found) ? {} : { quantity: String(planItem(found)?.quantity) }),
    ...(trialEnd === undefined ? {} : { trial_end: isoTime(trialEnd.found) }),
    ...(found.pause_collection === null || isAtRest(found)
      ? {}
      : { pause_collection: pauseOf(found.pause_collection) }),
    ...(isScheduleOutdated(found) ? { schedule: "without what was added since" } : {}),
    ...metadataDrift(brand, found.metadata, KNOWN_KEYS),
  };
}

function pauseOf({ behavior, resumes_at: until }: Stripe.Subscription.PauseCollection): string {
  return until === null ? behavior : `${behavior} until ${isoTime(until)}`;
}

/** Whether the plan's item has the quantity 1. Stripe changes no quantity before the first invoice is paid. */
export function isSingle(found: Stripe.Subscription): boolean {
  const { quantity } = planItem(found) ?? {};
  return found.status === "incomplete" || quantity === undefined || quantity === 1;
}

/** The metadata entries to write. Unknown entries with tenantry's prefix are removed. */
export function metadataChanges(
  brand: Brand,
  found: Stripe.Subscription,
): Record<string, string> | undefined {
  const drifted = Object.keys(metadataDrift(brand, found.metadata, KNOWN_KEYS));
  const removed = Object.fromEntries(drifted.map((key) => [key, ""]));
  return differingMetadata({ ...removed, ...toMetadata(brand) }, found.metadata);
}

/**
 * The end of a running trial, if it was moved: as found, and as it was when the trial started. Undefined once the original end
 * has passed, since restoring it would charge the customer at once.
 */
export function movedTrialEnd(
  { status, trial_start: start, trial_end: end, metadata }: Stripe.Subscription,
  now: Date,
): { readonly found: number; readonly original: number } | undefined {
  const days = Number(metadata[TRIAL_DAYS_KEY]);
  if (status !== "trialing" || start === null || end === null || !Number.isInteger(days)) return undefined;
  const original = start + days * DAY_SECONDS;
  const isMoved = Math.abs(end - original) >= DAY_SECONDS / 2;
  return isMoved && original * 1000 > now.getTime() + DAY_SECONDS * 1000
    ? { found: end, original }
    : undefined;
}
