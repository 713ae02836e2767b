import type { OrganizationManifest } from "../manifest/organization.ts";
import { smallestUnits } from "../shared/currency.ts";
import type { Money, OrganizationModel, PlanModel, PlatformModel, PriceModel } from "./model.ts";

/** The price that an organization pays; undefined when its plan has none, or never had the one that it names. */
export function priceOf(
  { currency }: PlatformModel,
  plan: PlanModel,
  { price }: OrganizationManifest,
): PriceModel | undefined {
  if (price === undefined) return plan.price ?? undefined;
  const amount = smallestUnits(price, currency);
  return pricesOf(plan).find((known) => known.amount === amount);
}

/** Every price that a plan has or had, the present one first. */
export function pricesOf({ price, previousPrices }: PlanModel): readonly PriceModel[] {
  return price === null ? [] : [price, ...previousPrices];
}

/** A plan that cost something else before, and who pays what. */
export interface PriceChange {
  readonly plan: string;
  /** The present price first. */
  readonly prices: readonly (Money & { readonly organizations: readonly string[] })[];
}

/**
 * The plans that cost something else before, among those that organizations of a platform are on: who pays the present
 * price, and who stays on which.
 */
export function priceChanges(organizations: readonly OrganizationModel[]): readonly PriceChange[] {
  const plans = new Map(organizations.map(({ plan }) => [plan.name, plan]));
  return [...plans.values()]
    .filter(({ previousPrices }) => previousPrices.length > 0)
    .map((plan) => ({
      plan: plan.name,
      prices: pricesOf(plan).map(({ lookupKey, amount, currency }) => ({
        amount,
        currency,
        organizations: organizations
          .filter(({ priceLookupKey }) => priceLookupKey === lookupKey)
          .map(({ name }) => name),
      })),
    }));
}
