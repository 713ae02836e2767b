import type pg from "pg";
import { type Database, startDatabase } from "../tests/databases/database.ts";
import { type Figure, median, rounded } from "./figure.ts";
import { size } from "./size.ts";

const CLIENTS = 8;
const WARM_UP = 1;
const ROUNDS = size(9, 1);
const CALLS_PER_CLIENT = size(150, 5);

/**
 * Compares debits of one wallet with the same number of plain updates of its row. Concurrent clients make them as the gateway does.
 * Each round measures both, one after the other.
 */
export async function debitRatio(): Promise<Figure> {
  const database = await startDatabase("control-plane");
  try {
    await load(await database.connect());
    return {
      name: `debits per second / bare updates of the same balance, ${CLIENTS} clients`,
      value: await measure(database),
      unit: "ratio",
      goal: 0.5,
      better: "higher",
    };
  } finally {
    await database.stop();
  }
}

const ORGANIZATION = "b0000000-0000-4000-8000-000000000000";
const WORKSPACE = "c0000000-0000-4000-8000-000000000000";
const CREDITS = 1_000_000;

async function load(client: pg.Client): Promise<void> {
  await client.query(`
    insert into public.platforms (id, name, display_name, currency, default_plan, managed_by)
      values (gen_random_uuid(), 'bench', 'Bench', 'usd', 'free', 'manifest');
    insert into public.plans (name, platform_id, display_name, per_workspace_access, managed_by)
      select 'free', id, 'Free', true, 'manifest' from public.platforms;
    insert into public.wallet_types (name, platform_id, credit_amount, managed_by)
      select 'data', id, 1, 'manifest' from public.platforms;
    insert into public.organizations
        (id, platform_id, name, generation, display_name, plan, billing_email, managed_by)
      select '${ORGANIZATION}', id, 'acme', 1, 'Acme', 'free', 'billing@example.com', 'manifest' from public.platforms;
    insert into public.workspaces (id, organization_id, name, generation, display_name, state, managed_by)
      values ('${WORKSPACE}', '${ORGANIZATION}', 'production', 1, 'Production', 'active', 'manifest');
    insert into public.wallets (organization_id, name, reload_enabled, reload_below, reload_add, managed_by)
      values ('${ORGANIZATION}', 'data', true, 10, 100, 'manifest')`);
  // Commits are durable, as on every Supabase server.
  await client.query("alter system set fsync = on");
  await client.query("alter system set full_page_writes = on");
  await client.query("select pg_reload_conf()");
  await client.query("select private.post_wallet_entry('plan', $1, 'data', 'plan', $2, 'app')", [
    ORGANIZATION,
    CREDITS,
  ]);
  // Allows the plain update to change the balance. The ledger's own triggers stay enabled and are measured.
  await client.query("alter table public.wallets disable trigger keep_balance");
}

async function measure(database: Database): Promise<number> {
  const gateway = await connectAll(database, "set role tenantry_gateway");
  const bare = await connectAll(database, "set role postgres");
  let number = 0;
  const debit = (client: pg.Client) =>
    client.query({
      name: "debit",
      text: "select booked from public.debit_wallet($1, $2, 'data', 1, 'read')",
      values: [`call-${number++}`, WORKSPACE],
    });
  const update = (client: pg.Client) =>
    client.query({
      name: "update",
      text: "update public.wallets set balance = balance - 1 where organization_id = $1 and name = 'data' returning balance",
      values: [ORGANIZATION],
    });
  const ratios: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const updates = await seconds(bare, update);
    const debits = await seconds(gateway, debit);
    if (round >= WARM_UP) ratios.push(updates / debits);
  }
  await expectBooked(bare[0] as pg.Client, number);
  return rounded(median(ratios));
}

function connectAll(database: Database, sql: string): Promise<pg.Client[]> {
  return Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = await database.connect();
      await client.query(sql);
      return client;
    }),
  );
}

async function seconds(
  clients: readonly pg.Client[],
  call: (client: pg.Client) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      for (let i = 0; i < CALLS_PER_CLIENT; i++) await call(client);
    }),
  );
  return (performance.now() - start) / 1000;
}

async function expectBooked(client: pg.Client, debits: number): Promise<void> {
  const { rows } = await client.query("select count(*)::int as booked from public.usage_logs");
  if (rows[0]?.booked !== debits)
    throw new Error(`${rows[0]?.booked} of ${debits} debits were booked: the figure would mean nothing`);
}
