import type { Entitlements, OrganizationModel, PlatformModel } from "./model.ts";

/** The plan whose limits hold today, by its name, and those limits. */
export interface PlanInForce {
  readonly plan: string;
  readonly entitlements: Entitlements;
}

/**
 * A plan holds while Stripe says that it is paid for, on trial, or within the grace of a late payment; otherwise the
 * platform's default plan does.
 *
 * @param status the subscription's, as Stripe says: https://docs.stripe.com/api/subscriptions/object#subscription_object-status
 */
export function inForce(
  platform: PlatformModel,
  organization: OrganizationModel,
  status: string,
): PlanInForce {
  const holds = status === "active" || status === "trialing" || status === "past_due";
  const fallback = platform.plans[platform.defaultPlan];
  if (holds || fallback === undefined)
    return { plan: organization.plan.name, entitlements: organization.entitlements };
  return { plan: fallback.name, entitlements: fallback.entitlements };
}
