import type { PlatformConsentModel, PlatformModel } from "../model/model.ts";
import { type CostPolicy, NO_COST_LIMITS } from "../shared/cost-limits.ts";
import { DEFAULT_THRESHOLDS, type Thresholds } from "../shared/thresholds.ts";

/** What guards compare the changes of a platform's stacks with. */
export interface GuardPolicy {
  readonly thresholds: Thresholds;
  readonly consents: readonly PlatformConsentModel[];
  readonly costs: CostPolicy;
  /** The day of the run, such as `2026-11-22`. */
  readonly today: string;
}

/**
 * @param platform undefined if its manifest wasn't read; the defaults apply then
 * @param reviewed the platform whose thresholds apply, if they aren't its own
 */
export function guardPolicy(
  platform: PlatformModel | undefined,
  today: string,
  reviewed: PlatformModel | undefined = platform,
): GuardPolicy {
  return {
    thresholds: reviewed?.guards ?? DEFAULT_THRESHOLDS,
    consents: platform?.consents ?? [],
    costs: reviewed?.cost ?? NO_COST_LIMITS,
    today,
  };
}
