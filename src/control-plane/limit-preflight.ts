import { COUNTED_LIMITS, type CountedLimit } from "../shared/entitlements.ts";
import type { Query } from "../vendors/postgres/database.ts";
import { limitExceeded, type Use } from "./enforce-limits.ts";

/** The limited part of an organization's declaration. */
export interface Declared {
  readonly plan: string;
  /** The declared plan's limits with their overrides. An absent one is unlimited. */
  readonly allowed: { readonly [limit in CountedLimit]?: number | undefined };
  /** The names of overridden limits. */
  readonly overridden: readonly string[];
  /** The names of limits whose override has expired. On the same plan, their fall is no reason to refuse a change. */
  readonly lapsed: readonly string[];
  /** Named like the rows of `private.limit_uses`. */
  readonly things: Readonly<Record<CountedLimit, readonly string[]>>;
}

/** Something that people created in the product and no manifest declares. */
interface Held {
  readonly limit: CountedLimit;
  readonly thing: string;
  readonly shown: string;
}

/** Whether a change declares more than before, or allows less. */
export function raisesUseOrLowersLimit(before: Declared, after: Declared): boolean {
  return COUNTED_LIMITS.some((limit) => isSmaller(limit, before, after) || grows(limit, before, after, []));
}

/**
 * Refuses a change that exceeds a limit, counting what people created in the product too. Existing overages are allowed unless
 * usage rises or the limit falls.
 *
 * @throws UserError with the names of what people created in the product
 */
export async function assertFits(
  query: Query,
  organization: string,
  before: Declared,
  after: Declared,
): Promise<void> {
  const held = await readHeld(query, organization);
  const exceeded = COUNTED_LIMITS.map((limit) => useOf(limit, after, held)).filter(
    ({ limit, allowed, needed }) =>
      allowed !== null &&
      needed > allowed &&
      (isSmaller(limit, before, after) || grows(limit, before, after, held)),
  );
  if (exceeded.length > 0) throw limitExceeded(exceeded);
}

/** Empty before the control plane has the view. Its own stack is updated first, and then the run itself counts. */
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

function useOf(
  limit: CountedLimit,
  { plan, allowed, overridden, things }: Declared,
  held: readonly Held[],
): Use {
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

function isSmaller(limit: CountedLimit, before: Declared, after: Declared): boolean {
  return (
    !(after.plan === before.plan && after.lapsed.includes(limit)) &&
    (after.allowed[limit] ?? Number.POSITIVE_INFINITY) < (before.allowed[limit] ?? Number.POSITIVE_INFINITY)
  );
}

function grows(limit: CountedLimit, before: Declared, after: Declared, held: readonly Held[]): boolean {
  return useOf(limit, after, held).needed > useOf(limit, before, held).needed;
}
