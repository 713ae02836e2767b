import { COUNTED_LIMITS, type CountedLimit, type Limit } from "../shared/entitlements.ts";
import type { OrganizationModel, OverrideModel, PlanModel, PlatformModel } from "./model.ts";
import { type PlanDifference, planDifference } from "./plan-difference.ts";
import { versionsOf } from "./plan-versions.ts";
import { pricesOf } from "./price.ts";
import { isWithinLimit } from "./usage.ts";

/** An organization on a version of a plan. */
interface Subscriber {
  readonly name: string;
  /** What it pays each month, in the currency's smallest unit; null for a plan by contract. */
  readonly amount: number | null;
  readonly overrides: readonly OverrideModel[];
}

/** A version of a plan, with the organizations whose manifest declares it. */
export interface PlanRoster extends PlanModel {
  /** Whether it is the newest version of its plan. */
  readonly isNewest: boolean;
  readonly isDefault: boolean;
  readonly organizations: readonly Subscriber[];
}

/** The versions of a platform's plans by price, each plan's versions together, with the organizations on them. */
export function planRosters(
  platform: PlatformModel,
  organizations: readonly OrganizationModel[],
): readonly PlanRoster[] {
  const amount = (plan: PlanModel) => plan.price?.amount ?? Number.POSITIVE_INFINITY;
  const first = (plan: PlanModel) => platform.plans[versionsOf(platform.plans, plan.plan)[0] ?? ""] ?? plan;
  return Object.values(platform.plans)
    .sort(
      (a, b) =>
        compare(amount(first(a)), amount(first(b))) || a.plan.localeCompare(b.plan) || a.version - b.version,
    )
    .map((plan) => ({
      ...plan,
      isNewest: versionsOf(platform.plans, plan.plan).at(-1) === plan.name,
      isDefault: platform.defaultPlan === plan.name,
      organizations: organizations.filter((each) => each.plan.name === plan.name).map(subscriberOf),
    }));
}

function subscriberOf(organization: OrganizationModel): Subscriber {
  return {
    name: organization.name,
    amount: amountOf(organization),
    overrides: organization.declaredOverrides,
  };
}

function amountOf({ plan, priceLookupKey }: OrganizationModel): number | null {
  return pricesOf(plan).find(({ lookupKey }) => lookupKey === priceLookupKey)?.amount ?? null;
}

/** What one organization gains and loses with another version or plan. */
export interface Move extends PlanDifference {
  readonly organization: string;
  /** What it pays each month, in the currency's smallest unit; null for a plan by contract. */
  readonly amount: { readonly before: number | null; readonly after: number | null };
  /** The limits that the organization exceeds after the move, so that its preview is refused. */
  readonly exceeded: readonly {
    readonly limit: CountedLimit;
    readonly use: number;
    readonly allowed: Limit;
  }[];
}

/**
 * What each organization on a version would gain and lose with another one.
 *
 * @param today `2026-11-22`
 */
export function movesBetween(
  from: PlanModel,
  to: PlanModel,
  organizations: readonly OrganizationModel[],
  today: string,
): readonly Move[] {
  return organizations
    .filter(({ plan }) => plan.name === from.name)
    .map((organization) => ({
      organization: organization.name,
      amount: { before: amountOf(organization), after: to.price?.amount ?? null },
      ...planDifference(from, to, organization.overrides),
      exceeded: COUNTED_LIMITS.map((limit) => ({
        limit,
        use: useOf(organization, limit, today),
        allowed: { ...to.entitlements, ...organization.overrides }[limit],
      })).filter(({ use, allowed }) => !isWithinLimit(use, allowed)),
    }));
}

/** The use that the manifest declares. The product may hold more, which the preview of the move counts. */
function useOf(
  { workspaces, members, invitations }: OrganizationModel,
  limit: CountedLimit,
  today: string,
): number {
  const living = Object.values(workspaces).filter(({ state }) => state !== "deleted");
  if (limit === "workspaces") return living.length;
  if (limit === "customDomains")
    return living.flatMap(({ apps }) => Object.values(apps)).filter(({ domain }) => domain !== null).length;
  const open = Object.values(invitations).filter(({ expires }) => expires >= today);
  return Object.keys(members).length + open.length;
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
