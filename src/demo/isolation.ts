import pg from "pg";

/** Somebody with a token of the platform, or (`null`) with none. */
export interface Person {
  readonly name: string;
  readonly email: string | null;
}

/** What one person sees of one table: rows of the organization looked at, and of any other. */
interface Sight {
  readonly own: number;
  readonly foreign: number;
}

export interface IsolationReport {
  readonly tables: readonly string[];
  /** By table, then in the order of the people. */
  readonly seen: Readonly<Record<string, readonly Sight[]>>;
  readonly rows: Readonly<Record<string, Sight>>;
  /** Attempts to change or remove a row of another organization, and how many of those came through. */
  readonly attempts: number;
  readonly broken: number;
}

/**
 * Shows on a live control plane who sees what: as the real roles, with real claims, in a transaction that is undone.
 *
 * @param organization the name of the organization that "own" means
 */
export async function proveIsolation(
  connectionString: string,
  organization: string,
  people: readonly Person[],
): Promise<IsolationReport> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query("begin");
    const users = await signUp(client, people);
    const keys = await ownKeys(client, organization);
    const tables = await tenantTables(client);
    const rows: Record<string, Sight> = {};
    const seen: Record<string, Sight[]> = {};
    let attempts = 0;
    let broken = 0;
    for (const { table, column } of tables) {
      const all = await keysOf(client, table, column);
      rows[table] = sightOf(all, keys);
      seen[table] = [];
      for (const person of people) {
        const claims = users.get(person.name);
        const visible = await as(client, claims, () => keysOf(client, table, column));
        seen[table].push(sightOf(visible ?? [], keys));
        const foreign = [...new Set(all.filter((key) => !keys.has(key)))];
        const outcomes = await tamper(client, claims, table, column, foreign);
        attempts += outcomes.length;
        broken += outcomes.filter((changed) => changed > 0).length;
      }
    }
    return { tables: tables.map(({ table }) => table), seen, rows, attempts, broken };
  } finally {
    await client.query("rollback");
    await client.end();
  }
}

/** As the auth service does when somebody signs up and verifies the address. */
async function signUp(client: pg.Client, people: readonly Person[]): Promise<Map<string, string>> {
  const claims = new Map<string, string>();
  for (const { name, email } of people) {
    if (email === null) continue;
    const { rows } = await client.query<{ id: string }>(
      `insert into auth.users (id, aud, role, email, email_confirmed_at)
       values (gen_random_uuid(), 'authenticated', 'authenticated', $1, now()) returning id`,
      [email],
    );
    claims.set(name, JSON.stringify({ sub: rows[0]?.id, email, role: "authenticated" }));
  }
  return claims;
}

/** The ids by which rows say that they are the organization's: its own, and its workspaces'. */
async function ownKeys(client: pg.Client, organization: string): Promise<Set<string>> {
  const { rows } = await client.query<{ id: string }>(
    `select id from public.organizations where name = $1
     union all
     select workspaces.id from public.workspaces
     join public.organizations on organizations.id = organization_id where organizations.name = $1`,
    [organization],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Every table of the data API whose rows belong to an organization or to a workspace. */
async function tenantTables(client: pg.Client): Promise<{ table: string; column: string }[]> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `select distinct on (relname) relname as table, attname as column
     from pg_class join pg_attribute on attrelid = pg_class.oid
     where relnamespace = 'public'::regnamespace and relkind = 'r'
       and (attname in ('organization_id', 'workspace_id') or (relname in ('organizations', 'workspaces') and attname = 'id'))
     order by relname, attname = 'organization_id' desc`,
  );
  return rows;
}

async function keysOf(client: pg.Client, table: string, column: string): Promise<string[]> {
  const { rows } = await client.query<{ key: string }>(`select ${column}::text as key from public.${table}`);
  return rows.map(({ key }) => key);
}

function sightOf(found: readonly string[], own: ReadonlySet<string>): Sight {
  const mine = found.filter((key) => own.has(key)).length;
  return { own: mine, foreign: found.length - mine };
}

/** Tries to remove and to take over every row of others; the number of rows that each attempt changed. */
async function tamper(
  client: pg.Client,
  claims: string | undefined,
  table: string,
  column: string,
  foreign: readonly string[],
): Promise<number[]> {
  if (foreign.length === 0) return [];
  const attempts = [
    `delete from public.${table} where ${column}::text = any ($1)`,
    `update public.${table} set ${column} = ${column} where ${column}::text = any ($1)`,
  ];
  const outcomes: number[] = [];
  for (const sql of attempts) {
    const result = await as(client, claims, () => client.query(sql, [foreign]));
    outcomes.push(result?.rowCount ?? 0);
  }
  return outcomes;
}

/** Runs the work as `authenticated` with these claims, or as `anon`; undefined when PostgreSQL refuses it. */
async function as<T>(
  client: pg.Client,
  claims: string | undefined,
  work: () => Promise<T>,
): Promise<T | undefined> {
  await client.query("savepoint caller");
  try {
    await client.query("select set_config('request.jwt.claims', $1, true)", [claims ?? "{}"]);
    await client.query(`set local role ${claims === undefined ? "anon" : "authenticated"}`);
    return await work();
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === "42501") return undefined;
    throw error;
  } finally {
    await client.query("rollback to savepoint caller");
  }
}
