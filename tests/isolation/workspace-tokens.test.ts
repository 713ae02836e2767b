import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { as, type Caller, type Database, startDatabase } from "../databases/database.ts";
import { attempt, callsOfEveryFunction, insertRows, look, type Outcome, tablesToProbe } from "./probe.ts";
import { uuid } from "./world.ts";

const ISSUER = "https://control-plane.example/auth/v1";
const ADA = uuid("a", 0);
const WORKSPACE = uuid("c", 0);
const CREATED = "2026-06-01T00:00:00+00:00";

const HOUR = 3600;
const now = Math.floor(Date.now() / 1000);
const good = {
  iss: ISSUER,
  sub: ADA,
  email: "person-0@example.com",
  email_verified: true,
  role: "authenticated",
  exp: now + HOUR,
};

/** Claims that users can write to their own metadata. */
const boasts = {
  app_metadata: { role: "owner", workspace_id: WORKSPACE, sub: ADA, email_verified: true },
  user_metadata: { role: "owner", email: "person-1@example.com", email_verified: true, sub: ADA },
};

/** Tokens of the platform and of others that grant nothing. Person 1 is a member who never signed in. */
const BAD: Record<string, Record<string, unknown>> = {
  "of a member, forged by another issuer": { ...good, iss: "https://elsewhere.example/auth/v1" },
  "of a member, without an issuer": { ...good, iss: undefined },
  "of another issuer whose subject is no UUID": { ...good, iss: "https://elsewhere.example", sub: "ada" },
  "that has expired": { ...good, exp: now - HOUR },
  "without a subject": { ...good, ...boasts, sub: undefined },
  "of another customer": { ...good, sub: uuid("f", 1), email: "eve@globex.example" },
  "of another customer who edited the metadata": {
    ...good,
    ...boasts,
    sub: uuid("f", 1),
    email: "eve@globex.example",
  },
  "with a member's unverified address": {
    ...good,
    ...boasts,
    sub: uuid("f", 2),
    email: "person-1@example.com",
    email_verified: false,
  },
  "with a member's address that isn't marked as verified": {
    ...good,
    ...boasts,
    sub: uuid("f", 2),
    email: "person-1@example.com",
    email_verified: undefined,
  },
  "with the address of a member who signed in with another account": {
    ...good,
    ...boasts,
    sub: uuid("f", 3),
  },
};

let database: Database;
let client: pg.Client;
let tables: string[];
let calls: string[];
beforeAll(async () => {
  database = await startDatabase("workspace");
  client = await database.connect();
  await client.query("create table realtime.messages_all partition of realtime.messages default");
  tables = await tablesToProbe(client);
  calls = await callsOfEveryFunction(client, [WORKSPACE]);
  await client.query("begin");
  await insertRows(client, rows());
});
afterAll(() => database.stop());

/** A row in every table. */
function rows() {
  const own = { workspace_id: WORKSPACE, created_by: ADA, created_at: CREATED };
  const member = { workspace_id: WORKSPACE, role: "member", managed_by: "manifest", created_at: CREATED };
  return {
    "private.settings": [{ singleton: true, workspace_id: WORKSPACE, issuer: ISSUER }],
    "public.workspace_members": [
      { ...member, email: "person-0@example.com", user_id: ADA },
      { ...member, email: "person-1@example.com", user_id: null },
    ],
    "public.files": [
      { ...own, id: uuid("1", 0), path: "a.txt", media_type: "text/plain", bytes: 0, updated_at: CREATED },
    ],
    "public.chats": [{ ...own, id: uuid("2", 0), title: "t", updated_at: CREATED }],
    "public.messages": [{ ...own, id: uuid("3", 0), chat_id: uuid("2", 0), role: "user", content: {} }],
    "public.agent_sessions": [{ ...own, id: uuid("4", 0), status: "running" }],
    "public.agent_state": [{ workspace_id: WORKSPACE, agent: "a", key: "k", value: {}, updated_at: CREATED }],
    "storage.objects": [{ id: uuid("5", 0), bucket_id: "files", name: "a.txt" }],
    "realtime.messages": [
      { topic: "t", extension: "broadcast", updated_at: CREATED, inserted_at: CREATED, id: uuid("7", 0) },
    ],
  };
}

const bearer = (claims: Record<string, unknown>): Caller => ({ role: "authenticated", claims });
const outcomesOf = (claims: Record<string, unknown>): Promise<readonly Outcome[]> =>
  attempt(client, calls, bearer(claims));

/** The tables of which a caller can read rows after trying to enter. */
async function shownTo(caller: Caller): Promise<string[]> {
  const seen = await as(client, caller, async () => {
    await knock();
    return look(client, tables);
  });
  return Object.keys(seen)
    .filter((table) => seen[table] !== "refused" && seen[table]?.length !== 0)
    .sort();
}

/** Claims the membership, and commits if it is granted. */
async function knock(): Promise<void> {
  await client.query("savepoint knock");
  try {
    await client.query("select public.claim_membership()");
  } catch {
    await client.query("rollback to savepoint knock");
  }
}

/** Functions that answer any caller, at most with the workspace's id. */
const ANSWERS_ANYONE = /private\.(workspace_id|is_\w+|my_workspace_ids)\(/;

describe("a good token", () => {
  it("grants nothing by its address alone: the control plane binds addresses to accounts", async () => {
    const first = { ...good, sub: uuid("f", 4), email: "Person-1@example.com" };
    expect(await shownTo(bearer(first))).toEqual([]);
  });

  it("reads rows of every table that members can read", async () => {
    expect(await shownTo(bearer(good))).toEqual([
      "public.agent_sessions",
      "public.agent_state",
      "public.chats",
      "public.files",
      "public.messages",
      "public.workspace_members",
      "storage.objects",
    ]);
  });

  it("can call only the function for entering", async () => {
    const outcomes = await outcomesOf(good);
    const entrances = calls.filter((call, index) => outcomes[index] === 1 && !ANSWERS_ANYONE.test(call));
    expect(entrances).toEqual(["select * from claim_membership()", "select * from private.check_request()"]);
  });
});

describe.each(Object.entries(BAD))("a token %s", (_, claims) => {
  it("reads no row of any table after trying to enter", async () => {
    expect(await shownTo(bearer(claims))).toEqual([]);
  });

  it("gets nothing from any function", async () => {
    const outcomes = await outcomesOf(claims);
    const given = calls.filter((call, index) => outcomes[index] !== "42501" && !ANSWERS_ANYONE.test(call));
    const trusted = claims.iss === ISSUER && claims.exp === good.exp;
    expect(given).toEqual(trusted ? ["select * from private.check_request()"] : []);
  });
});

it("anon gets nothing with any token, including the good one", async () => {
  for (const claims of [good, ...Object.values(BAD)]) {
    const anon: Caller = { role: "anon", claims };
    const outcomes = await attempt(client, calls, anon);
    const given = calls.filter((_, index) => outcomes[index] !== "42501");
    expect(given.filter((call) => call !== "select * from private.check_request()")).toEqual([]);
    expect(await shownTo(anon)).toEqual([]);
  }
});
