import type { Kind } from "../databases/database.ts";

/** A change of a database that grants access, or may. */
export interface Hole {
  /** The kind that finds it. Undefined if another part of the definition compares it. */
  readonly kind: string | undefined;
  readonly sql: string;
  /** The text that both commands must contain, or one for each. */
  readonly named: string | { readonly verify: string; readonly refresh: string };
  /** Run as the superuser: only Supabase should be able to do it, but it must be found. */
  readonly superuser?: true;
  /** Default: both kinds of database. */
  readonly only?: Kind;
}

const TRIGGER_FUNCTION = (name: string) =>
  `create function ${name} returns trigger language plpgsql security definer as 'begin return new; end'`;
const EVIL = "create schema evil";

/** @param kind the kind that finds these holes */
function of(
  kind: string | undefined,
  ...holes: readonly (readonly [sql: string, named: Hole["named"], options?: Options])[]
): Hole[] {
  return holes.map(([sql, named, options = {}]) => ({ kind, sql, named, ...options }));
}

type Options = Pick<Hole, "superuser" | "only">;
const superuser = { superuser: true } as const;

export const HOLES: readonly Hole[] = [
  ...of(
    "role",
    ["create role backdoor login bypassrls", "role backdoor"],
    ["create role backdoor", "role backdoor"],
    ["create role backdoor superuser login", "role backdoor", superuser],
  ),
  ...of(
    "role attribute",
    ["alter role anon bypassrls", "attributes of role anon"],
    ["alter role authenticated login", "attributes of role authenticated"],
    ["alter role service_role createrole", "attributes of role service_role"],
    ["alter role authenticator replication", "attributes of role authenticator"],
    ["alter role tenantry_policy createrole", "attributes of role tenantry_policy"],
    ["alter role dashboard_user login", "attributes of role dashboard_user", superuser],
    ["alter role postgres superuser", "attributes of role postgres", superuser],
  ),
  ...of(undefined, ["alter role tenantry_policy login", "tenantry_policy"]),
  ...of(
    "membership",
    ["grant service_role to authenticated", "membership of authenticated in service_role"],
    ["grant tenantry_policy to authenticated", "membership of authenticated in tenantry_policy"],
    ["grant service_role to anon with inherit true, set false", "membership of anon in service_role"],
    ["grant anon to authenticator with admin option", "membership of authenticator in anon"],
    ["grant pg_read_all_data to authenticated", "membership of authenticated in pg_read_all_data"],
    [
      "create role backdoor login; grant postgres to backdoor",
      "membership of backdoor in postgres",
      superuser,
    ],
    ["grant supabase_admin to postgres", "membership of postgres in supabase_admin", superuser],
    [
      "grant pg_execute_server_program to postgres",
      "membership of postgres in pg_execute_server_program",
      superuser,
    ],
    [
      "grant tenantry_gateway to authenticator with admin option",
      "membership of authenticator in tenantry_gateway",
      { only: "control-plane" },
    ],
  ),
  ...of(
    "setting",
    [
      "alter role authenticator set pgrst.db_schemas = 'public, private'",
      "setting pgrst.db_schemas of authenticator",
    ],
    [
      "alter role authenticator in database postgres set pgrst.db_max_rows = '100000'",
      "setting pgrst.db_max_rows of authenticator in this database",
    ],
    [
      "alter database postgres set pgrst.db_schemas = 'public, private'",
      "setting pgrst.db_schemas of every role",
    ],
    ["alter role anon set search_path = 'private, public'", "setting search_path of anon"],
    ["alter role authenticated set row_security = off", "setting row_security of authenticated"],
    [
      "alter role authenticated set session_replication_role = replica",
      "setting session_replication_role of authenticated",
    ],
    ["alter role postgres set search_path = evil, public", "setting search_path of postgres"],
    [
      "alter role authenticator set session_preload_libraries = 'evil'",
      "setting session_preload_libraries of authenticator",
      superuser,
    ],
    ["alter role all set search_path = 'evil'", "setting search_path of every role", superuser],
  ),
  ...of(
    "default privilege",
    [
      "alter default privileges in schema private grant select on tables to authenticated",
      "default privileges on tables of postgres in schema private for authenticated",
    ],
    [
      "alter default privileges for role tenantry_policy grant execute on functions to anon",
      "default privileges on functions of tenantry_policy for anon",
    ],
    [
      "alter default privileges grant usage on schemas to anon",
      "default privileges on schemas of postgres for anon",
    ],
    [
      "alter default privileges in schema public grant select on tables to public",
      "default privileges on tables of postgres in schema public for public",
    ],
    [
      "alter default privileges grant execute on functions to public",
      {
        verify: "new functions of any schema",
        refresh: "default privileges on functions of postgres for public",
      },
      { only: "control-plane" },
    ],
    [
      "alter default privileges in schema public grant select on tables to anon",
      {
        verify: "new tables of public",
        refresh: "default privileges on tables of postgres in schema public for anon",
      },
      { only: "control-plane" },
    ],
  ),
  ...of(
    "grant on a table",
    ["grant select on auth.users to anon", "grant on table auth.users to anon"],
    [
      "create role backdoor; grant select on public.agent_sessions to backdoor",
      "grant on table public.agent_sessions to backdoor",
    ],
    [
      "grant select on public.agent_sessions to authenticated with grant option",
      "grant on table public.agent_sessions to authenticated",
    ],
    [
      "create role backdoor; grant select on storage.objects to backdoor",
      "grant on table storage.objects to backdoor",
    ],
    ["grant select on storage.objects to public", "grant on table storage.objects to public"],
    ["grant select on tenantry.objects to anon", "grant on table tenantry.objects to anon"],
    [
      "create sequence public.numbers; grant usage on public.numbers to anon",
      "grant on sequence public.numbers to anon",
    ],
    ["grant select on pg_catalog.pg_authid to postgres, anon", "grant on table pg_authid to anon", superuser],
  ),
  ...of(
    "grant on a column",
    [
      "grant select (email) on auth.users to authenticated",
      "grant on table auth.users (email) to authenticated",
    ],
    [
      "create role backdoor; grant update (status) on public.agent_sessions to backdoor",
      "grant on table public.agent_sessions (status) to backdoor",
    ],
  ),
  ...of(
    undefined,
    ["grant select on public.agent_sessions to anon", "public.agent_sessions"],
    ["grant update (status) on public.agent_sessions to anon", "public.agent_sessions"],
    [
      "grant usage on schema private to public",
      { verify: "schema private", refresh: "schemas private usage" },
      { only: "workspace" },
    ],
    [
      "alter default privileges in schema public grant select on tables to anon",
      { verify: "new tables of public", refresh: "defaultPrivileges" },
      { only: "workspace" },
    ],
    [
      "alter default privileges grant execute on functions to public",
      { verify: "new functions of any schema", refresh: "defaultPrivileges" },
      { only: "workspace" },
    ],
  ),
  ...of(
    "grant on a function",
    [
      "grant execute on function extensions.pg_stat_statements(boolean) to anon",
      "grant on routine extensions.pg_stat_statements(boolean) to anon",
    ],
    [
      "create role backdoor; grant execute on function auth.uid() to backdoor",
      "grant on routine auth.uid() to backdoor",
    ],
  ),
  ...of("grant on a type", [
    "create role backdoor; create type public.pair as (a int); grant usage on type public.pair to backdoor",
    "grant on type public.pair to backdoor",
  ]),
  ...of(
    "grant on a schema",
    ["grant create on schema public to authenticated", "grant on schema public to authenticated"],
    ["grant create on schema private to authenticated", "grant on schema private to authenticated"],
    [
      "create role backdoor; grant usage on schema auth to backdoor",
      "grant on schema auth to backdoor",
      superuser,
    ],
    ["grant usage on schema vault to anon", "grant on schema vault to anon", superuser],
    [
      "grant usage on schema private to public",
      { verify: "schema private", refresh: "grant on schema private to public" },
      { only: "control-plane" },
    ],
  ),
  ...of("grant on a language", [
    "grant usage on language plpgsql to anon",
    "grant on language plpgsql to anon",
    superuser,
  ]),
  ...of(
    "grant on a database",
    ["grant create on database postgres to authenticated", "grant on database postgres to authenticated"],
    [
      "create role backdoor; grant create on database postgres to backdoor",
      "grant on database postgres to backdoor",
    ],
  ),
  ...of("grant on a large object", [
    "select lo_create(4711); grant select on large object 4711 to anon",
    "grant on large object 4711 to anon",
  ]),
  ...of("grant on a setting", [
    "grant set on parameter session_replication_role to authenticated",
    "grant on parameter session_replication_role to authenticated",
    superuser,
  ]),
  ...of("grant on a tablespace", [
    "grant create on tablespace pg_default to authenticated",
    "grant on tablespace pg_default to authenticated",
    superuser,
  ]),
  ...of("grant on a foreign data wrapper", [
    "create extension postgres_fdw with schema extensions; grant usage on foreign data wrapper postgres_fdw to authenticated",
    "grant on foreign data wrapper postgres_fdw to authenticated",
    superuser,
  ]),
  ...of("grant on a foreign server", [
    "create foreign data wrapper elsewhere; create server elsewhere foreign data wrapper elsewhere; grant usage on foreign server elsewhere to anon",
    "grant on foreign server elsewhere to anon",
    superuser,
  ]),
  ...of(
    "policy",
    [
      "create policy people on auth.users for select to authenticated using (true)",
      "policy people on auth.users",
    ],
    [
      "create policy listing on storage.buckets for select to anon using (true)",
      "policy listing on storage.buckets",
    ],
    [
      "create policy hearing on realtime.messages for select to authenticated using (true)",
      "policy hearing on realtime.messages",
    ],
    [
      "create policy hashes on auth.refresh_tokens to anon using (true)",
      "policy hashes on auth.refresh_tokens",
    ],
  ),
  ...of(
    undefined,
    ["create policy backdoor on public.agent_sessions to authenticated using (true)", "backdoor"],
    ["create policy backdoor on storage.objects to anon using (true)", "backdoor"],
  ),
  ...of(
    "row security",
    ["alter table auth.users disable row level security", "row security of auth.users", superuser],
    ["alter table storage.objects disable row level security", "row security of storage.objects", superuser],
    ["alter table public.agent_sessions force row level security", "row security of public.agent_sessions"],
  ),
  ...of(undefined, ["alter table public.agent_sessions disable row level security", "public.agent_sessions"]),
  ...of(
    "trigger",
    [
      `${EVIL}; ${TRIGGER_FUNCTION("evil.promote()")}; create trigger promote after insert on auth.users for each row execute function evil.promote()`,
      "trigger promote on auth.users",
    ],
    [
      `${EVIL}; ${TRIGGER_FUNCTION("evil.copy()")}; create trigger copy after insert on storage.objects for each row execute function evil.copy()`,
      "trigger copy on storage.objects",
    ],
    [
      "alter table storage.objects disable trigger protect_objects_delete",
      "trigger protect_objects_delete on storage.objects",
      superuser,
    ],
    ["alter table auth.identities disable trigger all", "auth.identities", superuser],
  ),
  ...of(
    undefined,
    [
      `${TRIGGER_FUNCTION("public.promote()")}; create trigger promote after insert on auth.users for each row execute function public.promote()`,
      "trigger promote of auth.users",
    ],
    [
      `${TRIGGER_FUNCTION("public.copy()")}; create trigger copy after insert on public.agent_sessions for each row execute function public.copy()`,
      "trigger copy of public.agent_sessions",
    ],
    [
      "alter table public.agent_state disable trigger touch",
      "trigger touch of public.agent_state",
      { only: "workspace" },
    ],
  ),
  ...of(
    "rule",
    [
      "create rule copy as on insert to public.agent_sessions do also nothing",
      "rule copy on public.agent_sessions",
    ],
    [
      "create rule copy as on update to storage.objects do also nothing",
      "rule copy on storage.objects",
      superuser,
    ],
  ),
  ...of(
    "inheritance",
    [
      "create table public.shadow () inherits (public.agent_sessions)",
      "inheritance of public.shadow from public.agent_sessions",
    ],
    [
      "create table public.whole (id int) partition by list (id); create table public.part partition of public.whole default",
      "inheritance of public.part from public.whole",
    ],
  ),
  ...of(
    "publication",
    ["create publication everything for all tables", "publication everything", superuser],
    ["create publication mine", "publication mine"],
  ),
  ...of(
    "published table",
    [
      "alter publication supabase_realtime add table public.agent_sessions",
      "table public.agent_sessions in publication supabase_realtime",
    ],
    [
      "create publication mine for table public.agent_sessions",
      "table public.agent_sessions in publication mine",
    ],
    [
      "alter publication supabase_realtime add table auth.users",
      "table auth.users in publication supabase_realtime",
      superuser,
    ],
  ),
  ...of("published schema", [
    "alter publication supabase_realtime add tables in schema public",
    "schema public in publication supabase_realtime",
    superuser,
  ]),
  ...of("subscription", [
    "create subscription elsewhere connection 'host=127.0.0.1' publication p with (connect = false, slot_name = none); alter subscription elsewhere owner to postgres",
    "subscription elsewhere",
    superuser,
  ]),
  ...of(
    "comment",
    [
      `comment on table public.agent_sessions is '@graphql({"name": "Other"})'`,
      "comment on table public.agent_sessions",
    ],
    [
      `comment on column public.agent_sessions.status is '@graphql({"name": "other"})'`,
      "comment on table column public.agent_sessions.status",
    ],
    [`comment on schema private is '@graphql({"inflect_names": true})'`, "comment on schema private"],
  ),
  ...of(
    "security label",
    [
      "insert into pg_seclabel values ('public.agent_sessions'::regclass, 'pg_class'::regclass, 0, 'mask', 'open')",
      "security label on table public.agent_sessions",
      superuser,
    ],
    [
      "insert into pg_shseclabel values ('anon'::regrole, 'pg_authid'::regclass, 'mask', 'open')",
      "security label on role anon",
      superuser,
    ],
  ),
  ...of("replication", [
    "select pg_replication_origin_create('elsewhere')",
    "replication origin elsewhere",
    superuser,
  ]),
  ...of(
    "bucket",
    [
      "insert into storage.buckets (id, name, public) values ('shared', 'shared', true)",
      "bucket shared (public)",
    ],
    ["insert into storage.buckets (id, name, public) values ('second', 'second', false)", "bucket second"],
    [
      "update storage.buckets set public = true where id = 'files'",
      "bucket files (public)",
      { only: "workspace" },
    ],
  ),
  ...of("cron job", [
    "create schema cron; create table cron.job (jobid bigint, username text, command text); insert into cron.job values (1, 'postgres', 'select 1')",
    "cron job 1",
    superuser,
  ]),
  ...of(
    "issuer",
    [
      "alter table public.platforms alter column issuer drop not null; update public.platforms set issuer = null",
      "issuer of the tokens of platform",
      { only: "control-plane" },
    ],
    [
      "update public.platforms set issuer = 'https://elsewhere.invalid/auth/v1'",
      "issuer of the tokens of platform",
      { only: "control-plane" },
    ],
  ),
  ...of(
    "extension",
    ["create extension dblink with schema public", "extension dblink", superuser],
    ["create extension xml2 with schema extensions", "extension xml2", superuser],
    ["create extension citext", "extension citext"],
    [
      'drop extension "uuid-ossp"; create extension "uuid-ossp" with schema public',
      'extension "uuid-ossp"',
      superuser,
    ],
  ),
  ...of(
    "owner",
    [
      "alter table public.agent_sessions owner to tenantry_policy",
      "owner of table public.agent_sessions",
      superuser,
    ],
    [
      "alter table public.agent_sessions owner to supabase_auth_admin",
      "owner of table public.agent_sessions",
      superuser,
    ],
    ["alter schema private owner to service_role", "owner of schema private", superuser],
    ["alter database postgres owner to service_role", "owner of database postgres", superuser],
  ),
  ...of("schema", [EVIL, "schema evil"]),
  ...of(
    "relation",
    [`${EVIL}; create table evil.copies (id int)`, "table evil.copies"],
    [`${EVIL}; create view evil.people as select * from auth.users`, "view evil.people"],
    [
      `${EVIL}; create materialized view evil.people as select * from auth.users`,
      "materialized view evil.people",
    ],
    ["create sequence public.numbers", "sequence public.numbers"],
    ["create table tenantry.other (id int)", "table tenantry.other"],
    [
      "create foreign data wrapper elsewhere; create server elsewhere foreign data wrapper elsewhere; create foreign table public.far (id int) server elsewhere; alter foreign table public.far owner to postgres",
      "foreign table public.far",
      superuser,
    ],
  ),
  ...of(
    undefined,
    ["create table public.copies (id int)", "table public.copies"],
    ["create view public.people as select id, email from auth.users", "view public.people"],
    ["create materialized view public.people as select id, email from auth.users", "view public.people"],
    [
      "create function public.dump() returns text language sql security definer as 'select 1::text'",
      "function public.dump()",
    ],
    ["create type public.mood as enum ('good')", "type public.mood"],
    ["alter table public.agent_sessions add column note text", "column public.agent_sessions.note"],
    [
      "create or replace function private.is_workspace_member(workspace_id uuid, mine uuid[]) returns boolean language sql immutable return true",
      "private.is_workspace_member",
    ],
  ),
  ...of(
    "function",
    [
      `${EVIL}; create function evil.dump() returns text language sql security definer as 'select 1::text'`,
      "function evil.dump()",
    ],
    [
      "create aggregate public.longest (text) (sfunc = textcat, stype = text)",
      "aggregate public.longest(pg_catalog.text)",
    ],
  ),
  ...of(
    "type",
    ["create domain public.word as text", "type public.word"],
    ["create type public.pair as (a int, b int)", "type public.pair"],
    ["create type public.span as range (subtype = int)", "type public.span"],
    [`${EVIL}; create type evil.mood as enum ('good')`, "type evil.mood"],
  ),
  ...of("operator", [
    "create function public.same(uuid, text) returns boolean language sql immutable return true; create operator public.=== (leftarg = uuid, rightarg = text, function = public.same)",
    "operator public.===(pg_catalog.uuid,pg_catalog.text)",
  ]),
  ...of("operator class", [
    "create operator class public.easy for type uuid using hash as operator 1 =, function 1 uuid_hash(uuid); alter operator class public.easy using hash owner to postgres",
    "operator class public.easy",
    superuser,
  ]),
  ...of("operator family", [
    "create operator family public.easy using hash; alter operator family public.easy using hash owner to postgres",
    "operator family public.easy",
    superuser,
  ]),
  ...of("operator of a family", [
    "create function public.less(uuid, text) returns boolean language sql immutable return true; create operator public.< (leftarg = uuid, rightarg = text, function = public.less); alter operator family uuid_ops using btree add operator 1 public.< (uuid, text)",
    "operator 1 (pg_catalog.uuid, pg_catalog.text) of",
    superuser,
  ]),
  ...of("function of an operator family", [
    "create function public.compare(uuid, text) returns int language sql immutable return 0; alter operator family uuid_ops using btree add function 1 (uuid, text) public.compare(uuid, text)",
    "function 1 (pg_catalog.uuid, pg_catalog.text) of",
    superuser,
  ]),
  ...of("collation", ['create collation public.other from "C"', "collation public.other"]),
  ...of("conversion", [
    "create conversion public.other for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
    "conversion public.other",
  ]),
  ...of("statistics", [
    "create statistics public.other on status, workspace_id from public.agent_sessions",
    "statistics object public.other",
  ]),
  ...of("text search configuration", [
    "create text search configuration public.other (copy = simple)",
    "text search configuration public.other",
  ]),
  ...of("text search dictionary", [
    "create text search dictionary public.other (template = simple)",
    "text search dictionary public.other",
  ]),
  ...of("text search parser", [
    "create text search parser public.other (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)",
    "text search parser public.other",
    superuser,
  ]),
  ...of("text search template", [
    "create text search template public.other (lexize = dsimple_lexize)",
    "text search template public.other",
    superuser,
  ]),
  ...of("cast", [
    "create type public.pair as (a int); create function public.pair(text) returns public.pair language sql return row(1)::public.pair; create cast (text as public.pair) with function public.pair(text) as implicit",
    "cast (pg_catalog.text AS public.pair)",
  ]),
  ...of("transform", [
    "create function public.from_sql(internal) returns internal language internal immutable as 'textout'; create transform for text language sql (from sql with function public.from_sql(internal))",
    "transform for pg_catalog.text language sql",
    superuser,
  ]),
  ...of("access method", [
    "create access method other type table handler heap_tableam_handler",
    "access method other",
    superuser,
  ]),
  ...of("language", [
    "create language other handler plpgsql_call_handler; alter language other owner to postgres",
    "language other",
    superuser,
  ]),
  ...of("foreign data wrapper", [
    "create foreign data wrapper elsewhere; update pg_foreign_data_wrapper set fdwowner = 'postgres'::regrole where fdwname = 'elsewhere'",
    "foreign-data wrapper elsewhere",
    superuser,
  ]),
  ...of("foreign server", [
    "create foreign data wrapper elsewhere; create server elsewhere foreign data wrapper elsewhere; grant usage on foreign data wrapper elsewhere to postgres; alter server elsewhere owner to postgres",
    "server elsewhere",
    superuser,
  ]),
  ...of("user mapping", [
    "create foreign data wrapper elsewhere; create server elsewhere foreign data wrapper elsewhere; create user mapping for anon server elsewhere",
    "user mapping of anon on server elsewhere",
    superuser,
  ]),
  ...of("tablespace", [
    "insert into pg_tablespace (oid, spcname, spcowner) values (99999, 'other', 'postgres'::regrole)",
    "tablespace other",
    superuser,
  ]),
  ...of("event trigger", [
    `${EVIL}; create function evil.watch() returns event_trigger language plpgsql as 'begin end'; create event trigger watch on ddl_command_end execute function evil.watch(); update pg_event_trigger set evtowner = 'postgres'::regrole where evtname = 'watch'`,
    "event trigger watch",
    superuser,
  ]),
  ...of("database", [
    "insert into pg_database select (jsonb_populate_record(d, jsonb_build_object('oid', 99999, 'datname', 'other', 'datacl', null))).* from pg_database d where datname = 'postgres'",
    "database other",
    superuser,
  ]),
  ...of("large object", ["select lo_create(4711)", "large object 4711"]),
];
