import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Caller, type Database, startDatabase } from "../databases/database.ts";
import { attempt, callsOfEveryFunction, insertRows, look, type Outcome, tablesToProbe } from "./probe.ts";
import { ISSUER, rowsOf, uuid, type World } from "./world.ts";

const ADA = uuid("a", 0);
const UNVERIFIED = uuid("a", 1);
const ASSERTED = uuid("a", 2);
const GONE = uuid("a", 3);

/** An organization whose members are owners or admins by their addresses. Only Ada's address counts. */
const world: World = {
  people: (["confirmed", "unconfirmed", "single sign-on", "deleted"] as const).map((account, index) => ({
    id: uuid("a", index),
    email: `person-${index}@example.com`,
    verified: account === "confirmed",
    account,
  })),
  organizations: [
    {
      id: uuid("b", 0),
      members: [0, 1, 2, 3].map((person) => ({ person, role: person === 0 ? "owner" : "admin" })),
      workspaces: [{ id: uuid("c", 0), state: "active", granted: [0, 1, 2, 3] }],
    },
  ],
};

const HOUR = 3600;
const now = Math.floor(Date.now() / 1000);
const good = { iss: ISSUER, sub: ADA, email: "person-0@example.com", role: "authenticated", exp: now + HOUR };
const boasts = {
  email_verified: true,
  app_metadata: { role: "owner", organization_id: uuid("b", 0), sub: ADA },
  user_metadata: { role: "owner", email: "person-0@example.com", email_verified: true, sub: ADA },
};

/** Tokens that aren't Ada's or no longer valid, with forged claims. */
const BAD: Record<string, Record<string, unknown>> = {
  "of a stranger who edited the metadata": { ...good, ...boasts, sub: uuid("f", 1) },
  "without a subject": { ...good, ...boasts, sub: undefined },
  "of another issuer": { ...good, iss: "https://elsewhere.example/auth/v1" },
  "without an issuer": { ...good, iss: undefined },
  "whose issuer is null": { ...good, iss: null },
  "that has expired": { ...good, exp: now - HOUR },
  "of a member who never verified the address": {
    ...good,
    ...boasts,
    sub: UNVERIFIED,
    email: "person-1@example.com",
  },
  "of a member whom a single-sign-on provider asserts": {
    ...good,
    ...boasts,
    sub: ASSERTED,
    email: "person-2@example.com",
  },
  "of a member whose account is gone": { ...good, ...boasts, sub: GONE, email: "person-3@example.com" },
};

let database: Database;
let client: pg.Client;
let tables: string[];
let calls: string[];
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
  await client.query("create table realtime.messages_all partition of realtime.messages default");
  tables = await tablesToProbe(client);
  calls = await callsOfEveryFunction(client, [uuid("b", 0), uuid("c", 0), uuid("1", 0)]);
  await client.query("begin");
  await insertRows(client, rowsOf(world));
});
afterAll(() => database.stop());

const bearer = (claims: Record<string, unknown>): Caller => ({ role: "authenticated", claims });
const outcomesOf = (claims: Record<string, unknown>): Promise<readonly Outcome[]> =>
  attempt(client, calls, bearer(claims));

/** The number of rows of each table that a token can read. A refusal counts as none. */
async function shownTo(claims: Record<string, unknown>): Promise<Record<string, number>> {
  const seen = await look(client, tables, bearer(claims));
  return Object.fromEntries(
    Object.entries(seen).map(([table, rows]) => [table, rows === "refused" ? 0 : rows.length]),
  );
}

/** Functions that answer any caller: the caller's own id, and lists of the caller's ids, which are empty. */
const ANSWERS_ANYONE = /private\.(caller_id|is_workspace_member|my_\w+_ids)\(/;

describe("a good token", () => {
  it("reads rows of every table that members can read, and every function answers differently than for a stranger", async () => {
    const shown = await shownTo(good);
    expect(Object.values(shown).filter((rows) => rows > 0).length).toBeGreaterThan(20);
    const strangers = await outcomesOf({ iss: ISSUER, sub: uuid("f", 2) });
    const own = await outcomesOf(good);
    expect(own.filter((outcome, index) => outcome !== strangers[index]).length).toBeGreaterThan(30);
  });
});

describe.each(Object.entries(BAD))("a token %s", (_, claims) => {
  it("reads no row of any table", async () => {
    expect(Object.entries(await shownTo(claims)).filter(([, rows]) => rows > 0)).toEqual([]);
  });

  it("gets from every function the same as a stranger: nothing", async () => {
    const outcomes = await outcomesOf(claims);
    const given = calls.filter(
      (call, index) =>
        typeof outcomes[index] === "number" && outcomes[index] > 0 && !ANSWERS_ANYONE.test(call),
    );
    expect(given).toEqual([]);
    expect(outcomes).toEqual(await outcomesOf({ iss: ISSUER, sub: uuid("f", 2) }));
  });
});

it("no token is accepted while the platform's issuer is unknown", async () => {
  await client.query("savepoint known");
  await client.query("update public.platforms set issuer = null");
  for (const iss of [ISSUER, undefined, null])
    expect(Object.entries(await shownTo({ ...good, iss })).filter(([, rows]) => rows > 0)).toEqual([]);
  await client.query("rollback to savepoint known");
});

it("anon gets nothing with any token, including the good one", async () => {
  for (const claims of [good, ...Object.values(BAD)]) {
    const outcomes = await attempt(client, calls, { role: "anon", claims });
    expect(new Set(outcomes)).toEqual(new Set(["42501"]));
    const seen = await look(client, tables, { role: "anon", claims });
    expect(Object.values(seen).flatMap((rows) => (rows === "refused" ? [] : rows))).toEqual([]);
  }
});
