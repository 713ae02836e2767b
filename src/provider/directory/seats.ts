import { UserError } from "../../core/errors.ts";
import type { Query } from "../../postgres/database.ts";

interface Seats {
  /** Of the declared plan, with its override; null: unlimited. */
  readonly allowed: number | null;
  readonly plan: string;
  /** Who holds one: members, and whoever is invited. */
  readonly taken: number;
  /** Those of them whom the product let in or invited. */
  readonly byApp: readonly string[];
}

/**
 * Changes an organization's people, and refuses to add any beyond the declared plan's seats: the manifest's own are counted when
 * it is read, here those of the product are beside them. What doesn't fit already stays: the plan may have become smaller.
 *
 * The caller holds the lock on the organization's row, as every function of the product does that fills a seat.
 *
 * @throws UserError when seats are missing; the transaction is to be taken back
 */
export async function withinSeats(
  query: Query,
  organization: string,
  change: () => Promise<void>,
): Promise<void> {
  const before = await readSeats(query, organization);
  await change();
  const { allowed, plan, taken, byApp } = await readSeats(query, organization);
  if (allowed === null || taken <= allowed || taken <= before.taken) return;
  throw new UserError(
    `The plan ${plan} has ${allowed} seats, and ${taken} are needed: the product has let in or invited ${byApp.join(", ")}.`,
    {
      remedy: "Remove somebody in the product or from the manifest, or choose a plan with more seats.",
    },
  );
}

async function readSeats(query: Query, organization: string): Promise<Seats> {
  const [row] = await query<Seats>(
    `select plans.name as plan,
       case limit_overrides ->> 'seats' when 'unlimited' then null
         else coalesce((limit_overrides ->> 'seats')::int, seats) end as allowed,
       (select count(distinct email)::int from ${SEATED}) as taken,
       array(select distinct email from ${SEATED} where managed_by = 'app' order by email) as "byApp"
     from public.organizations join public.plans on plans.name = plan where organizations.id = $1`,
    [organization],
  );
  if (row === undefined) throw new Error(`there is no organization ${organization}`);
  return row;
}

const SEATED = `(
  select email, managed_by from public.members where organization_id = $1
  union all
  select email, managed_by from public.invitations as it where organization_id = $1 and private.is_open(it)) as seated`;
