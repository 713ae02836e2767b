import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import pLimit from "p-limit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseDefinition } from "../../../../infra/database.ts";
import { startPostgres } from "../../../../packages/sandbox/src/postgres.ts";
import { platformSeed } from "../../../../packages/sandbox/src/supabase/platform-seed.ts";
import { access } from "../../../../src/provider/resources/postgres/access.ts";
import { schema } from "../../../../src/provider/resources/postgres/schema.ts";
import { Connections } from "../../../../src/vendors/connections.ts";
import { Life } from "../../life.ts";

const WORKSPACES = Array.from({ length: 50 }, (_, index) => `w${String(index + 1).padStart(2, "0")}`);
const UNLIKE = "w23";

let folder: string;
let server: Awaited<ReturnType<typeof startPostgres>>;
let api: Server;
let connections: Connections;

/**
 * The databases of fifty workspaces in one PostgreSQL server. Each is reached like a project: by its ref, over the
 * Management API's `database/query`. One server per project would take minutes to start and prove the same.
 */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenantry-upgrade-"));
  server = await startPostgres({ folder: join(folder, "data"), seed: platformSeed });
  api = createServer(async (request, response) => {
    const [, ref = ""] = /^\/v1\/projects\/(\w+)\/database\/query$/.exec(request.url ?? "") ?? [];
    const { query } = JSON.parse(await text(request)) as { query: string };
    const { status, body } = await run(ref, query);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const env = { SUPABASE_ACCESS_TOKEN: "sbp_none", SUPABASE_API_URL: url };
  connections = new Connections(env, new AbortController().signal);

  await asSuperuser("template1", "create database model template postgres owner postgres");
  const { access: privileges } = databaseDefinition("workspace");
  await new Life(access, context).up({ project: "model", ...privileges });
  await upgrade("model", migrations());
  for (const name of WORKSPACES)
    await asSuperuser(
      "template1",
      `create database ${name} template model owner postgres strategy file_copy`,
    );
});

afterAll(async () => {
  await connections?.close();
  api?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

function context(mode: "look" | "write") {
  return connections.context(mode, { signal: new AbortController().signal, status: () => {} });
}

/** Runs a script in one transaction as the project's `postgres`. */
async function run(database: string, query: string): Promise<{ status: number; body: unknown }> {
  const password = server.password.reveal();
  const client = new pg.Client({
    host: "127.0.0.1",
    port: server.port,
    user: "postgres",
    password,
    database,
  });
  await client.connect();
  try {
    const results: pg.QueryResult | pg.QueryResult[] = await client.query(query);
    return { status: 201, body: (Array.isArray(results) ? results.at(-1) : results)?.rows };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    const message = `Failed to run sql query: ERROR:  ${error.code}: ${error.message}\n`;
    return { status: 400, body: { message } };
  } finally {
    await client.end();
  }
}

async function asSuperuser(database: string, query: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(server.superuserUrl(database));
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(query)).rows;
  } finally {
    await client.end();
  }
}

function migrations(more: Readonly<Record<string, string>> = {}) {
  const added = Object.entries(more).map(([name, sql]) => [
    name,
    { sql, checksum: createHash("sha256").update(sql).digest("hex") },
  ]);
  return { ...databaseDefinition("workspace").schema.migrations, ...Object.fromEntries(added) };
}

function upgrade(project: string, wanted: ReturnType<typeof migrations>) {
  const { schema: scripts } = databaseDefinition("workspace");
  return new Life(schema, context).up({ project, ...scripts, migrations: wanted });
}

/** Upgrades in parallel like the fleet: a failure doesn't stop the others. */
async function upgradeAll(wanted: ReturnType<typeof migrations>): Promise<Record<string, string>> {
  const limit = pLimit(8);
  const results = await Promise.allSettled(WORKSPACES.map((name) => limit(() => upgrade(name, wanted))));
  return Object.fromEntries(
    results.flatMap((result, index) =>
      result.status === "rejected" ? [[WORKSPACES[index], String(result.reason)]] : [],
    ),
  );
}

/** The parts of the upgrade that each workspace has. */
async function madeOf(name: string): Promise<string> {
  const made = "select coalesce(string_agg(relname, ' ' order by relname), '') as made from pg_class";
  const [row] = await asSuperuser(name, `${made} where relname in ('tags', 'tags_idx')`);
  return String(row?.made);
}

const NEXT = {
  "0901_tags": "create table public.tags (id int primary key);",
  "0902_notes": "create index tags_idx on public.tags (id); create table public.notes (id int primary key);",
};

describe("a new schema for fifty workspaces, one of which conflicts with it", () => {
  test("upgrades 49, leaves one unchanged, and reports which one and why", async () => {
    await asSuperuser(UNLIKE, "create table public.notes (made text default 'by hand')");
    const failed = await upgradeAll(migrations(NEXT));
    expect(failed).toEqual({
      [UNLIKE]: expect.stringMatching(/migration 0902_notes: relation "notes" already exists/),
    });
    const others = WORKSPACES.filter((name) => name !== UNLIKE);
    expect(new Set(await Promise.all(others.map(madeOf)))).toEqual(new Set(["tags tags_idx"]));
    expect(await madeOf(UNLIKE)).toBe("");
    expect(await asSuperuser(UNLIKE, "select max(name) as last from tenantry.migrations")).toEqual([
      { last: Object.keys(migrations()).at(-1) },
    ]);
  });

  test("the next run upgrades it once the conflict is resolved, and touches no other", async () => {
    await asSuperuser(UNLIKE, "drop table public.notes");
    const applied = (name: string) =>
      asSuperuser(name, "select name, xmin::text, applied_at from tenantry.migrations order by 1");
    const before = await applied("w07");
    expect(await upgradeAll(migrations(NEXT))).toEqual({});
    expect(await madeOf(UNLIKE)).toBe("tags tags_idx");
    expect(await applied("w07")).toEqual(before);
  });
});
