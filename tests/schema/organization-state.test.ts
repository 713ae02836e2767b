import { createHash } from "node:crypto";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, startDatabase } from "../databases/database.ts";
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
let ada: Person;
let alan: Person;
let grace: Person;
let acme: string;
let personal: string;
let key: string;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
});
afterAll(() => database.stop());

/** Ada's organization with a member, an invited person, a claim token, an API key, a connection and credits. */
beforeEach(async () => {
  await client.query("begin");
  await openPlatform(client);
  ada = await signUp(client, "ada@example.com");
  acme = await organizationOf(client, ada);
  await moveToPlan(client, acme, "team");
  const { rows } = await client.query<{ id: string }>(
    "update public.workspaces set state = 'active', project_ref = 'ref' returning id",
  );
  personal = one(rows).id;
  for (const name of ["alan", "grace"]) await act(ada, `invite('${acme}', '${name}@example.com')`);
  alan = await signUp(client, "alan@example.com");
  await act(alan, `accept_invitation('${acme}')`);
  await act(ada, `grant_workspace('${personal}', 'alan@example.com')`);
  grace = await signUp(client, "grace@example.com");
  key = one(await callAs<{ key: string }>(client, ada, issue("key", `api_key('${personal}', 'ci')`))).key;
  await act(ada, `add_connection('${personal}', 'lake', 'bigquery', 'vault/lake')`);
  await client.query(
    `insert into public.claim_tokens (id, organization_id, name, role, expires_at, managed_by)
     values ($1, $2, 'door', 'member', now() + interval '1 day', 'manifest')`,
    [uuid("e", 0), acme],
  );
  await client.query("insert into private.claim_token_hashes values ($1, $2)", [
    uuid("e", 0),
    createHash("sha256").update("the token").digest(),
  ]);
  await client.query("select private.post_wallet_entry('plan', $1, 'data', 'plan', 100, 'app')", [acme]);
  await client.query("delete from private.access_changes");
});
afterEach(() => client.query("rollback"));

const act = (person: Person, call: string) => callAs(client, person, `select * from public.${call}`);
const issue = (what: string, call: string) => `select ${what} from public.create_${call}`;
const setState = (state: string) =>
  client.query("update public.organizations set state = $2 where id = $1", [acme, state]);

async function value(sql: string): Promise<unknown> {
  await client.query("savepoint question");
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0] ?? null;
  } finally {
    await client.query("rollback to savepoint question");
  }
}

const debit = (name: string) =>
  value(`select booked from public.debit_wallet('${name}', '${personal}', 'data', 1, 'read')`);

const INACTIVE = ["suspended", "archived", "deleted"] as const;

describe.each(INACTIVE)("an organization that is %s", (state) => {
  const refused = { code: "PT409", message: `the organization is ${state}` };

  it("shows its state to its members, and nothing else", async () => {
    await setState(state);
    for (const person of [ada, alan]) {
      expect(await act(person, "my_organizations()")).toMatchObject([{ id: acme, state }]);
      expect(await act(person, "my_workspaces()")).toEqual([]);
      for (const table of ["organizations", "members", "workspaces", "api_keys", "wallets", "invitations"])
        expect([table, await callAs(client, person, `select from public.${table}`)]).toEqual([table, []]);
    }
  });

  it.each([
    ["an invitation", () => act(ada, `invite('${acme}', 'x@example.com')`)],
    ["the removal of a member", () => act(ada, `remove_member('${acme}', 'alan@example.com')`)],
    ["a workspace", () => act(ada, `create_workspace('${acme}', 'second')`)],
    ["an API key", () => act(ada, `create_api_key('${personal}', 'another')`)],
    ["a connection", () => act(ada, `add_connection('${personal}', 'crm', 'hubspot', 'vault/crm')`)],
    ["a reload", () => act(ada, `set_auto_reload('${acme}', 'data', 10, up_to => 100)`)],
    ["an accepted invitation", () => act(grace, `accept_invitation('${acme}')`)],
    ["a claim token", () => act(grace, "claim('the token')")],
    ["a debit", () => debit("late")],
    ["a counted request", () => value(`select allowed from public.consume_quota('${personal}', 'rpm')`)],
  ])("refuses %s and states why", async (_, attempt) => {
    await setState(state);
    expect(await refusal(attempt())).toMatchObject(refused);
    await setState("active");
    expect(await refusal(attempt())).toBeUndefined();
  });

  it("authenticates no API key, and hands out no credentials", async () => {
    const authenticate = `select public.authenticate_api_key('${key}')`;
    const credentials = `select public.connection_credentials('${personal}', 'lake')`;
    await setState(state);
    expect([await value(authenticate), await value(credentials)]).toEqual([null, null]);
    await setState("active");
    expect([await value(authenticate), await value(credentials)]).toEqual([personal, "vault/lake"]);
  });

  it("answers a repeated debit as before, and refunds it", async () => {
    await client.query(`select public.debit_wallet('call', '${personal}', 'data', 4, 'read')`);
    await setState(state);
    expect(
      await value(`select booked from public.debit_wallet('call', '${personal}', 'data', 4, 'read')`),
    ).toBe(true);
    expect(await value(`select balance from public.refund_debit('back', '${personal}', 'call')`)).toBe("100");
  });

  it("closes the databases of its workspaces, and opens them again", async () => {
    const entrance = "select array_agg(email order by email) from private.workspace_access";
    const noted = "select array_agg(closes) from private.access_changes";
    expect(await value(entrance)).toEqual(["ada@example.com", "alan@example.com"]);
    await setState(state);
    expect([await value(entrance), await value(noted)]).toEqual([null, [true]]);
    await client.query("delete from private.access_changes");
    await setState("active");
    expect([await value(entrance), await value(noted)]).toEqual([
      ["ada@example.com", "alan@example.com"],
      [false],
    ]);
  });

  it("withdraws a requested reload", async () => {
    await act(ada, `set_auto_reload('${acme}', 'data', 1000, up_to => 2000)`);
    await client.query(`select public.debit_wallet('call', '${personal}', 'data', 4, 'read')`);
    await setState(state);
    expect(await value("select id from private.claim_reload()")).toBeNull();
    await client.query("select private.claim_reload()");
    expect(await value("select state from public.reloads")).toBe("withdrawn");
  });

  it("doesn't list its invitations, or its requests for `tenantry intake`", async () => {
    await act(ada, `create_workspace('${acme}', 'second')`);
    const requests = `select count(*)::int from private.intake_requests where organization_id = '${acme}'`;
    expect(await value(requests)).toBe(1);
    await setState(state);
    expect(await act(grace, "my_invitations()")).toEqual([]);
    expect(await value(requests)).toBe(0);
  });
});

describe("a workspace that isn't active", () => {
  it.each(["requested", "suspended", "archived", "deleted"])("is debited for nothing: %s", async (state) => {
    await client.query("update public.workspaces set state = $1", [state]);
    expect(await refusal(debit("late"))).toMatchObject({
      code: "PT409",
      message: `the workspace is ${state}`,
    });
    expect(await value("select balance from public.wallets where name = 'data'")).toBe("100");
  });
});
