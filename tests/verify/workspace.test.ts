import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { databaseDefinition } from "../../infra/database.ts";
import { checkWorkspace } from "../../src/verify/check.ts";
import type { OrganizationRows } from "../../src/verify/organization-rows.ts";
import { type Database, rolledBack, startDatabase } from "../databases/database.ts";
import { insertRows } from "../isolation/probe.ts";
import { uuid } from "../isolation/world.ts";
import { lines, liveDatabase, organizationModel } from "./world.ts";

let database: Database;
let client: pg.Client;
const organization = organizationModel();
const { access, ...rest } = databaseDefinition("workspace");
// A bucket with another customer's files, treated as declared.
const definition = { ...rest, access: { ...access, buckets: { ...access.buckets, other: {} } } };

beforeAll(async () => {
  database = await startDatabase("workspace");
  client = await database.connect();
  await insertRows(client, content());
  await client.query("set session authorization postgres");
});
afterAll(() => database.stop());

const ISSUER = "https://control-plane.example/auth/v1";

/** The control plane's rows: persons 0 and 2 have signed in, 3 belongs to another organization. */
function rows(): OrganizationRows {
  return {
    exists: true,
    members: Object.values(organization.members).map(({ email, role }) => ({
      email,
      role,
      managed_by: "manifest",
    })),
    workspaces: [],
    access: [],
    entrance: {
      [organization.workspaces["ws-0"]?.id ?? ""]: {
        version: 7,
        members: [
          { ...admitted(0, "owner"), user_id: uuid("a", 0) },
          admitted(1, "admin"),
          { ...admitted(2, "member"), user_id: uuid("a", 2) },
          admitted(4, "member"),
        ],
      },
    },
    accounts: {
      "person-0@example.com": { id: uuid("a", 0), verified: true },
      "person-2@example.com": { id: uuid("a", 2), verified: true },
      "person-3@example.com": { id: uuid("a", 3), verified: true },
    },
    elsewhere: {},
    customers: [],
    neighbour: null,
    outsider: "person-3@example.com",
  };
}

function admitted(number: number, role: string) {
  return { email: `person-${number}@example.com`, role, user_id: null, managed_by: "manifest" };
}

function content() {
  const workspace_id = organization.workspaces["ws-0"]?.id;
  const created_at = "2026-06-01T00:00:00+00:00";
  const who = { workspace_id, created_by: uuid("a", 0), created_at };
  const member = (number: number, role: string, user_id: string | null) => ({
    workspace_id,
    email: `person-${number}@example.com`,
    role,
    user_id,
    managed_by: "manifest",
    created_at,
  });
  return {
    "private.settings": [
      {
        singleton: true,
        workspace_id,
        issuer: ISSUER,
        access_version: 7,
        // verify tests the policies even if the lease has expired.
        access_lease_seconds: 60,
        access_confirmed_at: new Date(Date.now() + 3_600_000).toISOString(),
      },
    ],
    "public.workspace_members": [
      member(0, "owner", uuid("a", 0)),
      member(1, "admin", null),
      member(2, "member", uuid("a", 2)),
      member(4, "member", null),
    ],
    "public.chats": [{ ...who, id: uuid("2", 1), title: "t", updated_at: created_at }],
    "public.messages": [{ ...who, id: uuid("3", 1), chat_id: uuid("2", 1), role: "assistant", content: {} }],
    "public.agent_state": [{ workspace_id, agent: "a", key: "k", value: {}, updated_at: created_at }],
    "storage.buckets": [{ id: "other", name: "other" }],
    "storage.objects": [
      { id: uuid("5", 1), bucket_id: "files", name: "a.txt" },
      { id: uuid("5", 2), bucket_id: "other", name: "secret.txt" },
    ],
  };
}

/** The differences that verify finds in the open transaction. */
async function verify(): Promise<string[]> {
  const workspace = organization.workspaces["ws-0"];
  if (workspace === undefined) throw new Error("the manifest has no ws-0");
  const told = { organization, workspace, rows: rows(), issuer: ISSUER };
  return lines(await checkWorkspace(await liveDatabase(client), definition, told));
}

it("finds nothing in an unchanged database, and doesn't change it", async () => {
  const before = await contents();
  await rolledBack(client, async () => expect(await verify()).toEqual([]));
  expect(await contents()).toEqual(before);
});

const ALL = /enters|reads/;
const HELPER =
  "private.my_workspace_ids() returns uuid[] language sql stable security definer set search_path = ''";

