import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, failure, startDatabase } from "../databases/database.ts";
import { insertRows, look } from "../isolation/probe.ts";
import { ISSUER, rowsOf, uuid, type World } from "../isolation/world.ts";

const HERE = uuid("c", 0);
const THERE = uuid("c", 1);
const FOREIGN = uuid("c", 10);

/** Two organizations. In the first, person 1 is granted one of two workspaces. */
const world: World = {
  people: [0, 1].map((index) => ({
    id: uuid("a", index),
    email: `person-${index}@example.com`,
    verified: true,
    account: "confirmed",
  })),
  organizations: [
    {
      id: uuid("b", 0),
      members: [
        { person: 0, role: "owner" },
        { person: 1, role: "member" },
      ],
      workspaces: [
        { id: HERE, state: "active", granted: [1] },
        { id: THERE, state: "active", granted: [] },
      ],
    },
    {
      id: uuid("b", 1),
      members: [{ person: 0, role: "owner" }],
      workspaces: [{ id: FOREIGN, state: "active", granted: [] }],
    },
  ],
};

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
  await client.query("create table realtime.messages_all partition of realtime.messages default");
  await client.query("begin");
  await insertRows(client, rowsOf(world));
});
afterAll(() => database.stop());

const RECORDS = {
  "public.usage_logs": "(workspace_id, operation) values ($1, 'read')",
  "public.escalations": "(workspace_id, reason) values ($1, 'stuck')",
  "public.agent_sessions": "(workspace_id) values ($1)",
};

describe.each(Object.entries(RECORDS))("a row of %s", (table, values) => {
  const insert = (workspace: string | null) => failure(client, `insert into ${table} ${values}`, [workspace]);

  it("belongs to an existing workspace", async () => {
    expect(await insert(HERE)).toBeUndefined();
    expect(await insert(null)).toBe("23502");
    expect(await insert(uuid("c", 99))).toBe("23503");
  });

  it.each([
    ["another of the organization", THERE],
    ["another organization's", FOREIGN],
    ["none", null],
  ])("can't be moved to %s", async (_, workspace) => {
    const sql = `update ${table} set workspace_id = $1 where workspace_id = $2`;
    expect(await failure(client, sql, [workspace, HERE])).toBe("23001");
  });

  it("prevents the deletion of its workspace", async () => {
    const { rows } = await client.query(
      `select confdeltype from pg_constraint
       where contype = 'f' and conrelid = $1::regclass and confrelid = 'public.workspaces'::regclass`,
      [table],
    );
    expect(rows).toEqual([{ confdeltype: "a" }]);
    expect(await failure(client, "delete from public.workspaces where id = $1", [HERE])).toBe("23503");
  });

  it("is read by the members of its workspace only", async () => {
    const workspacesOf = async (person: number) => {
      const claims = { iss: ISSUER, sub: uuid("a", person) };
      const seen = await look(client, [table], { role: "authenticated", claims });
      const rows = seen[table] === "refused" ? [] : (seen[table] ?? []);
      return rows.map((row) => row.workspace_id).sort();
    };
    expect(await workspacesOf(0)).toEqual([HERE, THERE, FOREIGN]);
    expect(await workspacesOf(1)).toEqual([HERE]);
    expect(await workspacesOf(2)).toEqual([]);
  });
});

describe("another row that a row references", () => {
  it.each([
    [
      "usage_logs",
      "operation, api_key_id",
      "'read', (select id from public.api_keys where workspace_id = $2)",
    ],
    [
      "usage_logs",
      "operation, agent_session_id",
      "'read', (select id from public.agent_sessions where workspace_id = $2)",
    ],
    [
      "escalations",
      "reason, agent_session_id",
      "'stuck', (select id from public.agent_sessions where workspace_id = $2)",
    ],
  ])("must belong to the same workspace: %s (%s)", async (table, columns, values) => {
    const insert = (of: string) =>
      failure(client, `insert into public.${table} (workspace_id, ${columns}) values ($1, ${values})`, [
        HERE,
        of,
      ]);
    expect(await insert(HERE)).toBeUndefined();
    expect(await insert(THERE)).toBe("23503");
  });
});
