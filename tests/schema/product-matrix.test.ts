import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { as, type Caller, type Database, startDatabase } from "../databases/database.ts";
import { uuid } from "../isolation/world.ts";
import {
  callAs,
  moveToPlan,
  one,
  openPlatform,
  organizationOf,
  type Refusal,
  refusal,
  signUp,
  tokenOf,
} from "./product.ts";

/** Whom a function is for; everyone may be refused for a reason of their own, but these are never turned away by role. */
type Audience = "owner" | "admin" | "member" | "anyone";

interface Case {
  readonly call: string;
  readonly for: Audience;
}

/** Ids and names that the calls are made with: those of Acme, or some that are nobody's. */
interface Names {
  readonly organization: string;
  readonly workspace: string;
  readonly other: string;
  readonly key: string;
}

const NOBODYS: Names = {
  organization: uuid("0", 1),
  workspace: uuid("0", 2),
  other: uuid("0", 3),
  key: uuid("0", 4),
};

/** Every function of the data API that is for people, with a call that succeeds for whom it is for. */
const casesOf = ({ organization, workspace, other, key }: Names): Record<string, Case> => ({
  invite: { call: `public.invite('${organization}', 'new@example.com')`, for: "admin" },
  revoke_invitation: {
    call: `public.revoke_invitation('${organization}', 'open@example.com')`,
    for: "admin",
  },
  remove_member: { call: `public.remove_member('${organization}', 'alan@example.com')`, for: "admin" },
  change_role: { call: `public.change_role('${organization}', 'alan@example.com', 'admin')`, for: "owner" },
  transfer_ownership: {
    call: `public.transfer_ownership('${organization}', 'grace@example.com')`,
    for: "owner",
  },
  create_workspace: { call: `public.create_workspace('${organization}', 'extra')`, for: "admin" },
  grant_workspace: { call: `public.grant_workspace('${workspace}', 'alan@example.com')`, for: "admin" },
  revoke_workspace: { call: `public.revoke_workspace('${workspace}', 'alan@example.com')`, for: "admin" },
  add_connection: {
    call: `public.add_connection('${workspace}', 'crm', 'hubspot', 'vault/crm')`,
    for: "admin",
  },
  clone_connection: { call: `public.clone_connection('${workspace}', 'lake', '${other}')`, for: "admin" },
  remove_connection: { call: `public.remove_connection('${workspace}', 'lake')`, for: "admin" },
  add_app: { call: `public.add_app('${workspace}', 'blog')`, for: "admin" },
  remove_app: { call: `public.remove_app('${workspace}', 'store')`, for: "admin" },
  set_app_domain: { call: `public.set_app_domain('${workspace}', 'store', 'new.example')`, for: "admin" },
  request_domain_check: { call: `public.request_domain_check('${workspace}', 'store')`, for: "admin" },
  add_cron_job: { call: `public.add_cron_job('${workspace}', 'daily', '0 5 * * *', 'report')`, for: "admin" },
  remove_cron_job: { call: `public.remove_cron_job('${workspace}', 'nightly')`, for: "admin" },
  create_api_key: { call: `public.create_api_key('${workspace}', 'ci')`, for: "admin" },
  rotate_api_key: { call: `public.rotate_api_key('${key}')`, for: "admin" },
  revoke_api_key: { call: `public.revoke_api_key('${key}')`, for: "admin" },
  set_billing_email: {
    call: `public.set_billing_email('${organization}', 'money@example.com')`,
    for: "admin",
  },
  set_auto_reload: {
    call: `public.set_auto_reload('${organization}', 'data', 100, up_to => 500)`,
    for: "admin",
  },
  // These are about the caller, whoever that is.
  create_organization: { call: "public.create_organization('Second')", for: "anyone" },
  my_invitations: { call: "public.my_invitations()", for: "anyone" },
  my_organizations: { call: "public.my_organizations()", for: "anyone" },
  my_workspaces: { call: "public.my_workspaces()", for: "anyone" },
  // Nobody of these is invited or holds a token; tests/schema/membership.test.ts and claim-tokens.test.ts have who is.
  accept_invitation: { call: `public.accept_invitation('${organization}')`, for: "anyone" },
  claim: { call: "public.claim('made-up')", for: "anyone" },
});

const ALWAYS_MISSING = ["accept_invitation", "claim"];

let database: Database;
let client: pg.Client;
let acme: Names;
const callers: Record<string, Caller> = { anon: { role: "anon", claims: {} } };

beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
  await client.query("begin");
  await openPlatform(client);
  acme = await foundAcme();
});
afterAll(() => database.stop());

/** Acme with one of everything, and everyone who could ever call. */
async function foundAcme(): Promise<Names> {
  const ada = await signUp(client, "ada@example.com");
  const organization = await organizationOf(client, ada);
  await moveToPlan(client, organization, "team");
  await client.query("update public.quotas set seats = null, workspaces = null");
  const act = (sql: string) => callAs(client, ada, `select ${sql}`);
  for (const [name, role] of [
    ["grace", "admin"],
    ["alan", "member"],
    ["rita", "admin"],
    ["una", "member"],
  ])
    await act(`public.invite('${organization}', '${name}@example.com', '${role}')`);
  const members = {
    owner: ada,
    admin: await signUp(client, "grace@example.com"),
    member: await signUp(client, "alan@example.com"),
    "a removed admin": await signUp(client, "rita@example.com"),
  };
  for (const person of Object.values(members).slice(1))
    await callAs(client, person, `select public.accept_invitation('${organization}')`);
  await act(`public.remove_member('${organization}', 'rita@example.com')`);
  // Somebody who says to be invited, and whose address nobody verified.
  const others = {
    "the owner of another organization": await signUp(client, "eve@example.com"),
    "somebody unverified": await signUp(client, "una@example.com", false),
  };
  for (const [name, person] of Object.entries({ ...members, ...others })) callers[name] = tokenOf(person);
  callers["a stranger"] = { role: "authenticated", claims: { sub: uuid("f", 1) } };

  const [production, staging] = [
    await workspace(organization, "production"),
    await workspace(organization, "staging"),
  ];
  async function workspace(of: string, name: string): Promise<string> {
    const { id } = one(
      await callAs<{ id: string }>(client, ada, `select public.create_workspace('${of}', '${name}') as id`),
    );
    return id;
  }
  await client.query("update public.workspaces set state = 'active'");
  await act(`public.grant_workspace('${production}', 'alan@example.com')`);
  await act(`public.invite('${organization}', 'open@example.com')`);
  await act(`public.add_connection('${production}', 'lake', 'bigquery', 'vault/lake')`);
  await act(`public.add_app('${production}', 'store')`);
  await act(`public.set_app_domain('${production}', 'store', 'store.example')`);
  await act(`public.add_cron_job('${production}', 'nightly', '0 3 * * *', 'rebuild')`);
  const key = one(
    await callAs<{ id: string }>(
      client,
      ada,
      `select key_id as id from public.create_api_key('${production}', 'backend')`,
    ),
  );
  return { organization, workspace: production, other: staging, key: key.id };
}

function attempt(caller: Caller, call: string): Promise<Refusal | undefined> {
  return as(client, caller, () => refusal(client.query(`select * from ${call}`)));
}

it("has a case for every function that people may call", async () => {
  const { rows } = await client.query<{ name: string }>(`select distinct proname as name from pg_proc p
    where pronamespace = 'public'::regnamespace and has_function_privilege('authenticated', p.oid, 'execute')`);
  expect(Object.keys(casesOf(NOBODYS)).sort()).toEqual(rows.map(({ name }) => name).sort());
});

const REFUSED: Record<Audience, Record<string, string | undefined>> = {
  owner: { admin: "PT403", member: "PT403" },
  admin: { member: "PT403" },
  member: {},
  anyone: {},
};

describe.each(Object.entries(casesOf(NOBODYS)))("%s", (name, { for: audience }) => {
  const caseOf = (names: Names) => casesOf(names)[name]?.call ?? "";
  const missing = ALWAYS_MISSING.includes(name);

  it.each(["owner", "admin", "member"])(`of one's own organization, as its %s`, async (role) => {
    const found = await attempt(callers[role] as Caller, caseOf(acme));
    expect(found?.code).toBe(missing ? "PT404" : REFUSED[audience][role]);
  });

  it.each(["a removed admin", "the owner of another organization", "somebody unverified", "a stranger"])(
    "as %s, answers as if there were no such thing",
    async (who) => {
      const found = await attempt(callers[who] as Caller, caseOf(acme));
      const madeUp = await attempt(callers[who] as Caller, caseOf(NOBODYS));
      expect(found).toEqual(madeUp);
      if (audience !== "anyone" || missing) expect(found?.code).toBe("PT404");
    },
  );

  it("is closed to anon", async () => {
    expect((await attempt(callers.anon as Caller, caseOf(acme)))?.code).toBe("42501");
  });
});
