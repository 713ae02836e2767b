import pg from "pg";
import type { Caller } from "../databases/database.ts";
import { ISSUER, uuid } from "../isolation/world.ts";

/** A person with an account on the platform. */
export interface Person {
  readonly id: string;
  readonly email: string;
}

const PLATFORM = uuid("d", 0);

/** A platform with two wallets and two plans: `solo`, the default, for one; and `team`, with everything and some of it limited. */
export async function openPlatform(client: pg.Client): Promise<void> {
  await client.query(`
    insert into public.platforms (id, name, display_name, currency, default_plan, apps_domain, issuer, managed_by)
      values ('${PLATFORM}', 'camelai', 'camelAI', 'usd', 'solo', 'apps.example', '${ISSUER}', 'manifest');
    insert into public.plans
        (name, platform_id, display_name, workspaces, seats, custom_domains, rpm, per_workspace_access, managed_by)
      values ('solo', '${PLATFORM}', 'Solo', 1, 1, 0, 60, false, 'manifest'),
        ('team', '${PLATFORM}', 'Team', 3, 4, 2, 600, true, 'manifest');
    insert into public.wallet_types (name, platform_id, credit_amount, managed_by)
      values ('data', '${PLATFORM}', 1, 'manifest'), ('ai', '${PLATFORM}', 1, 'manifest')`);
}

/** As Supabase's auth service does it. */
export async function signUp(client: pg.Client, email: string, verified = true): Promise<Person> {
  const { rows } = await client.query<{ id: string }>(
    `insert into auth.users (id, email, email_confirmed_at)
     values (gen_random_uuid(), $1, case when $2 then now() end) returning id`,
    [email, verified],
  );
  return { id: one(rows).id, email };
}

/** Puts a plan in force, like a payment does. */
export async function moveToPlan(client: pg.Client, organization: string, plan: string): Promise<void> {
  await client.query("update public.organizations set plan = $2 where id = $1", [organization, plan]);
  await client.query(
    `update public.quotas set workspaces = plans.workspaces, seats = plans.seats, rpm = plans.rpm,
       custom_domains = plans.custom_domains, per_workspace_access = plans.per_workspace_access
     from public.plans where plans.name = $2 and organization_id = $1`,
    [organization, plan],
  );
}

/** The organization that a person owns. */
export async function organizationOf(client: pg.Client, person: Person): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    "select organization_id as id from public.members where email = $1 and role = 'owner'",
    [person.email],
  );
  return one(rows).id;
}

/** A token as the auth service issues it. */
export function tokenOf(person: Person): Caller {
  const claims = {
    iss: ISSUER,
    sub: person.id,
    email: person.email,
    aud: "authenticated",
    exp: 4_000_000_000,
  };
  return { role: "authenticated", claims };
}

/** Runs a statement as a person through the data API; what it wrote stays. Must be inside a transaction. */
export async function callAs<Row extends pg.QueryResultRow>(
  client: pg.Client,
  person: Person,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const { role, claims } = tokenOf(person);
  await client.query("savepoint call");
  try {
    await client.query("select set_config('request.jwt.claims', $1, true), set_config('role', $2, true)", [
      JSON.stringify({ role, ...claims }),
      role,
    ]);
    const { rows } = await client.query<Row>(sql, [...values]);
    await client.query("select set_config('role', 'none', true), set_config('request.jwt.claims', '', true)");
    await client.query("release savepoint call");
    return rows;
  } catch (error) {
    await client.query("rollback to savepoint call");
    throw error;
  }
}

/** The error that a person gets: the HTTP status, the problem and the hint. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export async function refusal(work: Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { code: error.code ?? "", message: error.message, hint: error.hint ?? "" };
  }
}

export function one<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Error(`there are ${rows.length} rows instead of one`);
  return row;
}
