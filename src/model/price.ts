import type { OrganizationManifest } from "../manifest/organization.ts";
import { smallestUnits } from "../shared/currency.ts";
import type { Money, OrganizationModel, PlanModel, PlatformModel, PriceModel } from "./model.ts";

/** The price that an organization pays; undefined if its plan has no price, or never had the declared one. */
export function priceOf(
  { currency }: PlatformModel,
  plan: PlanModel,
  { price }: OrganizationManifest,
): PriceModel | undefined {
  if (price === undefined) return plan.price ?? undefined;
  const amount = smallestUnits(price, currency);
  return pricesOf(plan).find((known) => known.amount === amount);
}

/** All prices of a plan, the current one first. */
export function pricesOf({ price, previousPrices }: PlanModel): readonly PriceModel[] {
  return price === null ? [] : [price, ...previousPrices];
}

/** A plan whose price has changed, and the organizations by price. */
export interface PriceChange {
  readonly plan: string;
  /** The current price first. */
  readonly prices: readonly (Money & { readonly organizations: readonly string[] })[];
}

/**
 * The plans of a platform's organizations whose price has changed, with the organizations that pay the current price and those that
 * keep a previous one.
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
