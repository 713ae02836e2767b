import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseDefinition } from "../../../../infra/database.ts";
import { access } from "../../../../src/provider/resources/postgres/access.ts";
import { guard } from "../../../../src/provider/resources/postgres/guard.ts";
import { rowSecurity } from "../../../../src/provider/resources/postgres/row-security.ts";
import { schema } from "../../../../src/provider/resources/postgres/schema.ts";
import { projectName, stableId } from "../../../../src/shared/ids.ts";
import { admit } from "../../../../src/vendors/postgres/scripts/admit.ts";
import { Life } from "../../life.ts";
import { type Live, SUPABASE_ORGANIZATION, startLive } from "../../live.ts";

const WORKSPACE = stableId("shop/acme/production");
const {
  access: roles,
  schema: scripts,
  rowSecurity: rows,
  guard: declared,
} = databaseDefinition("workspace");

let live: Live;
let project: string;
let issuer: string;
let life: Life<typeof guard.inputs, typeof guard.outputs>;
let tables: Life<typeof schema.inputs, typeof schema.outputs>;

beforeAll(async () => {
  live = await startLive();
  project = await live.project("shop");
  issuer = `https://${await live.project("center")}.supabase.co/auth/v1`;
  tables = new Life(schema, live.context());
  await new Life(access, live.context()).up({ project, ...roles });
  await tables.up({ project, ...scripts });
  await new Life(rowSecurity, live.context()).up({ project, ...rows });
  await admitMembers();
  life = new Life(guard, live.context());
  await life.up(guarded());
});
afterAll(() => live.stop());

const MEMBERS = {
  "ada@acme.example": { role: "owner" as const },
  "alan@acme.example": { role: "member" as const },
};

function nameOf(platform: string) {
  return projectName([platform], stableId(platform));
}

function guarded(members: Record<string, { role: "owner" | "admin" | "member" }> = MEMBERS) {
  const controlPlane = { organization: SUPABASE_ORGANIZATION, name: nameOf("center") };
  return {
    organization: SUPABASE_ORGANIZATION,
    name: nameOf("shop"),
    ...declared,
    workspace: { id: WORKSPACE, controlPlane, members },
  };
}

/** Runs SQL as the project's `postgres` role. */
const byHand = (sql: string) => live.sql(project, `set role postgres; ${sql}`);

const EVE = "https://eve.example/auth/v1";

/** Access that somebody opens: its name, the statement, a query that detects it, and its description in a refresh. */
const DOORS: readonly (readonly [door: string, open: string, isOpen: string, subject: string | null])[] = [
  [
    "disabled row security",
    "alter table public.files disable row level security",
    "select not relrowsecurity from pg_class where oid = 'public.files'::regclass",
    "row security of public.files is off",
  ],
  [
    "a privilege",
    "grant select on public.files to anon",
    "select has_table_privilege('anon', 'public.files', 'select')",
    "anon may select public.files",
  ],
  [
    "a privilege on a column",
    "grant update (created_by) on public.files to authenticated",
    "select has_column_privilege('authenticated', 'public.files', 'created_by', 'update')",
    "authenticated may update(created_by) public.files",
  ],
  [
    "a privilege with grant option",
    "grant select on public.chats to authenticated with grant option",
    "select has_table_privilege('authenticated', 'public.chats', 'select with grant option')",
    "authenticated may select public.chats with grant option",
  ],
  [
    "a function",
    "grant execute on function private.my_workspace_ids() to anon",
    "select has_function_privilege('anon', 'private.my_workspace_ids()', 'execute')",
    "anon may call private.my_workspace_ids()",
  ],
  [
    "a policy on storage.objects",
    "create policy leak on storage.objects for select to anon using (true)",
    "select exists (select from pg_policy where polname = 'leak')",
    "policy leak on storage.objects is not declared",
  ],
  [
    "a declared policy that was changed to allow everything",
    'alter policy "members read" on public.chats using (true)',
    `select pg_get_expr(polqual, polrelid) = 'true' from pg_policy
       where polname = 'members read' and polrelid = 'public.chats'::regclass`,
    "policy members read on public.chats was changed",
  ],
  [
    "a helper function that was changed to trust every token",
    `create or replace function private.trusted_claims() returns jsonb language sql stable security definer
       set search_path = '' as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$`,
    "select prosrc not like '%settings%' from pg_proc where oid = 'private.trusted_claims()'::regprocedure",
    "function private.trusted_claims() was changed",
  ],
  [
    "the right to create in a schema",
    "grant create on schema public to authenticated",
    "select has_schema_privilege('authenticated', 'public', 'create')",
    "authenticated has create on the schema public",
  ],
  [
    "access to the migrations ledger",
    "grant usage on schema tenantry to anon; grant select on tenantry.migrations to anon",
    "select has_schema_privilege('anon', 'tenantry', 'usage') or has_table_privilege('anon', 'tenantry.migrations', 'select')",
    "anon has usage on the schema tenantry",
  ],
  [
    "a role's membership",
    "grant service_role to authenticated",
    "select pg_has_role('authenticated', 'service_role', 'member')",
    "authenticated is a member of service_role",
  ],
  [
    "another issuer",
    `update private.settings set issuer = '${EVE}'`,
    `select issuer = '${EVE}' from private.settings`,
    "the issuer of its tokens",
  ],
  [
    "an added member",
    "insert into public.workspace_members (email, role) values ('eve@evil.example', 'admin')",
    "select exists (select from public.workspace_members where email = 'eve@evil.example')",
    "member eve@evil.example is not declared",
  ],
  [
    "a member who was removed from the manifest",
    "select",
    "select exists (select from public.workspace_members where email = 'alan@acme.example')",
    null,
  ],
];

