import type { PropertyChange } from "../changes/property-change.ts";
import type { StackChanges } from "../changes/stack.ts";
import type { OrganizationModel } from "../model/model.ts";
import { priceIn } from "./money.ts";
import type { Revenue } from "./plan.ts";

const SUBSCRIPTION = "tenantry:stripe:Subscription";

/**
 * An organization's monthly revenue before and after its changes, at list prices: taxes, discounts, prorations and trials are
 * left out. Null if no price is known, such as for a plan by contract.
 */
export function revenueOf(changes: StackChanges, model: OrganizationModel | null): Revenue | null {
  const step = changes.steps.find(({ type, component }) => type === SUBSCRIPTION && !component);
  const property = (name: string) => step?.changes.find(({ path }) => path === name);
  const isNew = step?.action === "create" || step?.action === "import";
  const isGone = step?.action === "delete" || (model === null && step === undefined);
  const prices = sides(property("price"), model?.priceLookupKey ?? undefined);
  const states = sides(property("state"), model?.state ?? "active");
  const before = isNew ? undefined : priceIn(prices.before);
  const after = isGone ? undefined : priceIn(prices.after);
  const currency = (after ?? before)?.currency;
  if (currency === undefined) return null;
  const paid = before !== undefined && states.before === "active" ? before.amount : 0;
  const pays = after !== undefined && states.after === "active" ? after.amount : 0;
  return { currency, before: paid, after: pays, delta: pays - paid };
}

/** A value before and after; without a change, the declared one on both sides. */
function sides(change: PropertyChange | undefined, declared: unknown) {
  return change === undefined
    ? { before: declared, after: declared }
    : { before: change.before ?? declared, after: change.after ?? declared };
}

/** Adds up revenues by currency. */
export function addRevenues(revenues: readonly Revenue[]): Revenue[] {
  const currencies = [...new Set(revenues.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => {
    const these = revenues.filter((revenue) => revenue.currency === currency);
    const sum = (side: "before" | "after" | "delta") => these.reduce((all, each) => all + each[side], 0);
    return { currency, before: sum("before"), after: sum("after"), delta: sum("delta") };
  });
}
