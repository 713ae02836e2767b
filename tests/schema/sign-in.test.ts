import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, startDatabase } from "../databases/database.ts";
import { insertRows } from "../isolation/probe.ts";
import { rowsOf, uuid, type World } from "../isolation/world.ts";

const ADA = uuid("a", 7);
const EVE = uuid("a", 8);

/** An organization whose one member, person-0, has no user yet. */
const world: World = {
  people: [],
  organizations: [{ id: uuid("b", 0), members: [{ person: 0, role: "owner" }], workspaces: [] }],
};

const { "realtime.messages": _, ...rows } = rowsOf(world);
const membership = { "public.members": rows["public.members"] ?? [] };

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
});
afterAll(() => database.stop());

function eachUndone(): void {
  beforeEach(async () => {
    await client.query("begin");
    await insertRows(client, rows);
  });
  afterEach(() => client.query("rollback"));
}

/** As Supabase's auth service does it. */
async function auth(sql: string, values: unknown[] = []): Promise<void> {
  await client.query("set local role supabase_auth_admin");
  await client.query(sql, values);
  await client.query("reset role");
}

const signUp = (id: string, email: string, confirmed: boolean, more = "") =>
  auth(
    `insert into auth.users (id, email, email_confirmed_at, is_sso_user) values ($1, $2, $3, ${more === "sso"})`,
    [id, email, confirmed ? "2026-01-01" : null],
  );

async function memberIs(): Promise<string | null> {
  const { rows } = await client.query<{ user_id: string | null }>("select user_id from public.members");
  return rows[0]?.user_id ?? null;
}

describe("a membership belongs to", () => {
  eachUndone();

  it("the user who signs up with its address and confirms it, in any case", async () => {
    await signUp(ADA, "Person-0@Example.com", false);
    expect(await memberIs()).toBeNull();
    await auth("update auth.users set email_confirmed_at = now()");
    expect(await memberIs()).toBe(ADA);
  });

  it("a user who confirmed the address before becoming a member", async () => {
    await signUp(ADA, "person-0@example.com", true);
    await client.query("delete from public.members");
    await insertRows(client, membership);
    expect(await memberIs()).toBe(ADA);
  });

  it("no one once the address belongs to another user, or the user is deleted, also softly", async () => {
    await signUp(ADA, "person-0@example.com", true);
    await auth("update auth.users set email = 'moved@example.com'");
    expect(await memberIs()).toBeNull();
    await auth("update auth.users set email = 'person-0@example.com'");
    expect(await memberIs()).toBe(ADA);
    await auth("update auth.users set deleted_at = now()");
    expect(await memberIs()).toBeNull();
    await auth("update auth.users set deleted_at = null");
    expect(await memberIs()).toBe(ADA);
    await auth("delete from auth.users");
    expect(await memberIs()).toBeNull();
  });

  it("no user whose address is only asserted by a single sign-on provider", async () => {
    await signUp(EVE, "person-0@example.com", true, "sso");
    expect(await memberIs()).toBeNull();
  });

  it("no user that is set by hand", async () => {
    await signUp(EVE, "eve@example.com", true);
    await client.query("update public.members set user_id = $1", [EVE]);
    expect(await memberIs()).toBeNull();
  });
});

describe("the access token's hook", () => {
  eachUndone();

  const hook = async (id: string, email: string): Promise<unknown> => {
    await client.query("set local role supabase_auth_admin");
    const event = { user_id: id, claims: { email, user_metadata: { email_verified: true } } };
    const { rows } = await client.query(
      "select private.access_token_hook($1) #> '{claims,email_verified}' as it",
      [event],
    );
    await client.query("reset role");
    return rows[0].it;
  };

  it("states whether the platform verified the address, regardless of the user's metadata", async () => {
    await client.query("delete from auth.users");
    await signUp(ADA, "ada@example.com", true);
    await signUp(EVE, "eve@example.com", false);
    expect(await hook(ADA, "ada@example.com")).toBe(true);
    expect(await hook(ADA, "other@example.com")).toBe(false);
    expect(await hook(EVE, "eve@example.com")).toBe(false);
    expect(await hook(uuid("a", 9), "nobody@example.com")).toBe(false);
  });
});

it("a confirmation and a new member at the same time are matched", async () => {
  await insertRows(client, { ...rows, "public.members": [] });
  await client.query("begin");
  await signUp(ADA, "person-0@example.com", false);
  await client.query("commit");
  const [adding, confirming] = [await database.connect(), await database.connect()];
  await adding.query("begin");
  await insertRows(adding, membership);
  const confirmed = confirming.query("update auth.users set email_confirmed_at = now()");
  const waiting = "select from pg_locks where locktype = 'advisory' and not granted";
  while ((await client.query(waiting)).rowCount === 0);
  await adding.query("commit");
  await confirmed;
  expect(await memberIs()).toBe(ADA);
});