/** Other objects in the database: how to create them, whether API roles can reach them, and how to drop them. */
const FOREIGN: readonly (readonly [thing: string, make: string, reach: string, drop: string])[] = [
  ["nothing", "select", "select false", "select"],
  [
    "a table",
    "create table public.handmade (id int); grant all on public.handmade to anon, authenticated, service_role",
    `select has_any_column_privilege('anon', 'public.handmade', 'select') or has_table_privilege('service_role', 'public.handmade', 'delete')
       or not relrowsecurity from pg_class where oid = 'public.handmade'::regclass`,
    "drop table public.handmade",
  ],
  [
    "a table in another schema",
    `create schema reports; create table reports.handmade (id int); grant usage on schema reports to anon;
     grant select on reports.handmade to public`,
    `select has_schema_privilege('anon', 'reports', 'usage') or has_table_privilege('anon', 'reports.handmade', 'select')
       or not relrowsecurity from pg_class where oid = 'reports.handmade'::regclass`,
    "drop schema reports cascade",
  ],
  [
    "a view",
    "create view public.handmade as select * from public.files; grant select on public.handmade to anon",
    "select has_table_privilege('anon', 'public.handmade', 'select')",
    "drop view public.handmade",
  ],
  [
    "a materialized view",
    "create materialized view public.handmade as select * from public.files; grant select on public.handmade to anon",
    "select has_table_privilege('anon', 'public.handmade', 'select')",
    "drop materialized view public.handmade",
  ],
  [
    "a function",
    "create function public.handmade() returns int language sql security definer as 'select 1'; grant execute on function public.handmade() to public",
    "select has_function_privilege('anon', 'public.handmade()', 'execute')",
    "drop function public.handmade()",
  ],
  [
    "a procedure and an aggregate",
    `create procedure public.handmade() language sql as 'select 1'; grant execute on procedure public.handmade() to anon;
     create aggregate public.total (int) (sfunc = int4pl, stype = int); grant execute on function public.total(int) to anon`,
    "select has_function_privilege('anon', 'public.handmade()', 'execute') or has_function_privilege('anon', 'public.total(int)', 'execute')",
    "drop procedure public.handmade(); drop aggregate public.total(int)",
  ],
  [
    "a type",
    "create type public.handmade as enum ('a')",
    "select has_type_privilege('anon', 'public.handmade', 'usage')",
    "drop type public.handmade",
  ],
  [
    "a domain and a composite type",
    "create domain public.handmade as int; create type public.pair as (a int, b int)",
    "select has_type_privilege('anon', 'public.handmade', 'usage') or has_type_privilege('anon', 'public.pair', 'usage')",
    "drop domain public.handmade; drop type public.pair",
  ],
  [
    "a sequence",
    "create sequence public.handmade; grant usage on sequence public.handmade to anon",
    "select has_sequence_privilege('anon', 'public.handmade', 'usage')",
    "drop sequence public.handmade",
  ],
  [
    "an added column",
    "alter table public.files add column note text; grant select (note) on public.files to public",
    "select has_column_privilege('anon', 'public.files', 'note', 'select')",
    "alter table public.files drop column note",
  ],
  [
    "a disabled trigger",
    "alter table public.files disable trigger touch",
    "select false",
    "alter table public.files enable trigger touch",
  ],
  [
    "a trigger that prevents the removal of members",
    `create function public.keep() returns trigger language plpgsql as $$ begin return null; end $$;
     create trigger keep before delete on public.workspace_members for each row execute function public.keep()`,
    "select false",
    "drop function public.keep() cascade",
  ],
  [
    "a trigger that refuses every change of members and settings",
    `create function public.refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
     create trigger refuse before delete or update on public.workspace_members for each row execute function public.refuse();
     create trigger refuse before update on private.settings for each row execute function public.refuse()`,
    "select false",
    "drop function public.refuse() cascade",
  ],
];

