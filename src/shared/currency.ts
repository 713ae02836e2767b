/**
 * The supported currencies, with the number of decimals of their smallest unit in Stripe
 * (https://docs.stripe.com/currencies): zero-decimal ones are charged in whole units.
 */
export const CURRENCY_DECIMALS = {
  aud: 2,
  brl: 2,
  cad: 2,
  chf: 2,
  clp: 0,
  czk: 2,
  dkk: 2,
  eur: 2,
  gbp: 2,
  hkd: 2,
  inr: 2,
  jpy: 0,
  krw: 0,
  mxn: 2,
  nok: 2,
  nzd: 2,
  pln: 2,
  sek: 2,
  sgd: 2,
  usd: 2,
  vnd: 0,
  zar: 2,
} as const;

/** A currency code in lower case, such as `usd`. */
export type Currency = keyof typeof CURRENCY_DECIMALS;

/**
 * A price in whole units as an amount in the currency's smallest unit: 49.5 usd is 4950.
 *
 * Undefined when the price has more decimals than the currency.
 */
export function smallestUnits(price: number, currency: Currency): number | undefined {
  const scaled = price * 10 ** CURRENCY_DECIMALS[currency];
  const amount = Math.round(scaled);
  // A decimal fraction such as 49.99 has no exact double. The error stays far below a thousandth of a cent.
  return Math.abs(scaled - amount) < 1e-6 ? amount : undefined;
}

/** Formats an amount in the currency's smallest unit: 4950 usd is `49.50`, 4900 is `49`. */
export function wholeUnits(amount: number, currency: Currency): string {
  const decimals = CURRENCY_DECIMALS[currency];
  const units = amount / 10 ** decimals;
  return Number.isInteger(units) ? String(units) : units.toFixed(decimals);
}