it.each<[hole: string, sql: string, found: readonly (string | RegExp)[]]>([
  [
    "a dropped policy",
    'drop policy "members read" on public.chats',
    [
      "policy members read on public.chats: exists; is missing",
      "person-0@example.com, public.chats: reads rows of workspace ws-0; reads none of them",
    ],
  ],
  [
    "a policy that allows everybody",
    'drop policy "members read" on public.chats; create policy "members read" on public.chats for select to authenticated using (true)',
    [
      /^policy members read on public\.chats: .*; for select to authenticated using \(true\)$/,
      "a signed-in user, public.chats: reads nothing; reads rows of workspace ws-0",
      "person-3@example.com (another organization), public.chats: reads nothing; reads rows of workspace ws-0",
    ],
  ],
  [
    "an undeclared policy",
    "create policy backdoor on public.files to authenticated using (true)",
    [/^policy backdoor on public\.files: isn't declared; /],
  ],
  [
    "a policy on Supabase's own tables",
    "create policy listing on storage.buckets for select to anon using (true)",
    [
      "policy listing on storage.buckets: isn't declared; allows anon to select",
      "anon, storage.buckets: reads no rows of others; reads rows of others",
    ],
  ],
  [
    "a member who should have been removed",
    "insert into public.workspace_members (email, role, user_id) values ('gone@example.com', 'admin', gen_random_uuid())",
    ["member gone@example.com: isn't a member; enters as admin"],
  ],
  [
    "a member who should have been removed and still has access",
    `insert into public.workspace_members (email, role, user_id) values ('person-3@example.com', 'member', '${uuid("a", 3)}')`,
    [
      "member person-3@example.com: isn't a member; enters as member",
      /^person-3@example\.com \(not a member of this workspace\), entering: is refused; enters$/,
    ],
  ],
  [
    "a missing member",
    "delete from public.workspace_members where email = 'person-1@example.com'",
    [
      "member person-1@example.com: enters as admin; is missing",
      /^person-1@example\.com, entering: enters; is refused/,
    ],
  ],
  [
    "a membership that is bound to another account",
    "update public.workspace_members set user_id = gen_random_uuid() where email = 'person-2@example.com'",
    [
      /^member person-2@example\.com: is bound to the account a+-.*; is bound to the account /,
      /^person-2@example\.com, entering: enters; is refused/,
    ],
  ],
  [
    "a member who has signed in but isn't bound to an account",
    "update public.workspace_members set user_id = null where email = 'person-2@example.com'",
    [/^member person-2@example\.com: is bound to the account .*; is bound to no account$/],
  ],
  [
    "a member with another role",
    "update public.workspace_members set role = 'owner' where email = 'person-1@example.com'",
    ["member person-1@example.com: enters as admin; enters as owner"],
  ],
  [
    "an older version of the members, as after a restore",
    "update private.settings set access_version = 6",
    ["the list of members: is version 7; is version 6"],
  ],
  [
    "an expired lease",
    "update private.settings set access_confirmed_at = now() - interval '1 hour'",
    [
      "the list of members: was confirmed in the last 60 s; has expired: nobody can enter until tenantry webhook runs",
    ],
  ],
  [
    "disabled row security",
    "alter table public.messages disable row level security",
    [
      "table public.messages: row security is on; row security is off",
      "a removed member, public.messages: reads nothing; reads rows of workspace ws-0",
    ],
  ],
  [
    "a view that leaks",
    "create view public.everything as select * from public.chats; grant select on public.everything to authenticated",
    [
      /^table public\.everything: grants authenticated nothing; grants authenticated .*select/,
      /^view public\.everything: /,
      "a signed-in user, public.everything: reads no rows of others; reads rows of others",
    ],
  ],
  [
    "a grant to anon",
    "grant select on public.files to anon",
    ["table public.files: grants anon nothing; grants anon select"],
  ],
  [
    "a writable column",
    "grant update (workspace_id) on public.chats to authenticated",
    [/^table public\.chats: grants authenticated .*; grants authenticated .*update\(workspace_id\)/],
  ],
  [
    "a helper that returns true",
    "create or replace function private.is_workspace_member(workspace_id uuid, mine uuid[]) returns boolean language sql immutable return true",
    [
      "function private.is_workspace_member(uuid,uuid[]): has its declared body; has a different body",
      "a signed-in user, public.files: insert is refused; insert succeeds",
    ],
  ],
  [
    "a helper that admits everybody",
    `create or replace function ${HELPER} as 'select array(select workspace_id from private.settings)'`,
    ["function private.my_workspace_ids(): has its declared body; has a different body", ALL],
  ],
  [
    "an execute privilege of authenticated",
    "create function public.dump() returns text language sql as 'select 1::text'; grant execute on function public.dump() to authenticated",
    [
      "function public.dump(): is as the migrations created it; was made by hand",
      "a signed-in user, function public.dump(): is refused; may be called",
    ],
  ],
  [
    "a removed pre-request function of PostgREST",
    "alter role authenticator reset pgrst.db_pre_request",
    [/^settings of authenticator: \{"pgrst\.db_pre_request":"private\.check_request"\}; \{\}$/],
  ],
  ["an opened schema", "grant usage on schema private to public", [/^schema private: .*; .*"public"/]],
  [
    "default privileges on new tables",
    "alter default privileges in schema public grant select on tables to anon",
    [/^new tables of public: /],
  ],
  [
    "another issuer",
    "update private.settings set issuer = 'https://elsewhere.invalid/auth/v1'",
    [/^the issuer of its tokens: /, "a member's token from another issuer, entering: is refused; enters"],
  ],
])("finds %s", async (_, sql, found) => {
  const seen = await rolledBack(client, async () => {
    await client.query(sql);
    return verify();
  });
  for (const line of found)
    expect(seen).toContainEqual(typeof line === "string" ? line : expect.stringMatching(line));
});

async function contents(): Promise<unknown> {
  const { rows } = await client.query(
    "select (select jsonb_agg(it) from public.workspace_members it) as members, (select count(*) from public.chats) as chats",
  );
  return rows;
}
