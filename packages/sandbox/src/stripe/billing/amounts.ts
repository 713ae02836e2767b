import type { StoredPrice } from "../stored.ts";

/** Returns the amount for a quantity, in the currency's smallest unit. Rounds halves away from zero. */
export function amountOf(price: StoredPrice, quantity: number): number {
  if (price.recurring?.usage_type === "metered") return 0;
  const units = transformed(price, quantity);
  if (price.unit_amount !== null) return price.unit_amount * units;
  return roundHalfAway(Number(price.unit_amount_decimal) * units);
}

/** Returns the share of an amount for the rest of a period. */
export function prorated(
  amount: number,
  period: { readonly start: number; readonly end: number },
  instant: number,
): number {
  return roundHalfAway((amount * (period.end - instant)) / (period.end - period.start));
}

function transformed(price: StoredPrice, quantity: number): number {
  if (price.transform_quantity === null) return quantity;
  const exact = quantity / price.transform_quantity.divide_by;
  return price.transform_quantity.round === "up" ? Math.ceil(exact) : Math.floor(exact);
}

function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}
