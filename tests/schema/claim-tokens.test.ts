import { createHash } from "node:crypto";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, failure, startDatabase } from "../databases/database.ts";
import { uuid } from "../isolation/world.ts";
import {
  callAs,
  moveToPlan,
  one,
  openPlatform,
  organizationOf,
  type Person,
  refusal,
  signUp,
} from "./product.ts";

let database: Database;
let client: pg.Client;
let acme: string;
let personal: string;
let grace: Person;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
});
afterAll(() => database.stop());

beforeEach(async () => {
  await client.query("begin");
  await openPlatform(client);
  acme = await organizationOf(client, await signUp(client, "ada@example.com"));
  await moveToPlan(client, acme, "team");
  const { rows } = await client.query<{ id: string }>(
    "update public.workspaces set state = 'active' returning id",
  );
  personal = one(rows).id;
  grace = await signUp(client, "grace@example.com");
});
afterEach(() => client.query("rollback"));

interface Token {
  readonly role?: string;
  readonly workspace?: string;
  readonly email?: string;
  readonly expires?: string;
}

/** Creates a token like the provider: its row, and the digest of its value. */
async function issue({ role = "member", workspace, email, expires = "1 day" }: Token = {}): Promise<void> {
  await client.query(
    `insert into public.claim_tokens (id, organization_id, workspace_id, name, role, email, expires_at, managed_by)
     values ($1, $2, $3, 'door', $4, $5, now() + $6::interval, 'manifest')`,
    [uuid("e", 0), acme, workspace, role, email, expires],
  );
  await client.query("insert into private.claim_token_hashes values ($1, $2)", [
    uuid("e", 0),
    createHash("sha256").update("the token").digest(),
  ]);
}

const claim = (person: Person) => callAs(client, person, "select * from public.claim('the token')");
const answer = (person: Person) => refusal(claim(person));
const spent = async () =>
  one((await client.query("select * from public.claim_tokens")).rows).claimed_at !== null;

describe("a claim token", () => {
  it("of an organization admits a member or an admin, and returns the organization", async () => {
    await issue({ role: "admin" });
    expect(await claim(grace)).toEqual([{ organization_id: acme, workspace_id: null, role: "admin" }]);
    expect(
      await callAs(client, grace, "select role from public.my_organizations() where id = $1", [acme]),
    ).toEqual([{ role: "admin" }]);
    const { rows } = await client.query("select claimed_by from public.claim_tokens");
    expect(rows).toEqual([{ claimed_by: grace.id }]);
  });

  it("of a workspace opens that workspace", async () => {
    await issue({ workspace: personal });
    expect(await claim(grace)).toEqual([{ organization_id: acme, workspace_id: personal, role: "member" }]);
    expect(await callAs(client, grace, "select id from public.my_workspaces($1)", [acme])).toEqual([
      { id: personal },
    ]);
  });

  it("opens the workspace to an existing member, who keeps the role", async () => {
    await issue({ workspace: personal });
    await client.query(
      "insert into public.members (organization_id, email, role, managed_by) values ($1, $2, 'admin', 'manifest')",
      [acme, grace.email],
    );
    expect(await claim(grace)).toMatchObject([{ role: "admin" }]);
  });

  it("can be used once", async () => {
    await issue();
    await claim(grace);
    expect((await answer(await signUp(client, "eve@example.com")))?.code).toBe("PT404");
    expect((await answer(grace))?.code).toBe("PT404");
  });

  it.each<[string, Token]>([
    ["has expired", { expires: "-1 second" }],
    ["is for another address", { email: "new@example.com" }],
  ])("that %s gets the same response as an unknown one", async (_, token) => {
    const none = await answer(grace);
    await issue(token);
    expect(await answer(grace)).toEqual(none);
    expect(await spent()).toBe(false);
  });

  it("of a closed workspace gets the same response as an unknown one", async () => {
    const none = await answer(grace);
    await issue({ workspace: personal });
    await client.query("update public.workspaces set state = 'suspended' where id = $1", [personal]);
    expect(await answer(grace)).toEqual(none);
  });

  it.each<[string, Token]>([
    ["for their address", { email: "grace@example.com" }],
    ["for anybody", {}],
  ])(
    "from before somebody left, %s, doesn't let them in again; one that is made since does",
    async (_, token) => {
      const none = await answer(grace);
      await issue(token);
      await client.query(
        "insert into public.members (organization_id, email, role, managed_by) values ($1, $2, 'member', 'manifest')",
        [acme, grace.email],
      );
      await client.query("delete from public.members where email = $1", [grace.email]);
      expect(await answer(grace)).toEqual(none);
      expect(await spent()).toBe(false);
      await client.query("update public.claim_tokens set created_at = clock_timestamp()");
      expect(await answer(grace)).toBeUndefined();
    },
  );

  it("needs a verified address, regardless of the claims in the caller's token", async () => {
    await issue({ email: "new@example.com" });
    const unverified = await signUp(client, "new@example.com", false);
    for (const person of [unverified, { ...grace, email: "new@example.com" }])
      expect((await answer(person))?.code).toBe("PT404");
    await client.query("update auth.users set email_confirmed_at = now() where id = $1", [unverified.id]);
    expect(await answer(unverified)).toBeUndefined();
  });

  it("isn't spent while there is no free seat", async () => {
    await issue();
    await client.query("update public.quotas set seats = 1 where organization_id = $1", [acme]);
    expect((await answer(grace))?.code).toBe("PT402");
    expect(await spent()).toBe(false);
  });

  it("can't admit an owner, or an admin of one workspace", async () => {
    const insert = (role: string, workspace: string) =>
      failure(
        client,
        `insert into public.claim_tokens (id, organization_id, workspace_id, name, role, expires_at, managed_by)
         values (gen_random_uuid(), '${acme}', ${workspace}, 'door', '${role}', now(), 'app')`,
      );
    expect(await insert("owner", "null")).toBe("23514");
    expect(await insert("admin", `'${personal}'`)).toBe("23514");
    expect(await insert("admin", "null")).toBeUndefined();
  });

  it("that two people use at the same time admits one", async () => {
    await issue();
    const eve = await signUp(client, "eve@example.com");
    await client.query("commit");
    const other = await database.connect();
    await client.query("begin");
    await other.query("begin");
    await claim(grace);
    const second = refusal(callAs(other, eve, "select * from public.claim('the token')"));
    while (
      (await client.query("select from pg_stat_activity where wait_event_type = 'Lock'")).rowCount === 0
    );
    await client.query("commit");
    expect((await second)?.code).toBe("PT404");
    await other.query("rollback");
    const { rows } = await client.query(
      "select email from public.members where organization_id = $1 order by 1",
      [acme],
    );
    expect(rows.map(({ email }) => email)).toEqual(["ada@example.com", "grace@example.com"]);
    await client.query("begin");
  });
});
