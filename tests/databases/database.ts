import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { databaseDefinition } from "../../infra/database.ts";
import { startPostgres } from "../../packages/sandbox/src/postgres.ts";
import { platformSeed } from "../../packages/sandbox/src/supabase/platform-seed.ts";
import { specified } from "../../src/provider/resources/postgres/row-security-state.ts";
import { grantAccess } from "../../src/vendors/postgres/scripts/access.ts";
import { migrate } from "../../src/vendors/postgres/scripts/migrate.ts";
import { secureRows } from "../../src/vendors/postgres/scripts/secure-rows.ts";

export type Kind = "control-plane" | "workspace";

/** A project's own PostgreSQL 17, with the schema, access and row security of its kind. */
export interface Database {
  /** Of the superuser, whom no policy binds. */
  readonly url: string;
  /** A connection of the superuser; it ends with the database. */
  connect(): Promise<pg.Client>;
  stop(): Promise<void>;
}

export async function startDatabase(kind: Kind): Promise<Database> {
  const database = await startEmptyDatabase();
  try {
    await define(await database.connect(), kind);
  } catch (error) {
    await database.stop();
    throw error;
  }
  return database;
}

/** A new project's PostgreSQL, without anything of tenantry's. */
export async function startEmptyDatabase(): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), "tenantry-database-"));
  const server = await startPostgres({ folder: join(folder, "data"), seed: platformSeed });
  const url = server.superuserUrl("postgres");
  const clients: pg.Client[] = [];
  return {
    url,
    connect: async () => {
      const client = new pg.Client(url);
      clients.push(client);
      await client.connect();
      return client;
    },
    stop: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs {@link scriptsOf} as the project's `postgres`, as the provider does. */
export async function define(client: pg.Client, kind: Kind): Promise<void> {
  await client.query("set session authorization postgres");
  for (const script of scriptsOf(kind)) await client.query(script);
  await client.query("reset session authorization");
}

/** The scripts that a run sends to a database of this kind, in their order. Each is one transaction. */
export function scriptsOf(kind: Kind): string[] {
  const definition = databaseDefinition(kind);
  const scripts = [
    grantAccess(accessOf(definition.access)),
    migrate(definition.schema),
    secureRows(specified({ ...definition.rowSecurity, project: "here" }, undefined)),
  ];
  return scripts.map((script) => `set local search_path = '';\n${script}`);
}

type Definition = ReturnType<typeof databaseDefinition>;

function accessOf(access: Definition["access"]): Parameters<typeof grantAccess>[0] {
  const roles = Object.entries(access.roles ?? {}).map(([name, role]) => [
    name,
    { login: false, inherit: false, bypassRowSecurity: false, ...role },
  ]);
  return {
    roles: Object.fromEntries(roles),
    extensions: access.extensions ?? {},
    schemas: access.schemas ?? {},
    defaultPrivileges: access.defaultPrivileges ?? [],
    settings: access.settings ?? {},
    memberships: access.memberships ?? {},
    formerly: [],
    formerSettings: {},
  };
}

/** A caller of the data API: the role that PostgREST switches to, and the claims of the token. */
export interface Caller {
  readonly role: "anon" | "authenticated" | "service_role";
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * Runs statements as a caller, as PostgREST does it; afterwards the connection is the superuser's again.
 *
 * Must be inside a transaction.
 */
export async function as<T>(client: pg.Client, caller: Caller, work: () => Promise<T>): Promise<T> {
  await client.query("savepoint caller");
  await client.query(`select set_config('request.jwt.claims', $1, true), set_config('role', $2, true)`, [
    JSON.stringify({ role: caller.role, ...caller.claims }),
    caller.role,
  ]);
  try {
    return await work();
  } finally {
    // Takes back the role, the claims and whatever the caller wrote.
    await client.query("rollback to savepoint caller");
  }
}

/** Runs the work in a transaction that is always rolled back. */
export async function rolledBack<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    return await work();
  } finally {
    await client.query("rollback");
  }
}

/** The SQLSTATE that a statement fails with; undefined when it succeeds. The transaction goes on either way. */
export async function failure(
  client: pg.Client,
  sql: string,
  values: unknown[] = [],
): Promise<string | undefined> {
  await client.query("savepoint attempt");
  try {
    await client.query(sql, values);
    return undefined;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return error.code;
  } finally {
    await client.query("rollback to savepoint attempt");
  }
}
