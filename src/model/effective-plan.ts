import type { Entitlements } from "./model.ts";

/** The plan whose limits hold today, by its name, and those limits. */
export interface EffectivePlan {
  readonly plan: string;
  readonly entitlements: Entitlements;
}

/** What a platform sells, as far as it matters here: of the manifest, or of the control plane's rows. */
export interface Offer {
  readonly plans: Readonly<
    Record<string, { readonly productId: string | null; readonly entitlements: Entitlements }>
  >;
  readonly defaultPlan: string;
}

/** What an organization declares: its plan, and the limits that don't follow it. */
export interface Declared {
  readonly plan: string;
  readonly overrides: Partial<Entitlements>;
}

/** What the organization's subscription says, as Stripe has it. */
export interface Billing {
  /** https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
  readonly status: string;
  /** Stripe's id of the product that the running period is for. */
  readonly product: string;
  /** ISO 8601: since when a payment is late; absent unless the status is `past_due`. */
  readonly pastDueSince?: string | undefined;
}

/** Stripe tries a card that fails for two weeks: https://docs.stripe.com/billing/revenue-recovery/smart-retries */
const GRACE_DAYS = 14;
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/**
 * The plan that the running period was paid for holds, on trial and within the grace of a late payment too; otherwise the
 * platform's default plan does. So a plan that was declared and isn't paid doesn't hold yet, and one that was left holds until
 * its period ends.
 *
 * @param billing undefined where the plan has no price: it is agreed by contract, and holds
 * @param today `2026-11-22`
 */
export function effectivePlan(
  offer: Offer,
  declared: Declared,
  billing: Billing | undefined,
  today: string,
): EffectivePlan {
  const plan = billing === undefined ? declared.plan : planPaidFor(offer, declared, billing, today);
  const known = plan === undefined ? undefined : offer.plans[plan];
  if (plan === undefined || known === undefined) return plainly(offer, offer.defaultPlan);
  return { plan, entitlements: { ...known.entitlements, ...declared.overrides } };
}

/** Overrides come with a plan that is paid for, or agreed. */
function plainly({ plans }: Offer, plan: string): EffectivePlan {
  const known = plans[plan];
  if (known === undefined) throw new Error(`the default plan ${plan} isn't among the plans`);
  return { plan, entitlements: known.entitlements };
}

function planPaidFor(
  { plans }: Offer,
  declared: Declared,
  billing: Billing,
  today: string,
): string | undefined {
  if (!holds(billing, today)) return undefined;
  const [paid] = Object.entries(plans).find(([, { productId }]) => productId === billing.product) ?? [];
  // A product of a plan that isn't sold any more says nothing of its limits.
  return paid ?? declared.plan;
}

function holds({ status, pastDueSince }: Billing, today: string): boolean {
  if (status === "active" || status === "trialing") return true;
  if (status !== "past_due") return false;
  const since = Date.parse((pastDueSince ?? today).slice(0, 10));
  return Date.parse(today) - since <= GRACE_DAYS * DAY_MILLISECONDS;
}
