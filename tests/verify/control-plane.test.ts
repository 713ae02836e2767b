import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { databaseDefinition } from "../../infra/database.ts";
import { checkDefinition, checkOrganization } from "../../src/verify/check.ts";
import { readOrganization } from "../../src/verify/organization-rows.ts";
import { type Database, startDatabase, undone } from "../databases/database.ts";
import { insertRows } from "../isolation/probe.ts";
import { rowsOf } from "../isolation/world.ts";
import { lines, liveDatabase, organizationModel, worldOf } from "./world.ts";

let database: Database;
let client: pg.Client;
const organization = organizationModel();
const { access, ...rest } = databaseDefinition("control-plane");
// The bucket of another customer's files, as if it were declared.
const definition = { ...rest, access: { ...access, buckets: { ...access.buckets, a: {} } } };

beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
  await client.query("create table realtime.messages_all partition of realtime.messages default");
  await insertRows(client, rowsOf(worldOf(organization)));
  // The issuer of the project that `liveDatabase` names.
  await client.query("update public.platforms set issuer = 'https://ref.supabase.co/auth/v1'");
  await client.query("set session authorization postgres");
});
afterAll(() => database.stop());

/** What verify finds in the database as it is at this moment, in the open transaction. */
async function verify(): Promise<string[]> {
  const live = await liveDatabase(client);
  const query = async <Row extends object>(text: string, values: readonly unknown[] = []) =>
    (await client.query<Row>(text, [...values])).rows;
  const rows = await readOrganization(query, organization);
  return [
    ...lines(await checkDefinition(live, definition)),
    ...lines(await checkOrganization(live, definition, organization, rows)),
  ];
}

it("finds nothing in a control plane that is as promised, and leaves it so", async () => {
  const users = "select count(*) from auth.users";
  const before = (await client.query(users)).rows;
  await undone(client, async () => expect(await verify()).toEqual([]));
  expect((await client.query(users)).rows).toEqual(before);
});

