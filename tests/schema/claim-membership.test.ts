import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { as, type Caller, type Database, startDatabase, undone } from "../databases/database.ts";
import { uuid } from "../isolation/world.ts";

const ISSUER = "https://control-plane.example/auth/v1";
const WORKSPACE = uuid("c", 1);
const ADA = uuid("a", 1);
const GRACE = uuid("a", 2);

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("workspace");
  client = await database.connect();
  await client.query("insert into private.settings (workspace_id, issuer) values ($1, $2)", [
    WORKSPACE,
    ISSUER,
  ]);
  await client.query(
    `insert into public.workspace_members (email, role, user_id) values
      ('ada@example.com', 'member', null), ('grace@example.com', 'admin', $1), ('old@example.com', 'member', null)`,
    [GRACE],
  );
});
afterAll(() => database.stop());

const token = (claims: Record<string, unknown> = {}, role: Caller["role"] = "authenticated"): Caller => ({
  role,
  claims: { iss: ISSUER, sub: ADA, email: "Ada@example.com", email_verified: true, ...claims },
});

const call = (caller: Caller, sql: string): Promise<unknown> =>
  undone(client, () =>
    as(client, caller, async () => {
      try {
        return Object.values((await client.query(sql)).rows[0] ?? {})[0];
      } catch (error) {
        return (error as pg.DatabaseError).code;
      }
    }),
  );

describe("claim_membership", () => {
  it.each<[string, Caller, unknown]>([
    ["lets in whose verified address is a member's", token(), WORKSPACE],
    ["lets in again who is bound already", token({ sub: GRACE, email: "grace@example.com" }), WORKSPACE],
    ["refuses an address that isn't verified", token({ email_verified: false }), "42501"],
    ["refuses a token that doesn't say", token({ email_verified: undefined }), "42501"],
    ["refuses a claim that only looks like true", token({ email_verified: "true" }), "42501"],
    [
      "refuses what the user wrote about itself",
      token({ email_verified: undefined, user_metadata: { email_verified: true } }),
      "42501",
    ],
    ["refuses another issuer", token({ iss: "https://elsewhere.example/auth/v1" }), "42501"],
    ["refuses a token without an issuer", token({ iss: undefined }), "42501"],
    ["refuses who is no member", token({ email: "eve@example.com" }), "42501"],
    ["refuses a membership that is bound to another user", token({ email: "grace@example.com" }), "42501"],
    ["refuses a token without a user", token({ sub: undefined }), "42501"],
    ["refuses anon", token({}, "anon"), "42501"],
  ])("%s", async (_, caller, expected) => {
    expect(await call(caller, "select public.claim_membership()")).toBe(expected);
  });

  it("opens the workspace from then on, and moves with the verified address", async () => {
    await undone(client, async () => {
      const seen = (caller: Caller) =>
        as(client, caller, async () => (await client.query("select from public.workspace_members")).rowCount);
      expect(await seen(token())).toBe(0);
      await asForGood(token(), "select public.claim_membership()");
      expect(await seen(token())).toBe(3);
      await asForGood(token({ email: "old@example.com" }), "select public.claim_membership()");
      const { rows } = await client.query(
        "select email, user_id from public.workspace_members order by email",
      );
      expect(rows).toEqual([
        { email: "ada@example.com", user_id: null },
        { email: "grace@example.com", user_id: GRACE },
        { email: "old@example.com", user_id: ADA },
      ]);
    });
  });
});

describe("check_request", () => {
  it.each<[string, Caller, unknown]>([
    ["lets the platform's tokens pass", token(), ""],
    ["lets the product's own servers pass", { role: "service_role", claims: {} }, ""],
    ["refuses another issuer", token({ iss: "https://elsewhere.example" }), "42501"],
    [
      "refuses another issuer's token that calls itself a server",
      token({ iss: "x", role: "service_role" }),
      "42501",
    ],
    ["refuses anon", { role: "anon", claims: { iss: "supabase" } }, "42501"],
    ["refuses a request without a token", { role: "anon", claims: {} }, "42501"],
  ])("%s", async (_, caller, expected) => {
    expect(await call(caller, "select private.check_request()")).toBe(expected);
  });
});

/** Runs a statement as the caller and keeps what it did, until the transaction is undone. */
async function asForGood(caller: Caller, sql: string): Promise<void> {
  await client.query("select set_config('request.jwt.claims', $1, true), set_config('role', $2, true)", [
    JSON.stringify(caller.claims),
    caller.role,
  ]);
  await client.query(sql);
  await client.query("reset role");
}

describe("the product's own servers", () => {
  const asServer = async (sql: string): Promise<void> => {
    await client.query("set local role service_role");
    await client.query(sql);
    await client.query("reset role");
  };
  const reaches = (caller: Caller) =>
    as(client, caller, async () => (await client.query("select from public.workspace_members")).rowCount);

  it("let somebody in, who binds the membership, and shut them out with the next statement", () =>
    undone(client, async () => {
      const alan = token({ sub: uuid("a", 3), email: "alan@example.com" });
      await asServer("select public.admit_member('Alan@example.com', 'member')");
      await client.query("select set_config('request.jwt.claims', $1, true)", [JSON.stringify(alan.claims)]);
      await client.query("select public.claim_membership()");
      expect(await reaches(alan)).toBe(4);
      await asServer("select public.admit_member('alan@example.com', 'admin')");
      expect(await reaches(alan)).toBe(4);
      await asServer("select public.shut_out_member('alan@example.com')");
      expect(await reaches(alan)).toBe(0);
    }));

  it("leave what the manifest declares to it", () =>
    undone(client, async () => {
      await asServer("select public.admit_member('ada@example.com', 'owner')");
      const { rows } = await client.query(
        "select role, managed_by from public.workspace_members where email = 'ada@example.com'",
      );
      expect(rows).toEqual([{ role: "member", managed_by: "manifest" }]);
      await expect(asServer("select public.shut_out_member('ada@example.com')")).rejects.toMatchObject({
        code: "PT409",
      });
    }));

  it.each(["anon", "authenticated"] as const)("are not %s", async (role) => {
    for (const sql of [
      "select public.admit_member('a@example.com', 'admin')",
      "select public.shut_out_member('ada@example.com')",
    ])
      expect(await call(token({}, role), sql)).toBe("42501");
  });
});
