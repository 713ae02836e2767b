import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Caller, type Database, rolledBack, startDatabase } from "../databases/database.ts";
import { attempt, insertRows, look, type Row, type Rows, tablesToProbe, writesTo } from "./probe.ts";
import { uuid } from "./world.ts";

let database: Database;
let client: pg.Client;
let tables: string[];

beforeAll(async () => {
  database = await startDatabase("workspace");
  client = await database.connect();
  await client.query("create table realtime.messages_all partition of realtime.messages default");
  tables = await tablesToProbe(client);
});
afterAll(() => database.stop());

const ISSUER = "https://control-plane.example/auth/v1";
const WORKSPACE = uuid("c", 1);

/** The operations that a member may do on each table. Others may do nothing. */
const MEMBERS_MAY: Record<string, readonly ("read" | "insert" | "update" | "delete")[]> = {
  "private.settings": [],
  "public.agent_sessions": ["read"],
  "public.agent_state": ["read"],
  "public.chats": ["read", "insert", "update"],
  "public.files": ["read", "insert", "update", "delete"],
  "public.messages": ["read", "insert"],
  "public.workspace_members": ["read"],
  "realtime.messages": [],
  "storage.buckets": [],
  "storage.objects": ["read", "insert", "update", "delete"],
  "tenantry.access": [],
  "tenantry.definition_objects": [],
  "tenantry.definitions": [],
  "tenantry.migrations": [],
  "tenantry.objects": [],
  "tenantry.row_security": [],
  "tenantry.schemas": [],
};

it("has a case for every table that a caller could access", () => {
  expect(tables).toEqual(Object.keys(MEMBERS_MAY));
});

interface Person {
  readonly id: string;
  readonly email: string;
  readonly role: "owner" | "admin" | "member";
  /** Whether the membership is bound to the person's account. */
  readonly bound: boolean;
  readonly member: boolean;
}

const people: fc.Arbitrary<Person[]> = fc
  .array(
    fc.record({
      role: fc.constantFrom("owner" as const, "admin" as const, "member" as const),
      bound: fc.boolean(),
      member: fc.boolean(),
    }),
    {
      minLength: 2,
      maxLength: 6,
    },
  )
  .map((all) => [
    // At least one member, so that there is a membership to steal.
    { id: uuid("a", 99), email: "owner@example.com", role: "owner", bound: true, member: true },
    ...all.map((one, index) => ({ id: uuid("a", index), email: `person-${index}@example.com`, ...one })),
  ]);

describe("over random memberships", () => {
  it("gives members access to everything in the workspace, and others to nothing", async () => {
    let checks = 0;
    await fc.assert(
      fc.asyncProperty(people, async (all) => {
        await rolledBack(client, async () => {
          const rows = rowsOf(all);
          await insertRows(client, rows);
          await client.query("set local storage.allow_delete_query = 'true'");
          for (const { caller, member } of callersOf(all)) checks += await check(rows, caller, member);
        });
      }),
      { numRuns: 10 },
    );
    expect(checks).toBeGreaterThan(3_000);
  });
});

async function check(rows: Rows, caller: Caller, member: boolean): Promise<number> {
  const seen = await look(client, tables, caller);
  for (const table of tables) {
    const there = rows[table]?.length ?? 0;
    const expected = member && MEMBERS_MAY[table]?.includes("read") ? there : 0;
    const found = seen[table];
    expect(found === "refused" ? 0 : found?.length, `${table}, as ${JSON.stringify(caller)}`).toBe(expected);
  }
  const writes = tables.flatMap((table) => writesOf(table, rows));
  const outcomes = await attempt(
    client,
    writes.map((write) => write.sql),
    caller,
  );
  writes.forEach(({ table, verb, sql, own }, index) => {
    const outcome = outcomes[index];
    const allowed = member && own && (MEMBERS_MAY[table] as readonly string[]).includes(verb);
    const done = typeof outcome === "number" && outcome > 0;
    expect(done, `${sql}, as ${JSON.stringify(caller)}: ${outcome}`).toBe(allowed);
    // A subject that isn't a UUID fails the statement before any row is read.
    const refusals = caller.claims.sub === "not a uuid" ? ["42501", 0, "22P02"] : ["42501", 0];
    if (!allowed) expect(refusals, sql).toContain(outcome);
  });
  return tables.length + writes.length;
}

