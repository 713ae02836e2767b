import type { Entitlements } from "../shared/entitlements.ts";

/** The plan in force today, and its limits. */
export interface EffectivePlan {
  readonly plan: string;
  readonly entitlements: Entitlements;
}

/** A platform's plans, from its manifest or from the control plane. */
export interface PlanCatalogue {
  readonly plans: Readonly<
    Record<string, { readonly productId: string | null; readonly entitlements: Entitlements }>
  >;
  readonly defaultPlan: string;
}

/** An organization's declared plan and its overrides of limits. */
export interface Declared {
  readonly plan: string;
  readonly overrides: Partial<Entitlements>;
}

/** The state of the organization's subscription in Stripe. */
export interface Billing {
  /** https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
  readonly status: string;
  /** Stripe's id of the product of the current period. Empty if somebody removed the plan from the subscription. */
  readonly product: string;
  /** Since when a payment is late (ISO 8601); only set if the status is `past_due`. */
  readonly pastDueSince?: string | undefined;
}

/** Stripe retries a failed card for two weeks: https://docs.stripe.com/billing/revenue-recovery/smart-retries */
const GRACE_DAYS = 14;
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/**
 * The plan in force is the one that the current period was paid for, also during a trial and while a late payment is within the
 * grace period. Otherwise it is the platform's default plan. So a declared plan isn't in force until it is paid, and the previous
 * plan stays in force until its period ends.
 *
 * @param billing undefined for a plan by contract, which has no price and is always in force
 * @param today `2026-11-22`
 */
export function effectivePlan(
  catalogue: PlanCatalogue,
  declared: Declared,
  billing: Billing | undefined,
  today: string,
): EffectivePlan {
  const plan = billing === undefined ? declared.plan : planPaidFor(catalogue, declared, billing, today);
  const known = plan === undefined ? undefined : catalogue.plans[plan];
  if (plan === undefined || known === undefined) return withoutOverrides(catalogue, catalogue.defaultPlan);
  return { plan, entitlements: { ...known.entitlements, ...declared.overrides } };
}

/** The plan without overrides, which apply only to a plan that is paid or by contract. */
function withoutOverrides({ plans }: PlanCatalogue, plan: string): EffectivePlan {
  const known = plans[plan];
  if (known === undefined) throw new Error(`the default plan ${plan} isn't among the plans`);
  return { plan, entitlements: known.entitlements };
}

function planPaidFor(
  { plans }: PlanCatalogue,
  declared: Declared,
  billing: Billing,
  today: string,
): string | undefined {
  if (!isPaidFor(billing, today) || billing.product === "") return undefined;
  const [paid] = Object.entries(plans).find(([, { productId }]) => productId === billing.product) ?? [];
  // If the paid plan was removed from the manifest, its limits are unknown.
  return paid ?? declared.plan;
}

function isPaidFor({ status, pastDueSince }: Billing, today: string): boolean {
  if (status === "active" || status === "trialing") return true;
  if (status !== "past_due") return false;
  const since = Date.parse((pastDueSince ?? today).slice(0, 10));
  return Date.parse(today) - since <= GRACE_DAYS * DAY_MILLISECONDS;
}
