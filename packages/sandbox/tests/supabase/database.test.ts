import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalSandbox, openSandbox } from "../local-sandbox.ts";

let local: LocalSandbox;
let ref: string;
beforeAll(async () => {
  local = await openSandbox();
  ref = await local.project("database");
});
afterAll(() => local.close());

const run = (query: string, more: object = {}) => local.query(ref, query, more);
const rows = async (query: string): Promise<unknown> => (await run(query)).body;

describe("a query over HTTP", () => {
  test("returns the rows of the last statement", async () => {
    expect(await rows("select 1 as a; select 2 as b, null as c")).toEqual([{ b: 2, c: null }]);
    expect(await rows("create table if not exists made (n int)")).toEqual([]);
  });

  test.each([
    ["a big integer that fits", "9007199254740991::int8", 9007199254740991],
    ["a big integer that doesn't fit", "9007199254740993::int8", "9007199254740993"],
    ["a numeric", "1.50::numeric", "1.50"],
    ["a timestamp", "'2026-11-01 00:00:00+00'::timestamptz", "2026-11-01 00:00:00+00"],
    ["a date", "'2026-11-01'::date", "2026-11-01"],
    ["JSON", `'{"a":[1]}'::jsonb`, { a: [1] }],
    ["an array", "array['a','b']", ["a", "b"]],
    ["a boolean", "true", true],
  ])("returns %s as Supabase does", async (_, expression, value) => {
    expect(await rows(`select ${expression} as value`)).toEqual([{ value }]);
  });

  test("is one transaction that is rolled back if a statement fails", async () => {
    const failed = await run("create table half (n int); select 1/0");
    expect(failed.status).toBe(400);
    expect(await rows("select to_regclass('half') as half")).toEqual([{ half: null }]);
  });

  test("leaves no open transaction, setting or temporary table for the next query", async () => {
    await run(
      "begin; create table opened (n int); set search_path = pg_catalog; create temp table t (n int)",
    );
    expect(await rows("select to_regclass('opened') as opened, to_regclass('t') as t")).toEqual([
      { opened: null, t: null },
    ]);
  });

  test("that fails returns the position and the SQLSTATE", async () => {
    const { status, body } = await run("select 1,\n  * from nowhere");
    expect([status, body.message]).toEqual([
      400,
      'Failed to run sql query: ERROR:  42P01: relation "nowhere" does not exist\nLINE 2:   * from nowhere\n                 ^\n',
    ]);
    const hinted = await run("select lenght('x')");
    expect(hinted.body.message).toContain("\nHINT:  ");
    const raised = await run(
      "do $$ begin raise exception 'no' using errcode = 'P0042', detail = 'why'; end $$",
    );
    expect(raised.body.message).toMatch(
      /ERROR: {2}P0042: no\nDETAIL: {2}why\nCONTEXT: {2}PL\/pgSQL function/,
    );
  });

  test("accepts parameters", async () => {
    const { body } = await run("select $1::int + 1 as n, $2::text as t", { parameters: [41, "x"] });
    expect(body).toEqual([{ n: 42, t: "x" }]);
  });

  test("that is read-only can't write, even if it starts a read-write transaction", async () => {
    await run("create table if not exists precious (n int)");
    for (const text of ["delete from precious", "set transaction read write; delete from precious"])
      expect((await run(text, { read_only: true })).status).toBe(400);
    const path = `/v1/projects/${ref}/database/query/read-only`;
    const reply = await local.call("POST", path, { query: "select count(*) from precious" });
    expect(reply.body).toEqual([{ count: 0 }]);
  });
});

