import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { databaseDefinition } from "../../infra/database.ts";
import { checkDefinition, checkOrganization } from "../../src/verify/check.ts";
import { readOrganization } from "../../src/verify/organization-rows.ts";
import { type Database, rolledBack, startDatabase } from "../databases/database.ts";
import { insertRows } from "../isolation/probe.ts";
import { rowsOf, uuid } from "../isolation/world.ts";
import { lines, liveDatabase, organizationModel, worldOf } from "./world.ts";

let database: Database;
let client: pg.Client;
const organization = organizationModel();
const { access, ...rest } = databaseDefinition("control-plane");
// A bucket with another customer's files, treated as declared.
const definition = { ...rest, access: { ...access, buckets: { ...access.buckets, a: {} } } };

beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
  await client.query("create table realtime.messages_all partition of realtime.messages default");
  await insertRows(client, rowsOf(worldOf(organization)));
  // The issuer of the project of `liveDatabase`.
  await client.query("update public.platforms set issuer = 'https://ref.supabase.co/auth/v1'");
  await client.query("set session authorization postgres");
});
afterAll(() => database.stop());

/** The differences that verify finds in the open transaction. */
async function verify(declared = organization): Promise<string[]> {
  const live = await liveDatabase(client);
  const query = async <Row extends object>(text: string, values: readonly unknown[] = []) =>
    (await client.query<Row>(text, [...values])).rows;
  const rows = await readOrganization(query, declared);
  return [
    ...lines(await checkDefinition(live, definition)),
    ...lines(await checkOrganization(live, definition, declared, rows)),
  ];
}

it("finds nothing in an unchanged control plane, and doesn't change it", async () => {
  const users = "select count(*) from auth.users";
  const before = (await client.query(users)).rows;
  await rolledBack(client, async () => expect(await verify()).toEqual([]));
  expect((await client.query(users)).rows).toEqual(before);
});

it.each(["suspended", "archived"] as const)(
  "expects nothing to be open to the members of a %s organization",
  async (state) => {
    const declared = organizationModel({ state });
    const close = `update public.workspaces set state = '${state}' where organization_id = '${organization.id}'`;
    await rolledBack(client, async () => {
      await client.query(
        `${close}; update public.organizations set state = '${state}' where id = '${organization.id}'`,
      );
      // A person may belong to another organization that isn't active either.
      await client.query(
        `insert into public.members (organization_id, email, role, managed_by) values ('${uuid("b", 1)}', 'person-1@example.com', 'member', 'app')`,
      );
      expect(await verify(declared)).toEqual([]);
      await client.query(`update public.organizations set state = '${state}'`);
      expect(await verify(declared)).toEqual([]);
    });
    await rolledBack(client, async () => {
      const found = await verify(declared);
      expect(found).toContain(
        "person-0@example.com (owner), public.members: reads nothing; reads rows of organization org-0",
      );
    });
  },
);

