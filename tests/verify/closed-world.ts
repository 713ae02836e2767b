import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "@tenantry/core/is-record";
import type pg from "pg";
import type * as z from "zod";
import { besideProvider, databaseDefinition } from "../../infra/database.ts";
import { issuerOf } from "../../src/control-plane/control-plane.ts";
import type { Resource } from "../../src/provider/resource.ts";
import { access } from "../../src/provider/resources/postgres/access.ts";
import { rowSecurity } from "../../src/provider/resources/postgres/row-security.ts";
import { deparsed } from "../../src/provider/resources/postgres/row-security-state.ts";
import { schema } from "../../src/provider/resources/postgres/schema.ts";
import { Connections, type Context } from "../../src/vendors/connections.ts";
import { catalogOf, catalogStatements } from "../../src/vendors/postgres/catalog/catalog.ts";
import { checkDefinition } from "../../src/verify/check.ts";
import { toDeparse } from "../../src/verify/definition.ts";
import { LiveDatabase } from "../../src/verify/live-database.ts";
import { type Kind, startDatabase } from "../databases/database.ts";
import { lines, liveDatabase } from "./world.ts";

const PROJECT = "abcdefghijklmnopqrst";

/** A database after `up`, read by both commands within the open transaction of its connection. */
export interface ClosedWorld {
  readonly client: pg.Client;
  /** The differences that `verify` finds, as lines. */
  verify(): Promise<string[]>;
  /** The differences that a refresh finds, each with its path in the inputs. */
  refresh(): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startClosedWorld(kind: Kind): Promise<ClosedWorld> {
  const database = await startDatabase(kind);
  const client = await database.connect();
  const api = await queriesOn(client);
  const definition = databaseDefinition(kind);
  const context = () => {
    const env = { SUPABASE_API_URL: api.url, SUPABASE_ACCESS_TOKEN: `sbp_${"0".repeat(40)}` };
    const { signal } = new AbortController();
    return new Connections(env, signal).context("look", { signal, status: () => {} });
  };
  const issuer = kind === "control-plane" ? issuerOf(PROJECT) : undefined;
  if (issuer !== undefined)
    await client.query(
      "insert into public.platforms (id, name, display_name, currency, default_plan, managed_by, issuer) values (gen_random_uuid(), 'acme', 'Acme', 'usd', 'free', 'manifest', $1)",
      [issuer],
    );
  const looks = await recorded(client, kind);
  let deparsing: Promise<unknown> | undefined;
  return {
    client,
    async verify() {
      await client.query("set local session authorization postgres");
      const live = await liveDatabase(client);
      // Deparsed definitions don't depend on the other objects in the database.
      deparsing ??= live.deparse(toDeparse(definition));
      const known = new LiveDatabase(live.ref, live.catalog, () => deparsing ?? Promise.reject());
      return lines(await checkDefinition(known, definition, issuer));
    },
    async refresh() {
      // Like the Management API's read-only queries.
      await client.query("set local session authorization supabase_read_only_user");
      const shared = context();
      return (await Promise.all(looks.map((look) => look(shared)))).flat();
    },
    async stop() {
      await api.stop();
      await database.stop();
    },
  };
}

type Look = (context: Context) => Promise<string[]>;

/** The database's resources in the state after `up`. */
async function recorded(client: pg.Client, kind: Kind): Promise<Look[]> {
  const definition = databaseDefinition(kind);
  await client.query("begin");
  let rows: unknown[] = [];
  for (const statement of catalogStatements) rows = (await client.query(statement)).rows;
  await client.query("rollback");
  const catalog = catalogOf(rows);
  const { access: wanted, rowSecurity: rules, schema: scripts } = definition;
  const applied = Object.keys(scripts.migrations).sort();
  const securityInputs = { project: PROJECT, ...rules };
  return [
    lookAt(access, { project: PROJECT, ...(kind === "workspace" ? wanted : besideProvider(wanted)) }, {}),
    lookAt(schema, { project: PROJECT, ...scripts }, { applied, digest: catalog.ledger?.digest ?? "" }),
    lookAt(rowSecurity, securityInputs, { deparsed: deparsed(securityInputs, catalog) }),
  ];
}

function lookAt<I extends z.ZodObject, O extends z.ZodObject>(
  resource: Resource<I, O>,
  inputs: z.infer<I>,
  outputs: z.infer<O>,
): Look {
  return async (context) => {
    const found = await resource.observe(context, { id: "it", inputs, outputs });
    return found === undefined ? [`${resource.type} is gone`] : told(inputs, found.inputs, resource.type);
  };
}

/** Each difference with its path and the live value. */
function told(declared: unknown, found: unknown, place: string): string[] {
  if (isDeepStrictEqual(declared, found)) return [];
  if (!isRecord(found)) return [`${place}: ${JSON.stringify(found)}`];
  const before = isRecord(declared) ? declared : {};
  const keys = [...new Set([...Object.keys(before), ...Object.keys(found)])];
  return keys.flatMap((key) => told(before[key], found[key], `${place} ${key}`));
}

/** Serves the Management API's `database/query` with a connection that has an open transaction. */
async function queriesOn(client: pg.Client): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { query } = JSON.parse(body) as { query: string };
    const results: pg.QueryResult | pg.QueryResult[] = await client.query(query);
    const last = Array.isArray(results) ? results.at(-1) : results;
    response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(last?.rows ?? []));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve()))),
  };
}