describe("a new project's database", () => {
  test("has a role postgres that isn't a superuser", async () => {
    expect(
      await rows(`select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication
        from pg_roles where rolname = current_user`),
    ).toEqual([
      { rolsuper: false, rolcreaterole: true, rolcreatedb: true, rolbypassrls: true, rolreplication: true },
    ]);
  });

  test("has the platform's roles", async () => {
    const names = ["anon", "authenticated", "authenticator", "service_role", "supabase_auth_admin"];
    expect(
      await rows(`select rolname as name, rolbypassrls as bypass from pg_roles
        where rolname in ('${names.join("','")}') order by 1`),
    ).toEqual(names.map((name) => ({ name, bypass: name === "service_role" })));
  });

  test("doesn't allow the API's roles to read or write new tables and sequences by default", async () => {
    await run(
      "create table public.mine (id serial); create function public.own() returns int language sql as 'select 1'",
    );
    for (const role of ["anon", "authenticated", "service_role"])
      expect(
        await rows(`select has_table_privilege('${role}', 'mine', 'select,insert,update,delete') as tables,
          has_sequence_privilege('${role}', 'mine_id_seq', 'usage,select') as sequences,
          has_schema_privilege('${role}', 'public', 'usage') as schema,
          has_schema_privilege('${role}', 'public', 'create') as creating`),
      ).toEqual([{ tables: false, sequences: false, schema: true, creating: false }]);
  });

  test("still grants the API's roles truncate and trigger by default, as Supabase does", async () => {
    await run("create table public.left_over (n int)");
    expect(
      await rows(`select has_table_privilege('anon', 'left_over', 'truncate') as truncate,
        has_table_privilege('anon', 'left_over', 'trigger') as trigger`),
    ).toEqual([{ truncate: true, trigger: true }]);
  });

  test("returns the user from a request's claims", async () => {
    const user = "7d444840-9dc0-11d1-b245-5ffdce74fad2";
    const claims = JSON.stringify({ sub: user, role: "authenticated", email: "ada@acme.example" });
    expect(
      await rows(`begin; set local role authenticated; select set_config('request.jwt.claims', '${claims}', true);
        select auth.uid(), auth.role(), auth.email(), auth.jwt() ->> 'email' as jwt, current_user::text`),
    ).toEqual([
      {
        uid: user,
        role: "authenticated",
        email: "ada@acme.example",
        jwt: "ada@acme.example",
        current_user: "authenticated",
      },
    ]);
    expect(await rows("select auth.uid(), auth.jwt()")).toEqual([{ uid: null, jwt: null }]);
  });

  test.each([
    [
      "policies on storage.objects",
      "create policy p on storage.objects for select to authenticated using (true)",
    ],
    ["drops of these policies", "drop policy if exists p on storage.objects"],
    [
      "policies on auth.users",
      "create policy p on auth.users for select to authenticated using (id = auth.uid())",
    ],
    [
      "policies on realtime.messages",
      "create policy p on realtime.messages for select to authenticated using (true)",
    ],
    [
      "triggers on auth.users",
      `create function on_user() returns trigger language plpgsql as 'begin return new; end';
       create trigger t after insert on auth.users for each row execute function on_user(); drop trigger t on auth.users`,
    ],
    ["buckets", "insert into storage.buckets (id, name) values ('files', 'files')"],
    [
      "foreign keys to auth.users",
      "create table owned (by uuid references auth.users (id) on delete cascade)",
    ],
    ["extensions", "create extension if not exists citext with schema extensions"],
    ["roles", "create role app bypassrls; grant authenticated to app; grant app to postgres; drop role app"],
  ])("allows %s for postgres", async (_, sql) => {
    const { status, body } = await run(sql);
    expect([status, body]).toEqual([201, []]);
  });

  test.each([
    ["tables of the auth schema", "create table auth.mine (n int)", "permission denied for schema auth"],
    [
      "replacements of functions in the auth schema",
      "create or replace function auth.uid() returns uuid language sql as 'select null::uuid'",
      "42501",
    ],
    [
      "changes of platform tables",
      "alter table storage.objects add column mine int",
      "must be owner of table objects",
    ],
    ["drops of platform tables", "drop table auth.users cascade", "must be owner of table users"],
    [
      "deletions of objects without the Storage API",
      "delete from storage.objects",
      "Direct deletion from storage tables",
    ],
    ["superusers", "create role mighty superuser", "42501"],
    [
      "event triggers",
      "create event trigger e on sql_drop execute function extensions.guard_platform_schemas()",
      "42501",
    ],
    [
      "default privileges of the platform's own role",
      "alter default privileges for role supabase_admin grant all on tables to anon",
      "42501",
    ],
  ])("refuses %s for postgres", async (_, sql, text) => {
    const { status, body } = await run(sql);
    expect([status, body.message]).toEqual([400, expect.stringContaining(text)]);
  });

  test("shares nothing with another project's database, not even roles", async () => {
    const other = await local.project("other");
    await run("create role only_here; create table only_here (n int)");
    const { body } = await local.query(
      other,
      "select to_regclass('only_here') as table, (select count(*) from pg_roles where rolname = 'only_here') as roles",
    );
    expect(body).toEqual([{ table: null, roles: 0 }]);
  });
});