/** Writes in the caller's own name, and in the names of others. */
function writesOf(table: string, rows: Rows) {
  const row = rows[table]?.[0] ?? { name: "x" };
  const whole = "id" in row ? { ...row, id: uuid("9", 9), ...unique(table) } : row;
  const settable = MEMBERS_SET[table];
  const mine = settable === undefined ? whole : only(whole, settable);
  const [insert = "", , remove = "", truncate = ""] = writesTo(table, mine);
  const writes = [
    { verb: "insert", sql: insert, own: true },
    { verb: "update", sql: UPDATES[table] ?? writesTo(table, row)[1] ?? "", own: true },
    {
      verb: "delete",
      sql:
        table === "storage.objects"
          ? `delete from ${table} where bucket_id = 'files'`
          : `delete from ${table}`,
      own: true,
    },
    { verb: "delete one that isn't there", sql: remove, own: false },
    { verb: "truncate", sql: truncate, own: false },
  ];
  for (const forged of forgeries(table, whole, mine))
    writes.push({ verb: "insert", sql: forged, own: false });
  if (table === "storage.objects")
    for (const column of OWNERS)
      writes.push({ verb: "update", sql: `update ${table} set ${column} = '${uuid("e", 9)}'`, own: false });
  return writes.map((write) => ({ table, ...write }));
}

/** The columns of a new row that a member may set, if not all. */
const MEMBERS_SET: Record<string, readonly string[]> = {
  "public.chats": ["title"],
  "public.files": ["path", "media_type", "bytes"],
  "public.messages": ["chat_id", "content"],
};

const OWNERS = ["owner", "owner_id"];

function only(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([column]) => columns.includes(column)));
}

/** Rows with a forged author, time or id, one forgery each. */
function forgeries(table: string, whole: Row, mine: Row): string[] {
  const claims =
    table === "storage.objects"
      ? OWNERS.map((column) => ({ [column]: uuid("e", 9) }))
      : Object.keys(whole).flatMap((column) => (column in mine ? [] : [only(whole, [column])]));
  return claims.map((claim) => writesTo(table, { ...mine, ...claim })[0] ?? "");
}

const UPDATES: Record<string, string> = {
  "public.chats": "update public.chats set title = 'new'",
  "public.files": "update public.files set bytes = 1",
  "storage.objects": "update storage.objects set version = '2'",
};

function unique(table: string): Record<string, unknown> {
  return table === "public.files"
    ? { path: "other.txt" }
    : table === "storage.objects"
      ? { name: "other.txt" }
      : {};
}

/** Every person of the platform, with valid and invalid tokens. */
function callersOf(all: readonly Person[]): { caller: Caller; member: boolean }[] {
  const boast = {
    email_verified: true,
    app_metadata: { role: "owner" },
    user_metadata: { sub: all[0]?.id, role: "owner" },
  };
  const member = all.find((one) => one.member && one.bound) ?? all[0];
  const person = (claims: Record<string, unknown>, isMember = false) => ({
    caller: { role: "authenticated" as const, claims },
    member: isMember,
  });
  return [
    ...all.map(({ id, email, bound, member: is }) => person({ iss: ISSUER, sub: id, email }, is && bound)),
    person({ iss: ISSUER, sub: uuid("f", 1), email: member?.email, ...boast }),
    person({ iss: ISSUER, email: member?.email, ...boast }),
    person({ iss: "https://elsewhere.example/auth/v1", sub: member?.id, email: member?.email }),
    person({ iss: "https://elsewhere.example/auth/v1", sub: "not a uuid" }),
    person({ sub: member?.id, email: member?.email }),
    { caller: { role: "anon", claims: {} }, member: false },
    { caller: { role: "anon", claims: { iss: ISSUER, sub: member?.id } }, member: false },
  ];
}

function rowsOf(all: readonly Person[]): Rows {
  const workspace_id = WORKSPACE;
  return {
    "private.settings": [{ singleton: true, workspace_id, issuer: ISSUER }],
    "public.workspace_members": all
      .filter(({ member }) => member)
      .map(({ id, email, role, bound }) => ({
        workspace_id,
        email,
        role,
        user_id: bound ? id : null,
        created_at: NOW,
        managed_by: "manifest",
      })),
    "public.files": [
      {
        id: uuid("1", 1),
        workspace_id,
        path: "a.txt",
        media_type: "text/plain",
        bytes: 0,
        created_by: uuid("a", 0),
        created_at: NOW,
        updated_at: NOW,
      },
    ],
    "public.chats": [
      {
        id: uuid("2", 1),
        workspace_id,
        title: "t",
        created_by: uuid("a", 0),
        created_at: NOW,
        updated_at: NOW,
      },
    ],
    "public.messages": [
      {
        id: uuid("3", 1),
        workspace_id,
        chat_id: uuid("2", 1),
        role: "user",
        content: {},
        created_by: uuid("a", 0),
        created_at: NOW,
      },
    ],
    "public.agent_sessions": [{ id: uuid("4", 1), workspace_id, status: "running", created_at: NOW }],
    "public.agent_state": [{ workspace_id, agent: "a", key: "k", value: {}, updated_at: NOW }],
    "storage.buckets": [{ id: "other", name: "other" }],
    "storage.objects": [{ id: uuid("5", 1), bucket_id: "files", name: "a.txt" }],
    "realtime.messages": [
      { topic: "t", extension: "broadcast", updated_at: NOW, inserted_at: NOW, id: uuid("7", 0) },
    ],
  };
}

