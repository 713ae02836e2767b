/** How Stripe charges a currency. */
export interface CurrencyRules {
  /** The decimals of the smallest unit, in which the API expects amounts. */
  readonly decimals: 0 | 2 | 3;
  /** Charged amounts are multiples of this number of smallest units. */
  readonly step: 1 | 10 | 100;
  /** The smallest charge in smallest units. Stripe applies the minimum of the currency that the account settles in. */
  readonly minimum: number;
}

const cents = (minimum: number) => ({ decimals: 2, step: 1, minimum }) as const;
/** Without minor units: amounts are whole units. */
const whole = (minimum = 1) => ({ decimals: 0, step: 1, minimum }) as const;
/** Amounts are thousandths, but their last digit is 0: 5.12 kwd is 5120. */
const thousandths = { decimals: 3, step: 10, minimum: 10 } as const;
/** Whole units only, although the API expects hundredths: 5 isk is 500. */
const hundreds = { decimals: 2, step: 100, minimum: 100 } as const;

/**
 * The supported currencies. Decimals, special cases and minimum charges are those of https://docs.stripe.com/currencies in July
 * 2026; multiples of ten for three decimals, of its version of December 2022. A currency for which it has no minimum has the
 * smallest amount that can be charged. `huf` and `twd` are whole only in payouts.
 */
export const CURRENCIES = {
  aed: cents(200),
  aud: cents(50),
  bhd: thousandths,
  brl: cents(50),
  cad: cents(50),
  chf: cents(50),
  clp: whole(),
  czk: cents(1500),
  dkk: cents(250),
  eur: cents(50),
  gbp: cents(30),
  hkd: cents(400),
  huf: cents(17_500),
  ils: cents(50),
  inr: cents(50),
  isk: hundreds,
  jod: thousandths,
  jpy: whole(50),
  krw: whole(50),
  kwd: thousandths,
  mxn: cents(1000),
  myr: cents(200),
  nok: cents(300),
  nzd: cents(50),
  omr: thousandths,
  php: cents(50),
  pln: cents(200),
  ron: cents(200),
  sek: cents(300),
  sgd: cents(50),
  thb: cents(1000),
  tnd: thousandths,
  twd: cents(1),
  ugx: hundreds,
  usd: cents(50),
  vnd: whole(),
  zar: cents(50),
} as const satisfies Record<string, CurrencyRules>;

/** A currency code in lower case, such as `usd`. */
export type Currency = keyof typeof CURRENCIES;

/** Whether the code is that of a supported currency. */
export function isCurrency(code: string): code is Currency {
  return Object.hasOwn(CURRENCIES, code);
}