const SUBJECTS = DOORS.flatMap(([, , , subject]) => (subject === null ? [] : [subject]));

describe("postgres:Guard", () => {
  test("finds nothing right after creation, with reads that it shares with others", async () => {
    live.sandbox.clearRequests();
    expect(await life.refresh()).toEqual([]);
    const calls = live.sandbox.requests().filter(({ path }) => path.includes(project));
    expect(calls.map(({ path, write }) => [path.replace(/^.*?projects\/\w+/, ""), write]).sort()).toEqual([
      ["/config/auth/third-party-auth", false],
      ["/database/query", false],
      ["/postgrest", false],
    ]);
  });

  describe.each(FOREIGN)("beside %s", (_, make, reach, drop) => {
    test.each(["up to date", "with a failing migration"])(
      "revokes all undeclared access, %s",
      async (state) => {
        for (const [, open] of DOORS) await byHand(open);
        await byHand(make);
        expect(await found()).toEqual(expect.arrayContaining(SUBJECTS));
        if (state !== "up to date")
          await expect(tables.up(withBroken())).rejects.toThrow(/migration 9999_broken: .*nowhere/);
        await life.up(guarded({ "ada@acme.example": { role: "owner" } }));

        const stillOpen: string[] = [];
        for (const [door, , isOpen] of DOORS) if (await isTrue(isOpen)) stillOpen.push(door);
        if (await isTrue(reach)) stillOpen.push("the thing itself");
        expect(stillOpen).toEqual([]);
        expect(await life.refresh()).toEqual([]);

        await byHand(drop);
        await admitMembers();
        await life.up(guarded());
      },
    );
  });
});

/** Writes members like a delivery from the control plane. */
async function admitMembers(): Promise<void> {
  const [held] = await live.sql(project, "select max(access_version)::int as version from private.settings");
  const version = Number(held?.version ?? 0) + 1;
  const members = Object.entries(MEMBERS).map(([email, { role }]) => ({
    email,
    role,
    user_id: null,
    managed_by: "manifest",
  }));
  await live.sql(project, admit({ workspace: WORKSPACE, issuer, version, members }));
}

/** The undeclared access that a refresh lists. */
async function found(): Promise<string[]> {
  const prior = { id: "", inputs: guard.inputs.parse(guarded()), outputs: {} };
  const { inputs } = (await guard.observe(live.context()("look"), prior)) ?? {};
  return Object.keys(inputs?.open ?? {});
}

async function isTrue(sql: string): Promise<boolean> {
  const [row] = await live.sql(project, sql);
  return Object.values(row ?? {})[0] === true;
}

function withBroken() {
  const sql = "select * from public.nowhere;";
  const broken = { sql, checksum: createHash("sha256").update(sql).digest("hex") };
  return { project, ...scripts, migrations: { ...scripts.migrations, "9999_broken": broken } };
}