it.each<[hole: string, sql: string, found: readonly (string | RegExp)[]]>([
  [
    "a dropped policy",
    'drop policy "workspace members read" on public.connections',
    [
      "policy workspace members read on public.connections: exists; is missing",
      "person-2@example.com (member), public.connections: reads rows of workspace ws-0; reads none of them",
    ],
  ],
  [
    "a policy that allows everybody",
    "create policy backdoor on public.api_keys for select to authenticated using (true)",
    [
      /^policy backdoor on public\.api_keys: isn't declared; /,
      "person-2@example.com (member), public.api_keys: reads nothing; reads rows of workspace ws-1, workspace ws-2",
      "person-3@example.com (another organization), public.api_keys: reads nothing; reads rows of workspace ws-0, workspace ws-1, workspace ws-2",
      "person-0@example.com (owner), public.api_keys: reads no rows of others; reads rows of others",
    ],
  ],
  [
    "a policy that shows admins' rows to members",
    `drop policy "admins read" on public.wallet_entries;
     create policy "admins read" on public.wallet_entries for select to authenticated
       using (organization_id = any ((select private.my_organization_ids())::uuid[]))`,
    [
      /^policy admins read on public\.wallet_entries: for select to authenticated using \(organization_id = any/,
      "person-2@example.com (member), public.wallet_entries: reads nothing; reads rows of organization org-0",
    ],
  ],
  [
    "a member who should have been removed",
    `insert into public.members (organization_id, email, role, managed_by) values ('${organization.id}', 'person-3@example.com', 'admin', 'manifest')`,
    [
      "member person-3@example.com: isn't a member; is admin",
      "person-3@example.com (not a member), public.wallets: reads nothing; reads rows of organization org-0",
    ],
  ],
  [
    "a member who was promoted",
    "update public.members set role = 'admin' where email = 'person-2@example.com'",
    [
      "member person-2@example.com: is member; is admin",
      "person-2@example.com (member), public.invitations: reads nothing; reads rows of organization org-0",
    ],
  ],
  [
    "disabled row security",
    "alter table public.usage_logs disable row level security",
    [
      "table public.usage_logs: row security is on; row security is off",
      "a user without an organization, public.usage_logs: reads no rows of others; reads rows of others",
    ],
  ],
  [
    "a view that leaks",
    "alter view public.wallet_spend set (security_invoker = false)",
    [
      /^view public\.wallet_spend: shows the rows that its caller may read/,
      "a removed member, public.wallet_spend: reads nothing; reads rows of organization org-0",
    ],
  ],
  [
    "a grant to anon",
    "grant select on public.plans to anon",
    ["table public.plans: grants anon nothing; grants anon select"],
  ],
  [
    "a write privilege",
    "grant update on public.wallets to authenticated",
    ["table public.wallets: grants authenticated select; grants authenticated select, update"],
  ],
  [
    "a table without read privileges",
    "revoke select on public.apps from authenticated",
    [
      "person-1@example.com (admin), public.apps: reads rows of workspace ws-0, workspace ws-1, workspace ws-2; reads none of them",
    ],
  ],
  [
    "a helper that returns true",
    "create or replace function private.is_workspace_member(workspace_id uuid, mine uuid[]) returns boolean language sql immutable return true",
    [
      "function private.is_workspace_member(uuid,uuid[]): has its declared body; has a different body",
      "a user without an organization, public.escalations: reads no rows of others; reads rows of others",
    ],
  ],
  [
    "a changed function of the migrations",
    "create or replace function private.verified_user(member_email text) returns uuid language sql stable set search_path = '' as 'select id from auth.users where email = member_email'",
    ["function private.verified_user(text): is as the migrations created it; was changed"],
  ],
  [
    "an execute privilege of authenticated",
    "grant execute on function private.expire_credits(timestamptz) to authenticated",
    [
      /^function private\.expire_credits\(.*\): may be called by no role; may be called by authenticated$/,
      /^a user without an organization, function private\.expire_credits\(.*\): is refused; may be called$/,
    ],
  ],
  [
    "a function that discloses whether ids of others exist",
    `create or replace function private.act_in_organization(of_organization_id uuid, allowed text[]) returns text
     language plpgsql set search_path = '' as $$
     begin
       if not exists (select from public.organizations where id = of_organization_id) then
         raise sqlstate 'PT404' using message = 'there is no such organization';
       end if;
       raise sqlstate 'PT403' using message = 'this is not for you to do';
     end $$`,
    [
      /^person-3@example\.com \(another organization\), function public\.invite\(.*\): gives the same answer for ids of another organization as for unknown ids: PT404: there is no such organization; PT403: this is not for you to do$/,
      /^person-0@example\.com \(owner\), function public\.set_billing_email\(uuid,text\): gives the same answer for ids of another organization/,
      /^a removed member, function public\.create_workspace\(.*\): gives the same answer for ids of another organization/,
    ],
  ],
  [
    "a function that doesn't check the owner",
    `create or replace function private.revoke_api_key(of_key_id uuid) returns void
     language sql security definer set search_path = ''
     as 'update public.api_keys set revoked_at = now() where id = of_key_id returning 1 / (length(name) - length(name))'`,
    [
      /^a user without an organization, function public\.revoke_api_key\(uuid\): gives the same answer for ids of another organization .*; 22012: division by zero$/,
    ],
  ],
  [
    "a function that admits the organization's members instead of the workspace's",
    `create or replace function private.act_in_workspace(of_workspace_id uuid) returns public.workspaces
     language plpgsql set search_path = '' as $$
     declare workspace public.workspaces;
     begin
       select workspaces.* into workspace from public.workspaces join public.members using (organization_id)
         where workspaces.id = of_workspace_id and members.user_id = private.caller_id();
       if not found then
         raise sqlstate 'PT404' using message = 'there is no such workspace';
       end if;
       perform private.act_in_organization(workspace.organization_id, '{owner,admin}');
       return workspace;
     end $$`,
    [
      /^person-2@example\.com \(member\), function public\.add_app\(uuid,text\): gives the same answer for an inaccessible workspace \(active\) as for unknown ids: PT404: there is no such workspace; PT403: this is not for a member to do$/,
      /^person-2@example\.com \(member\), function public\.revoke_api_key\(uuid\): gives the same answer for an inaccessible workspace \(suspended\)/,
    ],
  ],
  [
    "a function that honours a grant in a closed workspace",
    `insert into public.workspace_members (organization_id, workspace_id, email, managed_by)
       values ('${organization.id}', '${organization.workspaces["ws-2"]?.id}', 'person-2@example.com', 'manifest');
     create or replace function private.act_in_workspace(of_workspace_id uuid) returns public.workspaces
     language plpgsql set search_path = '' as $$
     declare workspace public.workspaces;
     begin
       select workspaces.* into workspace from public.workspaces join public.members using (organization_id)
         join public.workspace_members granted on granted.workspace_id = workspaces.id and granted.email = members.email
         where workspaces.id = of_workspace_id and members.user_id = private.caller_id();
       if not found then
         raise sqlstate 'PT404' using message = 'there is no such workspace';
       end if;
       perform private.act_in_organization(workspace.organization_id, '{owner,admin}');
       return workspace;
     end $$`,
    [
      /^person-2@example\.com \(member\), function public\.add_app\(uuid,text\): gives the same answer for an inaccessible workspace \(suspended\)/,
    ],
  ],
  [
    "a role granted to another",
    "grant tenantry_gateway to authenticated",
    [/^person-2@example\.com \(member\), function public\.consume_quota\(.*\): is refused; may be called$/],
  ],
  [
    "an opened schema",
    "grant usage on schema private to anon; grant execute on function private.my_workspace_ids() to anon",
    ["anon, function private.my_workspace_ids(): is refused; may be called"],
  ],
])("finds %s", async (_, sql, found) => {
  const seen = await rolledBack(client, async () => {
    await client.query(sql);
    return verify();
  });
  for (const line of found)
    expect(seen).toContainEqual(typeof line === "string" ? line : expect.stringMatching(line));
});

it("finds access to other workspaces of the caller's organization by calling functions", async () => {
  const seen = await rolledBack(client, async () => {
    await client.query(
      `create or replace function private.add_app(of_workspace_id uuid, of_name text) returns text
       language sql security definer set search_path = ''
       as 'select workspaces.name from public.workspaces join public.members using (organization_id)
         where workspaces.id = of_workspace_id and user_id = private.caller_id()'`,
    );
    return verify();
  });
  const finds = (number: number, state: string, workspace: string) =>
    `person-${number}@example.com (member), function public.add_app(uuid,text): gives the same answer for an inaccessible workspace (${state}) as for unknown ids: answers nothing; answers "${workspace}"`;
  expect(seen.sort()).toEqual([
    "function private.add_app(uuid,text): is as the migrations created it; was changed",
    finds(2, "active", "ws-1"),
    finds(2, "suspended", "ws-2"),
    finds(5, "active", "ws-0"),
    finds(5, "suspended", "ws-2"),
  ]);
});

it("expects the members whom the app admitted", async () => {
  await rolledBack(client, async () => {
    await client.query(
      `insert into public.members (organization_id, email, role, managed_by) values ($1, 'guest@example.com', 'member', 'app')`,
      [organization.id],
    );
    await client.query(
      `insert into public.workspace_members (organization_id, workspace_id, email, managed_by) values ($1, $2, 'guest@example.com', 'app')`,
      [organization.id, organization.workspaces["ws-1"]?.id],
    );
    expect(await verify()).toEqual([]);
  });
});
