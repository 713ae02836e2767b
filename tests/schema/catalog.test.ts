import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, type Kind, rolledBack, startDatabase } from "../databases/database.ts";

interface Check {
  readonly rule: string;
  /** Finds violations of the rule, one per row. */
  readonly offenders: string;
  /** Violates the rule in either kind of database. */
  readonly planted: string;
}

const OWN = "('public'::regnamespace, 'private'::regnamespace)";
const API_ROLES = "(0, 'anon'::regrole, 'authenticated'::regrole, 'service_role'::regrole)";

// Rules that Supabase's linter doesn't have, at least in the build on npm.
const CHECKS: readonly Check[] = [
  {
    rule: "row security and a policy on every table",
    offenders: `select c.oid::regclass from pg_class c where c.relkind in ('r', 'p') and c.relnamespace in ${OWN}
      and (not c.relrowsecurity or not exists (select from pg_policy where polrelid = c.oid))`,
    planted: "create table private.forgotten (id int primary key)",
  },
  {
    rule: "nothing for anon, and nothing but reading and writing for any role of the data API",
    offenders: `select c.oid::regclass, acl.grantee::regrole, acl.privilege_type
      from pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) acl
      where c.relkind in ('r', 'p', 'v', 'm') and c.relnamespace in ${OWN} and acl.grantee in ${API_ROLES}
        and (acl.grantee in (0, 'anon'::regrole)
          or acl.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))`,
    planted: "grant truncate on public.workspace_members to authenticated",
  },
  {
    rule: "no security definer function in the schema that the data API exposes",
    offenders: `select oid::regprocedure from pg_proc where prosecdef and pronamespace = 'public'::regnamespace`,
    planted: "create function public.f() returns int language sql security definer as 'select 1'",
  },
  {
    rule: "a search path on every security definer function",
    offenders: `select oid::regprocedure from pg_proc where prosecdef and pronamespace in ${OWN}
      and not coalesce(proconfig @> array['search_path=""'], false)`,
    planted: "create function private.f() returns int language sql security definer as 'select 1'",
  },
  {
    rule: "security_invoker on every view",
    offenders: `select oid::regclass from pg_class where relkind = 'v' and relnamespace in ${OWN}
      and not coalesce(reloptions @> array['security_invoker=true'], false)`,
    planted: "create view public.v as select * from public.workspace_members",
  },
  {
    rule: "`to authenticated`, permissive, and one command in every policy",
    offenders: `select polrelid::regclass, polname from pg_policy
      where not 'authenticated'::regrole = any (polroles) or 0 = any (polroles) or polcmd = '*' or not polpermissive`,
    planted: "create policy p on public.workspace_members for select using (false)",
  },
  {
    rule: "one policy for each command",
    offenders:
      "select polrelid::regclass, polcmd from pg_policy group by polrelid, polcmd having count(*) > 1",
    planted: "create policy p on public.workspace_members for select to authenticated using (email = '')",
  },
  {
    rule: "an index that begins with each column that decides who sees a row",
    // A message's role and a stored file's owner decide who may write it. An index wouldn't help.
    offenders: `select distinct c.oid::regclass, a.attname from pg_policy p
      join pg_class c on c.oid = p.polrelid
      join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
        and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid > 0
      join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
      where a.attname not in ('role', 'owner', 'owner_id') and not exists (
        select from pg_index i where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indpred is null)`,
    planted:
      "create policy p on public.workspace_members for delete to authenticated using (created_at is null)",
  },
  {
    rule: "an index for every foreign key",
    offenders: `select k.conrelid::regclass, k.conname from pg_constraint k
      where k.contype = 'f' and k.connamespace in ${OWN} and not exists (
        select from pg_index i where i.indrelid = k.conrelid
          and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)`,
    planted: "alter table public.workspace_members add column by uuid references auth.users (id)",
  },
  {
    rule: "the caller's claims asked once per query, in a subselect",
    offenders: `select tablename, policyname from pg_policies
      where regexp_replace(concat(qual, with_check), '\\(\\s*select [^)]*\\(\\)', '', 'gi')
        ~ '(auth\\.\\w+|current_setting|private\\.my_\\w+)\\('`,
    planted:
      "create policy p on public.workspace_members for delete to authenticated using (workspace_id = any (private.my_workspace_ids()))",
  },
  {
    rule: "lower-case e-mail addresses in every column that holds one",
    offenders: `select a.attrelid::regclass, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relkind = 'r' and c.relnamespace in ${OWN} and a.attname like '%email' and not exists (
        select from pg_constraint k where k.conrelid = c.oid and k.contype in ('c', 'f') and a.attnum = any (k.conkey)
          and (k.contype = 'f' or pg_get_constraintdef(k.oid) like '%lower(%'))`,
    planted: "create table public.t (id int primary key, email text)",
  },
];