it.each<[hole: string, sql: string, found: readonly (string | RegExp)[]]>([
  [
    "a dropped policy",
    'drop policy "workspace members read" on public.connections',
    [
      "policy workspace members read on public.connections: exists; is missing",
      "person-2@example.com (member), public.connections: reads rows of workspace ws-0; sees none of them",
    ],
  ],
  [
    "a policy that lets everybody pass",
    "create policy backdoor on public.api_keys for select to authenticated using (true)",
    [
      /^policy backdoor on public\.api_keys: doesn't exist; /,
      "person-2@example.com (member), public.api_keys: reads nothing; reads rows of workspace ws-1, workspace ws-2",
      "person-3@example.com, of another organization, public.api_keys: reads nothing; reads rows of workspace ws-0, workspace ws-1, workspace ws-2",
      "person-0@example.com (owner), public.api_keys: reads nobody else's rows; reads rows of others",
    ],
  ],
  [
    "a policy that shows a member what is the admins'",
    `drop policy "admins read" on public.wallet_entries;
     create policy "admins read" on public.wallet_entries for select to authenticated
       using (organization_id = any ((select private.my_organization_ids())::uuid[]))`,
    [
      /^policy admins read on public\.wallet_entries: for select to authenticated using \(organization_id = any/,
      "person-2@example.com (member), public.wallet_entries: reads nothing; reads rows of organization org-0",
    ],
  ],
  [
    "a member who should be gone",
    `insert into public.members (organization_id, email, role, managed_by) values ('${organization.id}', 'person-3@example.com', 'admin', 'manifest')`,
    [
      "member person-3@example.com: is no member; is still there, as admin",
      "person-3@example.com (no member), public.wallets: reads nothing; reads rows of organization org-0",
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
    "row security off",
    "alter table public.usage_logs disable row level security",
    [
      "table public.usage_logs: row security is on; row security is off",
      "somebody of no organization, public.usage_logs: reads nobody else's rows; reads rows of others",
    ],
  ],
  [
    "a view that leaks",
    "alter view public.wallet_spend set (security_invoker = false)",
    [
      /^view public\.wallet_spend: shows what its caller may see/,
      "a removed member, public.wallet_spend: reads nothing; reads rows of organization org-0",
    ],
  ],
  [
    "a grant to anon",
    "grant select on public.plans to anon",
    ["table public.plans: gives anon nothing; gives anon select"],
  ],
  [
    "a grant to write",
    "grant update on public.wallets to authenticated",
    ["table public.wallets: gives authenticated select; gives authenticated select, update"],
  ],
  [
    "a table that was closed",
    "revoke select on public.apps from authenticated",
    [
      "person-1@example.com (admin), public.apps: reads rows of workspace ws-0, workspace ws-1, workspace ws-2; sees none of them",
    ],
  ],
  [
    "a helper that returns true",
    "create or replace function private.is_workspace_member(workspace_id uuid, mine uuid[]) returns boolean language sql immutable return true",
    [
      "function private.is_workspace_member(uuid,uuid[]): has the body of its definition; has another body",
      "somebody of no organization, public.escalations: reads nobody else's rows; reads rows of others",
    ],
  ],
  [
    "a function of the migrations that was changed",
    "create or replace function private.verified_user(member_email text) returns uuid language sql stable set search_path = '' as 'select id from auth.users where email = member_email'",
    ["function private.verified_user(text): is as the migrations made it; was changed"],
  ],
  [
    "an execute left to authenticated",
    "grant execute on function private.expire_credits(timestamptz) to authenticated",
    [
      /^function private\.expire_credits\(.*\): may be called by nobody; may be called by authenticated$/,
      /^somebody of no organization, function private\.expire_credits\(.*\): is refused; may be called$/,
    ],
  ],
  [
    "a function that says what is somebody else's apart from what isn't there",
    `create or replace function private.act_in_organization(of_organization_id uuid, allowed text[]) returns text
     language plpgsql set search_path = '' as $$
     begin
       if not exists (select from public.organizations where id = of_organization_id) then
         raise sqlstate 'PT404' using message = 'there is no such organization';
       end if;
       raise sqlstate 'PT403' using message = 'this is not for you to do';
     end $$`,
    [
      /^person-3@example\.com, of another organization, function public\.invite\(.*\): says of what is somebody else's the same as of nothing: PT404: there is no such organization; PT403: this is not for you to do$/,
      /^person-0@example\.com \(owner\), function public\.set_billing_email\(uuid,text\): says of what is somebody else's/,
      /^a removed member, function public\.create_workspace\(.*\): says of what is somebody else's/,
    ],
  ],
  [
    "a function that forgets to ask whose it is",
    `create or replace function private.revoke_api_key(of_key_id uuid) returns void
     language sql security definer set search_path = ''
     as 'update public.api_keys set revoked_at = now() where id = of_key_id returning 1 / (length(name) - length(name))'`,
    [
      /^somebody of no organization, function public\.revoke_api_key\(uuid\): says of what is somebody else's .*; 22012: division by zero$/,
    ],
  ],
  [
    "a function that asks for the organization's people where it promises the workspace's",
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
      /^person-2@example\.com \(member\), function public\.add_app\(uuid,text\): says of a workspace out of their reach \(active\) the same as of nothing: PT404: there is no such workspace; PT403: this is not for a member to do$/,
      /^person-2@example\.com \(member\), function public\.revoke_api_key\(uuid\): says of a workspace out of their reach \(suspended\)/,
    ],
  ],
  [
    "a function that goes by a grant where the workspace is closed",
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
      /^person-2@example\.com \(member\), function public\.add_app\(uuid,text\): says of a workspace out of their reach \(suspended\)/,
    ],
  ],
  [
    "a role that hands on its rights",
    "grant tenantry_gateway to authenticated",
    [/^person-2@example\.com \(member\), function public\.consume_quota\(.*\): is refused; may be called$/],
  ],
  [
    "a schema that was opened",
    "grant usage on schema private to anon; grant execute on function private.my_workspace_ids() to anon",
    ["anon, function private.my_workspace_ids(): is refused; may be called"],
  ],
])("finds %s", async (_, sql, found) => {
  const seen = await undone(client, async () => {
    await client.query(sql);
    return verify();
  });
  for (const line of found)
    expect(seen).toContainEqual(typeof line === "string" ? line : expect.stringMatching(line));
});

it("finds by the calls alone that people reach into their own organization's other workspaces", async () => {
  const seen = await undone(client, async () => {
    await client.query(
      `create or replace function private.add_app(of_workspace_id uuid, of_name text) returns text
       language sql security definer set search_path = ''
       as 'select workspaces.name from public.workspaces join public.members using (organization_id)
         where workspaces.id = of_workspace_id and user_id = private.caller_id()'`,
    );
    return verify();
  });
  const finds = (number: number, state: string, workspace: string) =>
    `person-${number}@example.com (member), function public.add_app(uuid,text): says of a workspace out of their reach (${state}) the same as of nothing: answers nothing; answers "${workspace}"`;
  expect(seen.sort()).toEqual([
    "function private.add_app(uuid,text): is as the migrations made it; was changed",
    finds(2, "active", "ws-1"),
    finds(2, "suspended", "ws-2"),
    finds(5, "active", "ws-0"),
    finds(5, "suspended", "ws-2"),
  ]);
});

it("counts with those whom the app let in", async () => {
  await undone(client, async () => {
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
