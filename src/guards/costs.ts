import { infrastructureOf } from "../plan/infrastructure.ts";
import type { Guard, Monthly } from "../plan/plan.ts";
import { addMonthly, revenueOf } from "../plan/revenue.ts";
import {
  COST_KINDS,
  type CostKind,
  type CostLimit,
  type CostLimits,
  DIRECTIONS,
  type Direction,
} from "../shared/cost-limits.ts";
import { wholeUnits } from "../shared/currency.ts";
import type { GuardedStack } from "./facts.ts";

/** What one stack changes each month. */
interface Costs {
  readonly stack: string;
  readonly organization: string | null;
  readonly revenue: Monthly | null;
  readonly infrastructure: Monthly | null;
}

/**
 * Refuses changes of revenue and infrastructure above the platform's limits, for each organization and for the run. A larger limit in
 * `platform.yaml` allows them.
 */
export function costGuards(platform: string, stacks: readonly GuardedStack[]): Guard[] {
  const [first] = stacks;
  if (first === undefined) return [];
  const { perOrganization, perRun } = first.policy.costs;
  const all = stacks.map(costsOf);
  const organizations = all.filter(({ organization }) => organization !== null);
  return [
    ...organizations.flatMap((each) => guardsOf([each], each.organization, perOrganization)),
    ...guardsOf(all, null, perRun),
  ].map((guard) => ({ ...guard, platform }));
}

function costsOf({ organization, changes, model }: GuardedStack): Costs {
  return {
    ...{ stack: changes.stack, organization },
    revenue: organization === null ? null : revenueOf(changes, model, false).amount,
    infrastructure: infrastructureOf(changes, model, undefined, false).cost,
  };
}

function guardsOf(
  all: readonly Costs[],
  organization: string | null,
  limits: CostLimits,
): Omit<Guard, "platform">[] {
  return COST_KINDS.flatMap((kind) =>
    addMonthly(all.flatMap((each) => each[kind] ?? [])).flatMap((sum) =>
      DIRECTIONS.flatMap((direction) => {
        const limit = limits[kind][direction];
        if (limit === null || !exceeds(sum, direction, limit)) return [];
        const stacks = all.flatMap(({ stack, ...costs }) => {
          const own = costs[kind];
          return own?.currency === sum.currency && moved(own, direction) > 0 ? [stack] : [];
        });
        return [
          {
            ...{ verdict: "refused" as const, kind, organization, items: [], total: null, most: 0 },
            ...{ text: textOf(kind, direction, sum, limit), stacks, refuses: stacks, remedies: [] },
          },
        ];
      }),
    ),
  );
}

function moved({ delta }: Monthly, direction: Direction): number {
  return direction === "increase" ? delta : -delta;
}

/** A share of nothing isn't defined, so only amounts limit what begins at 0. Currencies are never compared with each other. */
function exceeds(sum: Monthly, direction: Direction, limit: CostLimit): boolean {
  const change = moved(sum, direction);
  if ("percent" in limit) return sum.before > 0 && change * 100 > sum.before * limit.percent;
  return sum.currency === limit.currency && change > limit.amount;
}

const VERBS: Readonly<Record<Direction, string>> = { increase: "raises", decrease: "lowers" };

/** `raises infrastructure by 100 usd a month, above the limit of 50 usd (cost in platform.yaml)` */
function textOf(kind: CostKind, direction: Direction, sum: Monthly, limit: CostLimit): string {
  const { currency } = sum;
  const change = `${wholeUnits(moved(sum, direction), currency)} ${currency} a month`;
  const most = "percent" in limit ? `${limit.percent}%` : `${wholeUnits(limit.amount, currency)} ${currency}`;
  return `${VERBS[direction]} ${kind} by ${change}, above the limit of ${most} in \`cost\` of platform.yaml`;
}
