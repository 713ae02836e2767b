import { CURRENCY_DECIMALS, type Currency, wholeUnits } from "../../shared/currency.ts";

interface Price {
  readonly plan: string;
  /** In the currency's smallest unit, per month. */
  readonly amount: number;
  readonly currency: Currency;
}

/**
 * A subscription's change of price as people say it: `free, 0 usd → team, 49 usd a month, at once`. Undefined where a lookup
 * key isn't one of ours.
 *
 * When it takes effect is the rule of src/billing/plan-change.ts, in words that are true of a trial and an unpaid one as well.
 */
export function sayPriceChange(before: unknown, after: unknown): string | undefined {
  const [from, to] = [priceIn(before), priceIn(after)];
  if (from === undefined || to === undefined) return undefined;
  return `${sayPrice(from)} → ${sayPrice(to)} a month, ${whenItBegins(from, to)}`;
}

function whenItBegins(from: Price, to: Price): string {
  if (from.plan === to.plan) return "from the next billing period";
  return to.amount < from.amount ? "when the paid period ends" : "immediately";
}

function sayPrice({ plan, amount, currency }: Price): string {
  return `${plan}, ${wholeUnits(amount, currency)} ${currency}`;
}

/** `tiny--team--monthly--usd-4900` */
function priceIn(lookupKey: unknown): Price | undefined {
  const [, plan, currency = "", amount] =
    /^[a-z0-9-]+?--([a-z0-9-]+?)--monthly--([a-z]{3})-(\d+)$/.exec(String(lookupKey)) ?? [];
  if (plan === undefined || !isCurrency(currency)) return undefined;
  return { plan, amount: Number(amount), currency };
}

function isCurrency(text: string): text is Currency {
  return Object.hasOwn(CURRENCY_DECIMALS, text);
}
