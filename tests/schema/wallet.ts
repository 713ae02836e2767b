import type pg from "pg";
import { insertRows } from "../isolation/probe.ts";
import { rowsOf, uuid, type World } from "../isolation/world.ts";

export const ORGANIZATION = uuid("b", 0);
export const WORKSPACES = [uuid("c", 0), uuid("c", 1)] as const;
export const ADA = uuid("a", 0);

/** One organization, of whom Ada is the owner, with two workspaces and an empty wallet `data`. */
const world: World = {
  people: [{ id: ADA, email: "person-0@example.com", verified: true, account: "confirmed" }],
  organizations: [
    {
      id: ORGANIZATION,
      members: [{ person: 0, role: "owner" }],
      workspaces: WORKSPACES.map((id) => ({ id, state: "active", granted: [] })),
    },
  ],
};

export async function insertOrganization(client: pg.Client): Promise<void> {
  const {
    "public.wallet_entries": _,
    "public.reloads": __,
    "public.usage_logs": ___,
    "public.quota_usage": ____,
    "realtime.messages": _____,
    ...rows
  } = rowsOf(world);
  await insertRows(client, rows);
}

export async function setReload(
  client: pg.Client,
  reload: { below: number; add?: number; upTo?: number; monthlyCap?: number },
): Promise<void> {
  await client.query(
    `update public.wallets set reload_enabled = true, reload_below = $1, reload_add = $2, reload_up_to = $3,
       reload_monthly_cap = $4`,
    [reload.below, reload.add, reload.upTo, reload.monthlyCap],
  );
}

/** Everything that must add up, in credits; whatever happened, the first four are the same, and the rest is 0. */
export interface Sums {
  readonly balance: number;
  readonly entries: number;
  readonly left: number;
  readonly leftByAllocations: number;
  /** Credits whose rest isn't what their allocations say, or whose allocations aren't between nothing and all. */
  readonly wrongCredits: number;
  /** Debits, refunds and expiries that differ from the sum of their allocations. */
  readonly wrongAllocations: number;
  /** Debits without exactly one row of usage that says the same, and rows without their debit. */
  readonly wrongUsage: number;
}

export async function sumsOf(client: pg.Client): Promise<Sums> {
  const { rows } = await client.query<Sums>(`
    with credit as (
      select e.id, e.amount, coalesce(sum(a.amount), 0) as taken
      from public.wallet_entries e left join private.wallet_allocations a on a.credit_id = e.id
      where e.amount > 0 and e.of_entry_id is null group by e.id
    ), spent as (
      select e.id, -e.amount as amount, coalesce(sum(a.amount), 0) as taken
      from public.wallet_entries e left join private.wallet_allocations a on a.entry_id = e.id
      where e.amount < 0 or e.of_entry_id is not null group by e.id
    )
    select
      (select balance::int from public.wallets where name = 'data') as balance,
      (select coalesce(sum(amount), 0)::int from public.wallet_entries) as entries,
      (select coalesce(sum(remaining), 0)::int from public.wallet_credits) as left,
      (select coalesce(sum(amount - taken), 0)::int from credit) as "leftByAllocations",
      (select count(*)::int from credit left join public.wallet_credits held on held.entry_id = id
        where coalesce(held.remaining, 0) <> amount - taken or taken not between 0 and amount) as "wrongCredits",
      (select count(*)::int from spent where amount <> taken) as "wrongAllocations",
      (select count(*)::int from (select * from public.wallet_entries where kind = 'debit') debit
        full join public.usage_logs usage on usage.wallet_entry_id = debit.id
        where debit.workspace_id is distinct from usage.workspace_id or -debit.amount is distinct from usage.credits)
        as "wrongUsage"`);
  const sums = rows[0];
  if (sums === undefined) throw new Error("a select without a from gave no row");
  return sums;
}

export function addsUpTo(balance: number): Sums {
  const same = { balance, entries: balance, left: balance, leftByAllocations: balance };
  return { ...same, wrongCredits: 0, wrongAllocations: 0, wrongUsage: 0 };
}
