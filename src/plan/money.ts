import { type Currency, isCurrency } from "@tenantry/core/currencies";
import { wholeUnits } from "../shared/currency.ts";

interface Price {
  readonly plan: string;
  /** In the currency's smallest unit, per month. */
  readonly amount: number;
  readonly currency: Currency;
}

/**
 * Describes a subscription's change of price: `free, 0 usd → team, 49 usd a month, immediately`. Undefined if a lookup key
 * isn't one of tenantry's.
 *
 * The time follows the rule of src/billing/plan-change.ts. Its wording is also true of trials of another plan and of unpaid
 * subscriptions.
 */
export function priceChangeText(before: unknown, after: unknown): string | undefined {
  const [from, to] = [priceIn(before), priceIn(after)];
  if (from === undefined || to === undefined) return undefined;
  return `${from.plan}, ${sayMoney(from)} → ${to.plan}, ${sayMoney(to)} a month, ${whenItBegins(from, to)}`;
}

function whenItBegins(from: Price, to: Price): string {
  if (from.plan === to.plan) return "from the next billing period";
  return to.amount < from.amount ? "when the paid period ends" : "immediately";
}

/** `49.50 usd` */
export function sayMoney({ amount, currency }: Pick<Price, "amount" | "currency">): string {
  return `${wholeUnits(amount, currency)} ${currency}`;
}

/** `+49`, or `−49` with a real minus sign. */
export function signed(delta: number, currency: Currency): string {
  return `${delta < 0 ? "−" : "+"}${wholeUnits(Math.abs(delta), currency)}`;
}

/** The price that a lookup key names: `tiny--team--monthly--usd-4900`, or `tiny--team@2--monthly--usd-5900`. */
export function priceIn(lookupKey: unknown): Price | undefined {
  const [, plan, currency = "", amount] =
    /^[a-z0-9-]+?--([a-z0-9-]+?(?:@[0-9]+)?)--monthly--([a-z]{3})-(\d+)$/.exec(String(lookupKey)) ?? [];
  if (plan === undefined || !isCurrency(currency)) return undefined;
  return { plan, amount: Number(amount), currency };
}
