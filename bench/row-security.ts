import type pg from "pg";
import { type Database, startDatabase } from "../tests/databases/database.ts";
import { type Figure, median, rounded } from "./figure.ts";
import { size } from "./size.ts";

const ROWS = size(1_000_000, 2_000);
const ORGANIZATIONS = 100;
const WORKSPACES_PER_ORGANIZATION = 10;
/** The user is a member of 5 organizations and may enter 2 workspaces of each. */
const MEMBERSHIPS = 5;
const GRANTED = ["w1", "w2"];
const WARM_UP = size(10, 1);
const ROUNDS = size(101, 3);

/**
 * Compares a sum over a user's 10 of 1,000 workspaces with and without row security, in a table of a million rows. Without it, a
 * role without policies filters by the 10 ids. The figure is the median of alternating runs.
 */
export async function rowSecurityRatio(): Promise<Figure> {
  const database = await startDatabase("control-plane");
  try {
    await load(await database.connect());
    return {
      name: "row-secured query over a million rows / filtered by hand",
      value: await measure(database),
      unit: "ratio",
      goal: 1.2,
      better: "lower",
    };
  } finally {
    await database.stop();
  }
}

const ISSUER = "https://control-plane.example/auth/v1";
const USER = "a0000000-0000-4000-8000-000000000000";

async function load(client: pg.Client): Promise<void> {
  await client.query(`
    insert into public.platforms (id, name, display_name, currency, default_plan, issuer, managed_by)
      values (gen_random_uuid(), 'bench', 'Bench', 'usd', 'free', '${ISSUER}', 'manifest');
    insert into public.plans (name, platform_id, display_name, per_workspace_access, managed_by)
      select 'free', id, 'Free', true, 'manifest' from public.platforms;
    insert into public.organizations
        (id, platform_id, name, generation, display_name, plan, billing_email, managed_by)
      select gen_random_uuid(), p.id, 'o' || n, 1, 'O', 'free', 'billing@example.com', 'manifest'
      from public.platforms p, generate_series(1, ${ORGANIZATIONS}) n;
    insert into public.workspaces (id, organization_id, name, generation, display_name, state, managed_by)
      select gen_random_uuid(), o.id, 'w' || n, 1, 'W', 'active', 'manifest'
      from public.organizations o, generate_series(1, ${WORKSPACES_PER_ORGANIZATION}) n;
    insert into public.members (organization_id, email, role, managed_by)
      select id, 'ada@example.com', 'member', 'manifest' from public.organizations order by name limit ${MEMBERSHIPS};
    insert into public.workspace_members (workspace_id, organization_id, email, managed_by)
      select w.id, w.organization_id, m.email, 'manifest' from public.members m
      join public.workspaces w using (organization_id) where w.name in ('${GRANTED.join("', '")}')`);
  // After the memberships: someone who signs up without one gets an organization of their own.
  await client.query(
    `insert into auth.users (id, email, email_confirmed_at) values ('${USER}', 'ada@example.com', now())`,
  );
  // Triggers and foreign keys would check each of the million rows, and aren't measured.
  await client.query("set session_replication_role = replica; set statement_timeout = 0");
  await client.query(`insert into public.usage_logs (workspace_id, operation, credits)
    select w.ids[1 + n % cardinality(w.ids)], 'read', n % 7
    from (select array_agg(id) as ids from public.workspaces) w, generate_series(1, ${ROWS}) n`);
  await client.query("vacuum analyze");
}

const SUM = "select count(*), sum(credits) from public.usage_logs";

async function measure(database: Database): Promise<number> {
  const free = await database.connect();
  const bound = await database.connect();
  const { rows } = await free.query<{ ids: string[] }>(
    "select array_agg(workspace_id) as ids from public.workspace_members",
  );
  await bound.query("begin; set local role authenticated");
  await bound.query("select set_config('request.jwt.claims', $1, true)", [
    JSON.stringify({ iss: ISSUER, sub: USER, role: "authenticated" }),
  ]);
  const secured = () => milliseconds(() => bound.query(SUM));
  const byHand = () => milliseconds(() => free.query(`${SUM} where workspace_id = any ($1)`, [rows[0]?.ids]));
  const ratios: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    // The order alternates, so that neither query always finds pages that the other has cached.
    const ratio =
      round % 2 === 0 ? (await secured()) / (await byHand()) : 1 / ((await byHand()) / (await secured()));
    if (round >= WARM_UP) ratios.push(ratio);
  }
  const results = [
    await bound.query(SUM),
    await free.query(`${SUM} where workspace_id = any ($1)`, [rows[0]?.ids]),
  ];
  const [first, second] = results.map((result) => JSON.stringify(result.rows));
  if (first !== second) throw new Error(`row security gives ${first}, the filter by hand ${second}`);
  await bound.query("commit");
  return rounded(median(ratios));
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
