import { smallestUnits } from "../core/currency.ts";
import type { OrganizationManifest } from "../manifest/organization.ts";
import type { PlanModel, PlatformModel, PriceModel } from "./model.ts";

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
