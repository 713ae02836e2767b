import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, failure, rolledBack, startDatabase } from "../databases/database.ts";
import { tablesToProbe } from "../isolation/probe.ts";
import { insertOrganization, ORGANIZATION, WORKSPACES } from "./wallet.ts";

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
  await insertOrganization(client);
  await client.query("select private.post_wallet_entry('plan', $1, 'data', 'plan', 10, 'app')", [
    ORGANIZATION,
  ]);
});
afterAll(() => database.stop());

const DEBIT = `select * from public.debit_wallet('call', '${WORKSPACES[0]}', 'data', 4, 'read', '{"rows": 7}')`;
const REFUND = `select * from public.refund_debit('back', '${WORKSPACES[0]}', 'call')`;
const CONSUME = `select * from public.consume_quota('${WORKSPACES[0]}', 'rpm')`;
const AUTHENTICATE = "select public.authenticate_api_key('tnt_key')";

/** Sets the role like the data API does for a token with the role. */
async function asRole<T>(role: string, work: () => Promise<T>): Promise<T> {
  return rolledBack(client, async () => {
    await client.query(`set local session authorization authenticator`);
    await client.query(`set local role ${role}`);
    return work();
  });
}

describe("the gateway", () => {
  it("debits, refunds and counts", () =>
    asRole("tenantry_gateway", async () => {
      expect((await client.query(DEBIT)).rows).toMatchObject([{ booked: true, balance: "6", reload: null }]);
      expect((await client.query(REFUND)).rows).toMatchObject([{ refunded: "4", balance: "10" }]);
      expect((await client.query(CONSUME)).rows).toEqual([
        { allowed: true, remaining: null, wait_seconds: null },
      ]);
    }));

  it("reads and writes no table", async () => {
    const tables = (await tablesToProbe(client)).filter((name) => /^(public|private|tenantry)\./.test(name));
    expect(tables.length).toBeGreaterThan(20);
    const { rows } = await client.query(
      "select relnamespace::regnamespace || '.' || relname as name from pg_class where relkind = 'v'",
    );
    const views = new Set(rows.map(({ name }) => name));
    await asRole("tenantry_gateway", async () => {
      for (const table of tables)
        for (const sql of [`select from ${table}`, `delete from ${table}`])
          expect([sql, await failure(client, sql)]).toEqual([
            sql,
            // PostgreSQL can't write to a view of several tables.
            sql.startsWith("delete") && views.has(table) ? "55000" : "42501",
          ]);
    });
  });

  it("may call nothing else", async () => {
    const { rows } = await client.query<{ name: string }>(`
      select p.oid::regprocedure::text as name from pg_proc p
      where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        and has_function_privilege('tenantry_gateway', p.oid, 'execute') order by 1`);
    expect(rows.map(({ name }) => name)).toEqual([
      "authenticate_api_key(text)",
      "consume_quota(uuid,text,bigint)",
      "debit_wallet(text,uuid,text,bigint,text,jsonb,uuid,uuid)",
      "private.authenticate_api_key(text,timestamp with time zone)",
      "private.consume_quota(uuid,text,bigint,timestamp with time zone)",
      "private.debit_wallet(text,uuid,text,bigint,text,jsonb,uuid,uuid,timestamp with time zone)",
      "private.refund_debit(text,uuid,text,bigint)",
      "refund_debit(text,uuid,text,bigint)",
    ]);
  });
});

describe.each(["anon", "authenticated", "service_role"])("%s", (role) => {
  it.each([DEBIT, REFUND, CONSUME, AUTHENTICATE])("may not %s", (sql) =>
    asRole(role, async () => {
      expect(await failure(client, sql)).toBe("42501");
    }),
  );
});
