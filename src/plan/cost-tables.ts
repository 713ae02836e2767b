import { wholeUnits } from "../shared/currency.ts";
import { count } from "../shared/format.ts";
import { hasEvents, stacksOf } from "./headline.ts";
import { BESIDE_COMPUTE } from "./infrastructure.ts";
import { signed } from "./money.ts";
import type { ChangePlan, Monthly, StackPlan } from "./plan.ts";
import { toldDue } from "./revenue.ts";

/** What changes in one currency. Different currencies are never added together. */
export interface CostTable {
  readonly currency: Monthly["currency"];
  /** The names of the columns after the first. */
  readonly columns: readonly string[];
  /** Stacks whose revenue or infrastructure changes, or that have something due. */
  readonly rows: readonly CostRow[];
  /** All stacks of the plan, those without changes too. */
  readonly all: CostRow;
}

export interface CostRow {
  /** The stack. */
  readonly name: string;
  readonly cells: readonly string[];
}

type Amounts = Pick<StackPlan, "revenue" | "infrastructure" | "due">;

/** One table for each currency in which something changes. */
export function costTables(plan: ChangePlan): CostTable[] {
  const { revenue, infrastructure, due } = plan;
  const currencies = [...new Set([...revenue, ...infrastructure].map(({ currency }) => currency))].sort();
  return currencies.flatMap((currency) => {
    const stacks = stacksOf(plan).filter((stack) => isChanged(stack, currency));
    if (stacks.length === 0) return [];
    const of = (all: readonly Monthly[]) => all.find((each) => each.currency === currency) ?? null;
    const total = due.find((each) => each.currency === currency);
    const all: Amounts = {
      revenue: of(revenue),
      infrastructure: of(infrastructure),
      due: total === undefined ? null : { ...total, reason: null },
    };
    const shown: Shown = {
      currency,
      infrastructure: all.infrastructure !== null,
      due: stacks.some((stack) => toldDue(stack) !== null),
    };
    return [
      {
        currency,
        columns: columnsOf(shown),
        rows: stacks.map((stack) => ({ name: stack.stack, cells: cellsOf(stack, shown) })),
        all: { name: "all", cells: cellsOf(all, shown) },
      },
    ];
  });
}

interface Shown {
  readonly currency: Monthly["currency"];
  readonly infrastructure: boolean;
  readonly due: boolean;
}

function isChanged(stack: StackPlan, currency: string): boolean {
  const { revenue, infrastructure } = stack;
  const due = toldDue(stack);
  const changes = (amount: Monthly | null) => amount?.currency === currency && amount.delta !== 0;
  const own = due?.currency ?? revenue?.currency;
  return changes(revenue) || changes(infrastructure) || (due !== null && own === currency);
}

function columnsOf({ infrastructure, due }: Shown): string[] {
  return [
    ...["revenue", "change"],
    ...(infrastructure ? ["infrastructure", "change"] : []),
    ...(due ? ["due today"] : []),
  ];
}

function cellsOf(amounts: Amounts, shown: Shown): string[] {
  const { revenue, infrastructure } = amounts;
  const { currency } = shown;
  const pair = (amount: Monthly | null) =>
    amount?.currency === currency
      ? [transitionOf(amount), amount.delta === 0 ? "" : signed(amount.delta, currency)]
      : ["", ""];
  return [
    ...pair(revenue),
    ...(shown.infrastructure ? pair(infrastructure) : []),
    ...(shown.due ? [dueCell(toldDue(amounts), currency)] : []),
  ];
}

function dueCell(due: Amounts["due"], currency: Monthly["currency"]): string {
  if (due === null) return "";
  if (due.amount === null) return due.reason ?? "";
  return due.currency === currency ? wholeUnits(due.amount, currency) : "";
}

function transitionOf({ before, after, currency }: Monthly): string {
  const [old, next] = [before, after].map((amount) => wholeUnits(amount, currency));
  return before === after ? `${next}` : `${old} → ${next}`;
}

/** How many things without a price are named before only their number is. */
const NAMED = 12;

/**
 * `not priced: compute 24xlarge (2), disk above 8 GB and add-ons (12)`; empty if everything is priced, or if neither an amount nor a
 * stack with something unpriced changes.
 */
export function notPricedText(plan: ChangePlan): string {
  const isUnpriced = stacksOf(plan).some((stack) => hasEvents(stack) && stack.notPriced.length > 0);
  if (!isUnpriced && costTables(plan).length === 0) return "";
  const isChanged = plan.infrastructure.some(({ before, after }) => before !== after);
  const told = plan.notPriced.filter(({ what }) => isChanged || what !== BESIDE_COMPUTE);
  const named = told.slice(0, NAMED).map(({ what, number }) => `${what} (${number.toLocaleString("en-US")})`);
  const rest = told.length - named.length;
  const more = rest === 0 ? "" : ` and ${rest.toLocaleString("en-US")} more`;
  return named.length === 0 ? "" : `not priced: ${named.join(", ")}${more}`;
}

/** `due today isn't known for 2 organizations`; empty if it is. */
export function dueUnknownText(plan: ChangePlan): string {
  const unknown = stacksOf(plan).filter((stack) => toldDue(stack)?.amount === null).length;
  return unknown === 0 ? "" : `due today isn't known for ${count(unknown, "organization")}`;
}
