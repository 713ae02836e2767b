import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { as, type Caller, type Database, startDatabase } from "../databases/database.ts";
import { ISSUER, uuid } from "../isolation/world.ts";
import {
  callAs,
  moveToPlan,
  one,
  openPlatform,
  organizationOf,
  type Person,
  type Refusal,
  refusal,
  signUp,
  tokenOf,
} from "./product.ts";

/** The roles that may call a function. `admin, unseen`: members don't even see the object. */
type Audience = "owner" | "admin" | "admin, unseen" | "anyone";

interface Case {
  readonly call: string;
  readonly for: Audience;
}

/** The ids and names in the calls: those of Acme, or unknown ones. */
interface Names {
  readonly organization: string;
  readonly workspace: string;
  readonly other: string;
  readonly requested: string;
  readonly key: string;
}

const NOBODYS: Names = {
  organization: uuid("0", 1),
  workspace: uuid("0", 2),
  other: uuid("0", 3),
  requested: uuid("0", 4),
  key: uuid("0", 5),
};

/** Every function of the data API for people, with a call that succeeds for the allowed roles. */
const casesOf = ({ organization, workspace, other, requested, key }: Names): Record<string, Case> => ({
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
  withdraw_workspace: { call: `public.withdraw_workspace('${requested}')`, for: "admin, unseen" },
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
  // These concern the caller.
  create_organization: { call: "public.create_organization('Second')", for: "anyone" },
  my_invitations: { call: "public.my_invitations()", for: "anyone" },
  my_organizations: { call: "public.my_organizations()", for: "anyone" },
  my_workspaces: { call: "public.my_workspaces()", for: "anyone" },
  // None of these callers is invited or has a token. membership.test.ts and claim-tokens.test.ts test those.
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

/** Acme with one of everything, and all kinds of callers. */
async function foundAcme(): Promise<Names> {
  const ada = await signUp(client, "ada@example.com");
  const organization = await organizationOf(client, ada);
  await moveToPlan(client, organization, "team");
  await client.query("update public.quotas set seats = null, workspaces = null");
  await gatherCallers(ada, organization);
  return furnish(ada, organization);
}

async function gatherCallers(ada: Person, organization: string): Promise<void> {
  const join = async (name: string, role: string) => {
    await callAs(client, ada, `select public.invite('${organization}', '${name}@example.com', '${role}')`);
    const person = await signUp(client, `${name}@example.com`);
    await callAs(client, person, `select public.accept_invitation('${organization}')`);
    return tokenOf(person);
  };
  callers.owner = tokenOf(ada);
  callers.admin = await join("grace", "admin");
  callers.member = await join("alan", "member");
  callers["a removed admin"] = await join("rita", "admin");
  await callAs(client, ada, `select public.remove_member('${organization}', 'rita@example.com')`);
  callers["the owner of another organization"] = tokenOf(await signUp(client, "eve@example.com"));
  // An invited person with an unverified address.
  await callAs(client, ada, `select public.invite('${organization}', 'una@example.com')`);
  callers["somebody unverified"] = tokenOf(await signUp(client, "una@example.com", false));
  callers["a stranger"] = { role: "authenticated", claims: { iss: ISSUER, sub: uuid("f", 1) } };
}

async function furnish(ada: Person, organization: string): Promise<Names> {
  const idOf = async (call: string) =>
    one(await callAs<{ id: string }>(client, ada, `select id from public.${call}`)).id;
  const workspace = await idOf(`create_workspace('${organization}', 'production') as id`);
  const other = await idOf(`create_workspace('${organization}', 'staging') as id`);
  await client.query("update public.workspaces set state = 'active'");
  const requested = await idOf(`create_workspace('${organization}', 'idea') as id`);
  for (const call of [
    `grant_workspace('${workspace}', 'alan@example.com')`,
    `invite('${organization}', 'open@example.com')`,
    `add_connection('${workspace}', 'lake', 'bigquery', 'vault/lake')`,
    `add_app('${workspace}', 'store')`,
    `set_app_domain('${workspace}', 'store', 'store.example')`,
    `add_cron_job('${workspace}', 'nightly', '0 3 * * *', 'rebuild')`,
  ])
    await callAs(client, ada, `select public.${call}`);
  const key = await idOf(`create_api_key('${workspace}', 'backend') as key (id, value)`);
  return { organization, workspace, other, requested, key };
}

function attempt(caller: Caller, call: string): Promise<Refusal | undefined> {
  return as(client, caller, () => refusal(client.query(`select * from ${call}`)));
}

it("covers every function that people may call", async () => {
  const { rows } = await client.query<{ name: string }>(`select distinct proname as name from pg_proc p
    where pronamespace = 'public'::regnamespace and has_function_privilege('authenticated', p.oid, 'execute')`);
  expect(Object.keys(casesOf(NOBODYS)).sort()).toEqual(rows.map(({ name }) => name).sort());
});

const REFUSED: Record<Audience, Record<string, string | undefined>> = {
  owner: { admin: "PT403", member: "PT403" },
  admin: { member: "PT403" },
  "admin, unseen": { member: "PT404" },
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