const NOW = "2026-06-01T00:00:00+00:00";

describe("rows of the workspace", () => {
  const member: Person = {
    id: uuid("a", 0),
    email: "ada@example.com",
    role: "member",
    bound: true,
    member: true,
  };
  const asMember: Caller = {
    role: "authenticated",
    claims: { iss: ISSUER, sub: member.id, email: member.email },
  };

  it("have its id and can't have another one", async () => {
    await rolledBack(client, async () => {
      await insertRows(client, rowsOf([member]));
      const own = tables.filter((table) => table.startsWith("public."));
      for (const table of own) {
        const statement = `update ${table} set workspace_id = '${uuid("c", 2)}'`;
        expect(
          await attempt(client, [`${statement}; set constraints all immediate`], {
            role: "service_role",
            claims: {},
          }),
          table,
        ).not.toEqual([1]);
        await expect(undoneStatement(`${statement}`), table).rejects.toMatchObject({ code: "23503" });
      }
    });
  });

  it("stay intact: deleting a chat deletes no messages, and stored files keep their owner", async () => {
    await rolledBack(client, async () => {
      await insertRows(client, rowsOf([member]));
      await client.query("update public.chats set created_by = $1", [member.id]);
      await client.query("update storage.objects set owner_id = $1", [uuid("e", 9)]);
      const me = member.id;
      const outcomes = {
        "delete from public.chats": "42501",
        "delete from public.messages": "42501",
        "update public.messages set content = '1'": "42501",
        "update public.chats set archived = true": 1,
        "update public.chats set created_at = now()": "42501",
        "update storage.objects set name = 'moved.txt'": 1,
        "update storage.objects set owner_id = null": "42501",
        [`update storage.objects set owner = '${uuid("e", 8)}'`]: "42501",
        [`update storage.objects set owner = '${me}', owner_id = '${me}'`]: 1,
        [`update storage.objects set owner = '${uuid("e", 8)}', owner_id = '${me}'`]: "42501",
        [`insert into storage.objects (bucket_id, name, owner, owner_id) values ('files', 'b', '${me}', '${me}')`]: 1,
        "insert into storage.objects (bucket_id, name) values ('files', 'c')": 1,
        "insert into storage.objects (bucket_id, name, owner_id) values ('files', 'd', 'somebody')": "42501",
      };
      expect(await attempt(client, Object.keys(outcomes), asMember)).toEqual(Object.values(outcomes));
    });
  });

  it("in another bucket aren't accessible to members", async () => {
    await rolledBack(client, async () => {
      await insertRows(client, rowsOf([member]));
      await client.query("insert into storage.objects (bucket_id, name) values ('other', 'secret.txt')");
      const seen = await look(client, ["storage.objects"], asMember);
      expect(seen["storage.objects"]).toEqual([expect.objectContaining({ bucket_id: "files" })]);
    });
  });

  it("can be written by a member only in their own name", async () => {
    await rolledBack(client, async () => {
      await insertRows(client, rowsOf([member]));
      const message = (role: string) =>
        `insert into public.messages (chat_id, role, content) values ('${uuid("2", 1)}', '${role}', '"hi"')`;
      expect(
        await attempt(
          client,
          [
            `insert into public.messages (chat_id, content) values ('${uuid("2", 1)}', '"hi"')`,
            ...["user", "assistant", "system"].map(message),
          ],
          asMember,
        ),
      ).toEqual([1, "42501", "42501", "42501"]);
      // The product's servers must state the author.
      const unsaid = `insert into public.messages (chat_id, content) values ('${uuid("2", 1)}', '"hi"')`;
      expect(await attempt(client, [unsaid], { role: "service_role", claims: {} })).toEqual(["23502"]);
    });
  });
});

/** Runs as the owner of the tables, who bypasses policies. */
async function undoneStatement(sql: string): Promise<void> {
  await client.query("savepoint attempt");
  try {
    await client.query(sql);
  } finally {
    await client.query("rollback to savepoint attempt");
  }
}