/** The functions that a token may call. */
const CALLABLE: Record<Kind, readonly string[]> = {
  "control-plane": [
    "accept_invitation(uuid)",
    "add_app(uuid,text)",
    "add_connection(uuid,text,text,text)",
    "add_cron_job(uuid,text,text,text)",
    "change_role(uuid,text,text)",
    "claim(text)",
    "clone_connection(uuid,text,uuid,text)",
    "connection_credentials(uuid,text)",
    "create_api_key(uuid,text)",
    "create_organization(text)",
    "create_workspace(uuid,text,text,date)",
    "grant_workspace(uuid,text)",
    "invite(uuid,text,text,text[],date)",
    "my_invitations()",
    "my_organizations()",
    "my_workspaces(uuid)",
    "private.accept_invitation(uuid)",
    "private.add_app(uuid,text)",
    "private.add_connection(uuid,text,text,text,text)",
    "private.add_cron_job(uuid,text,text,text)",
    "private.caller_id()",
    "private.change_role(uuid,text,text)",
    "private.claim(text)",
    "private.clone_connection(uuid,text,uuid,text)",
    "private.connection_credentials(uuid,text)",
    "private.create_api_key(uuid,text)",
    "private.create_organization(text)",
    "private.create_workspace(uuid,text,text,date)",
    "private.grant_workspace(uuid,text)",
    "private.invite(uuid,text,text,text[],date)",
    "private.is_prose(text)",
    "private.is_workspace_member(uuid,uuid[])",
    "private.my_administered_organization_ids()",
    "private.my_invitations()",
    "private.my_organization_ids()",
    "private.my_organizations()",
    "private.my_workspace_ids()",
    "private.remove_app(uuid,text)",
    "private.remove_connection(uuid,text)",
    "private.remove_cron_job(uuid,text)",
    "private.remove_member(uuid,text)",
    "private.request_domain_check(uuid,text)",
    "private.revoke_api_key(uuid)",
    "private.revoke_invitation(uuid,text)",
    "private.revoke_workspace(uuid,text)",
    "private.rotate_api_key(uuid,interval)",
    "private.set_app_domain(uuid,text,text)",
    "private.set_auto_reload(uuid,text,bigint,bigint,bigint,bigint)",
    "private.set_billing_email(uuid,text)",
    "private.transfer_ownership(uuid,text)",
    "private.withdraw_workspace(uuid)",
    "remove_app(uuid,text)",
    "remove_connection(uuid,text)",
    "remove_cron_job(uuid,text)",
    "remove_member(uuid,text)",
    "request_domain_check(uuid,text)",
    "revoke_api_key(uuid)",
    "revoke_invitation(uuid,text)",
    "revoke_workspace(uuid,text)",
    "rotate_api_key(uuid,interval)",
    "set_app_domain(uuid,text,text)",
    "set_auto_reload(uuid,text,bigint,bigint,bigint,bigint)",
    "set_billing_email(uuid,text)",
    "transfer_ownership(uuid,text)",
    "withdraw_workspace(uuid)",
  ],
  workspace: [
    "claim_membership()",
    "private.check_request()",
    "private.is_file_path(text)",
    "private.is_key(text)",
    "private.is_owner_of_object(uuid,uuid,text)",
    "private.is_title(text)",
    "private.is_workspace_member(uuid,uuid[])",
    "private.my_workspace_ids()",
    "private.workspace_id()",
  ],
};

describe.each<Kind>(["control-plane", "workspace"])("a %s has", (kind) => {
  let database: Database;
  let client: pg.Client;
  beforeAll(async () => {
    database = await startDatabase(kind);
    client = await database.connect();
  });
  afterAll(() => database.stop());

  const rowsOf = async (sql: string): Promise<string[]> =>
    (await client.query<Record<string, unknown>>(sql)).rows.map((row) => Object.values(row).join(" "));

  it.each(CHECKS)("$rule", async ({ offenders, planted }) => {
    expect(await rowsOf(offenders)).toEqual([]);
    await rolledBack(client, async () => {
      await client.query(planted);
      expect(await rowsOf(offenders), "the planted violation").not.toEqual([]);
    });
  });

  it("no other functions that can be called", async () => {
    const callable = await rowsOf(`select distinct p.oid::regprocedure::text
      from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
      where p.pronamespace in ${OWN} and acl.grantee in ${API_ROLES}`);
    expect(callable.sort()).toEqual(CALLABLE[kind]);
  });
});
