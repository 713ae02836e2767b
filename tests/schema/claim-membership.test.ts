import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Admission, type Admitted, admit } from "../../src/vendors/postgres/scripts/admit.ts";
import { as, type Caller, type Database, rolledBack, startDatabase } from "../databases/database.ts";
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
      ('ada@example.com', 'member', $1), ('grace@example.com', 'admin', $2), ('new@example.com', 'member', null)`,
    [ADA, GRACE],
  );
});
afterAll(() => database.stop());

const token = (claims: Record<string, unknown> = {}, role: Caller["role"] = "authenticated"): Caller => ({
  role,
  claims: { iss: ISSUER, sub: ADA, email: "Ada@example.com", email_verified: true, ...claims },
});

const call = (caller: Caller, sql: string): Promise<unknown> =>
  as(client, caller, async () => {
    try {
      return Object.values((await client.query(sql)).rows[0] ?? {})[0];
    } catch (error) {
      return (error as pg.DatabaseError).code;
    }
  });

const reaches = (caller: Caller) =>
  as(client, caller, async () => (await client.query("select from public.workspace_members")).rowCount);

describe("claim_membership", () => {
  it.each<[string, Caller, unknown]>([
    ["names the workspace to whoever is in", token(), WORKSPACE],
    [
      "goes by the account, whatever address the token names",
      token({ email: "before@example.com" }),
      WORKSPACE,
    ],
    ["refuses a member's address on another account", token({ sub: uuid("a", 3) }), "42501"],
    [
      "refuses an address that is bound to no account",
      token({ sub: uuid("a", 3), email: "new@example.com" }),
      "42501",
    ],
    ["refuses another issuer", token({ iss: "https://elsewhere.example/auth/v1" }), "42501"],
    ["refuses a token without an issuer", token({ iss: undefined }), "42501"],
    ["refuses a token whose issuer is null", token({ iss: null }), "42501"],
    ["refuses who is no member", token({ sub: uuid("a", 4), email: "eve@example.com" }), "42501"],
    ["refuses a token without a user", token({ sub: undefined }), "42501"],
    ["refuses anon", token({}, "anon"), "42501"],
  ])("%s", async (_, caller, expected) => {
    expect(await rolledBack(client, () => call(caller, "select public.claim_membership()"))).toBe(expected);
  });
});

describe("the access list", () => {
  const answer = (version: number, members: readonly Admitted[], more: Partial<Admission> = {}) =>
    client.query(admit({ workspace: WORKSPACE, issuer: ISSUER, version, members, ...more }));
  const one = (email: string, user_id: string | null, role = "member"): Admitted => ({
    email,
    role,
    user_id,
    managed_by: "app",
  });

  it("is replaced as a whole, and ignores an older version", () =>
    rolledBack(client, async () => {
      await answer(2, [one("ada@example.com", ADA)]);
      await answer(1, [one("ada@example.com", ADA), one("eve@example.com", uuid("a", 4), "owner")]);
      const { rows } = await client.query(
        "select email, role, user_id, managed_by from public.workspace_members",
      );
      expect(rows).toEqual([one("ada@example.com", ADA)]);
    }));

  it("follows an account to its new address, and admits the next account with the old address", () =>
    rolledBack(client, async () => {
      const next = uuid("a", 5);
      await answer(1, [one("ada@example.com", next), one("grace@example.com", ADA)]);
      expect(await reaches(token({ sub: GRACE }))).toBe(0);
      expect(await reaches(token({ sub: next }))).toBe(2);
      expect(await reaches(token())).toBe(2);
    }));

  it.each([
    ["counts while its lease lasts", 60, "1 second", 3],
    ["is nobody when the lease has expired", 60, "61 seconds", 0],
    ["is nobody when it never was confirmed", 60, null, 0],
    ["counts for good without a lease", null, "1 year", 3],
  ])("%s", (_, lease, ago, expected) =>
    rolledBack(client, async () => {
      await client.query(
        "update private.settings set access_lease_seconds = $1, access_confirmed_at = now() - $2::interval",
        [lease, ago],
      );
      expect(await reaches(token())).toBe(expected);
      const answered = await call(token(), "select private.check_request()");
      expect(answered).toBe(expected === 0 ? "PT503" : "");
      expect(await call({ role: "service_role", claims: {} }, "select private.check_request()")).toBe("");
    }),
  );

  it("is confirmed by each delivery, which keeps the lease unless it sets another", () =>
    rolledBack(client, async () => {
      const members = [one("ada@example.com", ADA)];
      await answer(1, members, { leaseSeconds: 60 });
      await client.query("update private.settings set access_confirmed_at = now() - interval '1 hour'");
      expect(await reaches(token())).toBe(0);
      await answer(2, members);
      expect(await reaches(token())).toBe(1);
      await client.query("update private.settings set access_confirmed_at = now() - interval '1 hour'");
      expect(await reaches(token())).toBe(0);
      await answer(3, members, { leaseSeconds: null });
      await client.query("update private.settings set access_confirmed_at = null");
      expect(await reaches(token())).toBe(1);
    }));
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
    expect(await rolledBack(client, () => call(caller, "select private.check_request()"))).toBe(expected);
  });
});
