import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { as, type Database, rolledBack, startDatabase } from "../databases/database.ts";
import { ISSUER, uuid } from "../isolation/world.ts";

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
});
afterAll(() => database.stop());

it.each([
  "usage_logs",
  "escalations",
  "agent_sessions",
  "connections",
  "apps",
  "cron_jobs",
  "api_keys",
  "workspace_members",
])("row security of %s is an index condition, and asks for the caller's workspaces once", async (table) => {
  const plan = await rolledBack(client, async () => {
    // A small table is read whole; here it must be able to use the index.
    await client.query("set local enable_seqscan = off");
    return as(client, { role: "authenticated", claims: { iss: ISSUER, sub: uuid("a", 0) } }, async () => {
      const { rows } = await client.query<{ "QUERY PLAN": string }>(
        `explain (costs off) select * from public.${table}`,
      );
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });
  });
  expect(plan).toMatch(/Index Cond: \(workspace_id = ANY \(\(InitPlan 1\)\.col1\)\)/);
  expect(plan).not.toMatch(/Filter/);
});
