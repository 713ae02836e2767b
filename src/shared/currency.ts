import { CURRENCIES, type Currency } from "@tenantry/core/currencies";
import { type Decimal, decimalOf, shifted } from "./decimal.ts";

/** The largest price: eight digits in the smallest unit. */
export const MOST_UNITS = 99_999_999;

/** The largest amount up to {@link MOST_UNITS} that can be charged in a currency. */
export function mostUnits(currency: Currency): number {
  return MOST_UNITS - (MOST_UNITS % CURRENCIES[currency].step);
}

/** The number of decimals that a charged amount may have: 2 for usd, 0 for jpy and isk, 2 for kwd. */
export function chargedDecimals(currency: Currency): number {
  const { decimals, step } = CURRENCIES[currency];
  return decimals - Math.log10(step);
}

/**
 * A price in whole units as an amount in the currency's smallest unit: 49.5 usd is 4950.
 *
 * Undefined when Stripe can't charge the price exactly: 49.999 usd, 0.5 jpy, 5.125 kwd, 0.5 isk.
 */
export function smallestUnits(price: number, currency: Currency): number | undefined {
  const { decimals, step } = CURRENCIES[currency];
  const { digits, scale } = shifted(decimalOf(price), decimals);
  return scale === 0 && digits % BigInt(step) === 0n ? Number(digits) : undefined;
}

/** Formats an amount in the currency's smallest unit: 4950 usd is `49.50`, 4900 is `49`. */
export function wholeUnits(amount: number, currency: Currency): string {
  const { decimals } = CURRENCIES[currency];
  const units = amount / 10 ** decimals;
  return Number.isInteger(units) ? String(units) : units.toFixed(chargedDecimals(currency));
}

/** The decimals that the price of a credit may have in the smallest unit, as Stripe's `unit_amount_decimal`. */
export const CREDIT_DECIMALS = 12;

/** The price of one credit in the smallest unit, with its fraction: 0.001 usd is 0.1. Undefined if it has too many decimals. */
export function creditAmount(price: number, currency: Currency): number | undefined {
  const amount = shifted(decimalOf(price), CURRENCIES[currency].decimals);
  return amount.scale > CREDIT_DECIMALS ? undefined : toNumber(amount);
}

/**
 * What credits cost in the smallest unit: their exact price, rounded up to an amount that Stripe can charge. So one purchase
 * costs less than one unit too much (ten thousandths for kwd, one whole unit for isk), and never too little.
 *
 * @param creditAmount the price of one credit in the smallest unit
 */
export function costOf(credits: number, creditAmount: number, currency: Currency): number {
  const { digits, scale } = decimalOf(creditAmount);
  const step = BigInt(CURRENCIES[currency].step);
  return Number(dividedUp(BigInt(credits) * digits, 10n ** BigInt(scale) * step) * step);
}

/** The fewest credits that Stripe charges for. Undefined for credits that cost nothing. */
export function fewestCredits(creditAmount: number, currency: Currency): number | undefined {
  const { digits, scale } = decimalOf(creditAmount);
  if (digits === 0n) return undefined;
  const { minimum, step } = CURRENCIES[currency];
  const below = BigInt(minimum - step);
  return Number((below * 10n ** BigInt(scale)) / digits) + 1;
}

/** Divides and rounds up. */
export function dividedUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

function toNumber({ digits, scale }: Decimal): number {
  return Number(`${digits}e-${scale}`);
}
