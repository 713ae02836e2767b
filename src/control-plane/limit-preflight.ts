import type { Query } from "../vendors/postgres/database.ts";
import { LIMIT_NAMES, type Limit, limitExceeded, type Use } from "./enforce-limits.ts";

/** What of an organization's declaration is limited. */
export interface Declared {
  readonly plan: string;
  /** Of the declared plan, with what overrides them; absent: unlimited. */
  readonly allowed: { readonly [limit in Limit]?: number | undefined };
  /** The names of limits that don't follow the plan. */
  readonly overridden: readonly string[];
  /** As `private.limit_uses` names them. */
  readonly things: Readonly<Record<Limit, readonly string[]>>;
}

/** Something that the product holds and no manifest declares. */
interface Held {
  readonly limit: Limit;
  readonly thing: string;
  readonly shown: string;
}

/** Whether a change declares more than before, or allows less. */
export function raisesUseOrLowersLimit(before: Declared, after: Declared): boolean {
  return LIMIT_NAMES.some((limit) => isSmaller(limit, before, after) || grows(limit, before, after, []));
}

/**
 * Refuses a change that has no room beside what the product holds, or that goes to limits which what is there doesn't fit.
 * What is over its limit already, and neither grows nor gets a smaller one, stays.
 *
 * @throws UserError with what the product holds of it
 */
export async function assertFits(
  query: Query,
  organization: string,
  before: Declared,
  after: Declared,
): Promise<void> {
  const held = await readHeld(query, organization);
  const exceeded = LIMIT_NAMES.map((limit) => useOf(limit, after, held)).filter(
    ({ limit, allowed, needed }) =>
      allowed !== null &&
      needed > allowed &&
      (isSmaller(limit, before, after) || grows(limit, before, after, held)),
  );
  if (exceeded.length > 0) throw limitExceeded(exceeded);
}

/** None where the control plane isn't of this version yet: its own stack comes first, and the run itself counts. */
async function readHeld(query: Query, organization: string): Promise<readonly Held[]> {
  const [view] = await query<{ there: boolean }>(
    "select to_regclass('private.limit_uses') is not null as there",
    [],
  );
  if (view?.there !== true) return [];
  return query<Held>(
    `select distinct limit_name as "limit", thing, shown from private.limit_uses
     where organization_id = $1 and of_app order by shown`,
    [organization],
  );
}

function useOf(limit: Limit, { plan, allowed, overridden, things }: Declared, held: readonly Held[]): Use {
  const beside = held.filter((each) => each.limit === limit && !things[limit].includes(each.thing));
  return {
    limit,
    plan,
    allowed: allowed[limit] ?? null,
    isOverridden: overridden.includes(limit),
    needed: new Set([...things[limit], ...beside.map(({ thing }) => thing)]).size,
    byApp: beside.map(({ shown }) => shown),
  };
}

function isSmaller(limit: Limit, before: Declared, after: Declared): boolean {
  return (
    (after.allowed[limit] ?? Number.POSITIVE_INFINITY) < (before.allowed[limit] ?? Number.POSITIVE_INFINITY)
  );
}

function grows(limit: Limit, before: Declared, after: Declared, held: readonly Held[]): boolean {
  return useOf(limit, after, held).needed > useOf(limit, before, held).needed;
}
