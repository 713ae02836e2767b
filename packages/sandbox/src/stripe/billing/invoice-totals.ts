import type { Account } from "../account.ts";
import type { StoredDiscount, StoredInvoice, StoredInvoiceLine, StoredSubscription } from "../stored.ts";

type Totals = Pick<
  StoredInvoice,
  | "default_tax_rates"
  | "discounts"
  | "subtotal"
  | "subtotal_excluding_tax"
  | "total"
  | "total_discount_amounts"
  | "total_excluding_tax"
  | "total_taxes"
>;

/** The discounts and tax rates of a subscription or an invoice. */
type Reductions = Pick<StoredSubscription, "default_tax_rates" | "discounts">;

/**
 * Computes an invoice's totals: its lines, minus the discounts, plus exclusive taxes.
 *
 * Discounts apply in the given order to all lines except prorations. Taxes apply to the discounted total.
 * https://docs.stripe.com/billing/subscriptions/coupons, https://docs.stripe.com/billing/taxes/tax-rates
 */
export function totalsOf(
  account: Account,
  reductions: Reductions,
  lines: readonly StoredInvoiceLine[],
): Totals {
  const subtotal = sum(lines.map(({ amount }) => amount));
  let left = sum(lines.filter(({ discountable }) => discountable).map(({ amount }) => amount));
  const discounts = discountsOf(account, reductions).map((discount) => {
    const amount = Math.max(0, Math.min(left, amountOff(discount, left)));
    left -= amount;
    return { amount, discount: discount.id };
  });
  const taxable = subtotal - sum(discounts.map(({ amount }) => amount));
  const rates = reductions.default_tax_rates ?? [];
  const taxes = rates.map(({ id, inclusive, percentage }) => ({
    amount: Math.round((taxable * percentage) / (inclusive ? 100 + percentage : 100)),
    tax_behavior: inclusive ? ("inclusive" as const) : ("exclusive" as const),
    tax_rate_details: { tax_rate: id },
    taxability_reason: "standard_rated" as const,
    taxable_amount: taxable,
    type: "tax_rate_details" as const,
  }));
  const added = sum(taxes.filter(({ tax_behavior: how }) => how === "exclusive").map(({ amount }) => amount));
  return {
    default_tax_rates: rates,
    discounts: discounts.map(({ discount }) => discount),
    subtotal,
    subtotal_excluding_tax: subtotal,
    total: taxable + added,
    total_discount_amounts: discounts,
    total_excluding_tax: taxable,
    total_taxes: taxes,
  };
}

/** The share of an amount that is left when the subscription's discounts apply to a subtotal that contains it. */
export function discountedShare(
  account: Account,
  subscription: StoredSubscription,
  amount: number,
  subtotal: number,
): number {
  let left = subtotal;
  for (const discount of discountsOf(account, subscription))
    left -= Math.max(0, Math.min(left, amountOff(discount, left)));
  return subtotal === 0 ? amount : Math.round((amount * left) / subtotal);
}

/** The amount of an invoice line after its share of the invoice's discounts. */
export function netAmount(
  { lines, total_discount_amounts: discounts }: StoredInvoice,
  { amount, discountable }: StoredInvoiceLine,
): number {
  const subtotal = sum(lines.filter((line) => line.discountable).map((line) => line.amount));
  if (!discountable || subtotal === 0) return amount;
  const off = sum((discounts ?? []).map((discount) => discount.amount));
  return Math.round((amount * (subtotal - off)) / subtotal);
}

/** Returns the discounts that haven't ended. */
function discountsOf(account: Account, { discounts }: Reductions): StoredDiscount[] {
  return discounts
    .map((id) => account.discounts.get(id))
    .filter((one) => one !== undefined)
    .filter(({ end }) => end === null || end > account.now());
}

function amountOff({ terms }: StoredDiscount, amount: number): number {
  return terms.amount_off ?? Math.round((amount * (terms.percent_off ?? 0)) / 100);
}

/** Updates a subscription after an invoice. Removes a discount with the duration `once` if it reduced the invoice. */
export function billedBy(
  account: Account,
  subscription: StoredSubscription,
  invoice: StoredInvoice,
): StoredSubscription {
  const { discounts } = subscription;
  const used = (invoice.total_discount_amounts ?? []).filter(({ amount }) => amount > 0);
  const isOver = (id: string) =>
    account.discounts.get(id)?.terms.duration === "once" && used.some(({ discount }) => discount === id);
  return { ...subscription, discounts: discounts.filter((id) => !isOver(id)), latest_invoice: invoice.id };
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
