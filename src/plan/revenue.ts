import type { PropertyChange } from "../changes/property-change.ts";
import type { StackChanges, Step } from "../changes/stack.ts";
import type { OrganizationModel } from "../model/model.ts";
import { priceIn } from "./money.ts";
import type { DueToday, Monthly } from "./plan.ts";

const SUBSCRIPTION = "tenantry:stripe:Subscription";
const ORGANIZATION = "tenantry:control-plane:Organization";

/** What an organization pays. */
export interface Revenue {
  /** Null if a price isn't known. */
  readonly amount: Monthly | null;
  /** What has no known price: `the plan enterprise`. Null if the amount is known. */
  readonly notPriced: string | null;
}

/**
 * An organization's monthly revenue before and after its changes, at list prices: taxes, discounts, prorations and trials are
 * left out. It isn't known if the organization has a plan by contract before or after them.
 *
 * @param model the organization as it is declared now; null if it isn't declared any more
 * @param applied whether the changes are those of a run, of which only what was done counts
 */
export function revenueOf(changes: StackChanges, model: OrganizationModel | null, applied: boolean): Revenue {
  const contract = contractIn(changes, model, applied);
  const amount = contract === undefined ? amountOf(changes, model, applied) : null;
  if (amount !== null) return { amount, notPriced: null };
  const declared = model === null ? "a removed organization" : `the plan ${model.plan.name}`;
  return { amount, notPriced: contract ?? declared };
}

/** The plan by contract that the changes lead to or from, if they create or delete the subscription of an organization that stays. */
function contractIn(
  changes: StackChanges,
  model: OrganizationModel | null,
  applied: boolean,
): string | undefined {
  const step = subscriptionStep(changes);
  if (model === null || step === undefined) return undefined;
  if (step.action === "delete") {
    const isKept = applied && step.status !== "done";
    const goesOn = model.priceLookupKey === null && model.state !== "deleted";
    return goesOn && !isKept ? `the plan ${model.plan.name}` : undefined;
  }
  const organization = changes.steps.find(({ type, component }) => type === ORGANIZATION && !component);
  if (!isNew(step) || organization === undefined || isNew(organization)) return undefined;
  const before = organization.changes.find(({ path }) => path === "plan")?.before;
  return `the plan ${typeof before === "string" ? before : model.plan.name}`;
}

function isNew({ action }: Step): boolean {
  return action === "create" || action === "import";
}

function amountOf(changes: StackChanges, model: OrganizationModel | null, applied: boolean): Monthly | null {
  const step = subscriptionStep(changes);
  const property = (name: string) => step?.changes.find(({ path }) => path === name);
  const isGone = step?.action === "delete" || (model === null && step === undefined);
  const prices = sides(property("price"), model?.priceLookupKey ?? undefined);
  const states = sides(property("state"), model?.state ?? "active");
  const before = step !== undefined && isNew(step) ? undefined : priceIn(prices.before);
  const after = isGone ? undefined : priceIn(prices.after);
  const currency = (after ?? before)?.currency;
  if (currency === undefined) return null;
  const paid = before !== undefined && states.before === "active" ? before.amount : 0;
  const pays = after !== undefined && states.after === "active" ? after.amount : 0;
  return monthly(currency, paid, applied && step?.status !== "done" ? paid : pays);
}

/** Why an amount isn't known about which Stripe wasn't asked. */
const NOT_ASKED = "not asked";

/**
 * What is due today, if the subscription changes; null if it doesn't.
 *
 * @param applied whether the changes are those of a run, of which only what was done counts
 */
export function dueOf(changes: StackChanges, applied: boolean): DueToday | null {
  const step = subscriptionStep(changes);
  if (step === undefined || step.action === "same" || (applied && step.status !== "done")) return null;
  const due = changes.asked?.due ?? { unknown: NOT_ASKED };
  return "unknown" in due
    ? { amount: null, currency: null, reason: due.unknown }
    : { ...due.value, reason: null };
}

/** What is due today, as people read it: null also if Stripe wasn't asked. */
export function toldDue({ due }: { readonly due: DueToday | null }): DueToday | null {
  return due?.reason === NOT_ASKED ? null : due;
}

function subscriptionStep({ steps }: StackChanges): Step | undefined {
  return steps.find(({ type, component }) => type === SUBSCRIPTION && !component);
}

/** A value before and after; without a change, the declared one on both sides. */
function sides(change: PropertyChange | undefined, declared: unknown) {
  return change === undefined
    ? { before: declared, after: declared }
    : { before: change.before ?? declared, after: change.after ?? declared };
}

export function monthly(currency: Monthly["currency"], before: number, after: number): Monthly {
  return { currency, before, after, delta: after - before };
}

/** Adds up amounts by currency. Currencies are never added together. */
export function addMonthly(all: readonly Monthly[]): Monthly[] {
  const currencies = [...new Set(all.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => {
    const these = all.filter((each) => each.currency === currency);
    const sum = (side: "before" | "after") => these.reduce((total, each) => total + each[side], 0);
    return monthly(currency, sum("before"), sum("after"));
  });
}
