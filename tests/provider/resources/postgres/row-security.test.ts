import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { access } from "../../../../src/provider/resources/postgres/access.ts";
import { rowSecurity } from "../../../../src/provider/resources/postgres/row-security.ts";
import type { rowSecurityInputs } from "../../../../src/provider/resources/postgres/row-security-inputs.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";

type Inputs = z.input<typeof rowSecurityInputs>;

let live: Live;
let project: string;
let life: Life<typeof rowSecurity.inputs, typeof rowSecurity.outputs>;

// All tests share a database. Each starts by restoring the declared state.
beforeAll(async () => {
  live = await startLive();
  project = await live.project("rows");
  await new Life(access, live.context()).up({
    project,
    roles: { tenantry_policy: { bypassRowSecurity: true } },
    schemas: { private: { usage: ["authenticated", "tenantry_policy"] } },
  });
  await live.sql(
    project,
    `set role postgres;
     create table public.notes (id int primary key, owner text not null, title text not null default '');
     create view public.titles with (security_invoker) as select title from public.notes;
     create function private.note_count() returns bigint language sql stable set search_path = ''
       as $$ select count(*) from public.notes $$;
     insert into public.notes values (1, 'ada', 'first'), (2, 'grace', 'second');`,
  );
  life = new Life(rowSecurity, live.context());
  await life.up(declared());
});
afterAll(() => live.stop());

const CALLER = `create or replace function private.caller() returns text
  language sql stable security definer set search_path = ''
  as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub' $$`;

/** Its body refers to a function that sorts after it, and binds to that function when it is created. */
const ALLOWED = `create or replace function private.allowed(owner text) returns boolean
  language sql stable return owner = private.caller()`;

function declared(change: (inputs: Inputs) => void = () => {}): Inputs {
  const inputs: Inputs = {
    project,
    functions: {
      "private.allowed(text)": { definition: ALLOWED, execute: ["authenticated"] },
      "private.caller()": { definition: CALLER, owner: "tenantry_policy", execute: ["authenticated"] },
      "private.note_count()": { execute: [] },
    },
    tables: {
      "public.notes": {
        grants: { authenticated: ["select", "insert", "update(title)"] },
        policies: {
          "owners read": { for: "select", to: ["authenticated"], using: "private.allowed(owner)" },
          "owners write": { for: "insert", to: ["authenticated"], check: "private.allowed(owner)" },
          "owners change": { for: "update", to: ["authenticated"], using: "private.allowed(owner)" },
        },
      },
      "public.titles": { grants: { authenticated: ["select"] } },
    },
  };
  change(inputs);
  return inputs;
}

const ada = (sql: string) => live.as(project, "authenticated", { sub: "ada" }, sql);
const anybody = (sql: string) => live.as(project, "anon", {}, sql);

describe("postgres:RowSecurity", () => {
  test("grants the declared access, and nothing else", async () => {
    expect(await ada("select id from public.notes")).toEqual([{ id: 1 }]);
    expect(await ada("select title from public.titles")).toEqual([{ title: "first" }]);
    await ada("update public.notes set title = 'mine'");
    expect(await live.sql(project, "select title from public.notes order by id")).toEqual([
      { title: "mine" },
      { title: "second" },
    ]);
    await expect(ada("update public.notes set owner = 'ada'")).rejects.toThrow("permission denied");
    await expect(ada("delete from public.notes")).rejects.toThrow("permission denied");
    await expect(ada("insert into public.notes values (3, 'grace')")).rejects.toThrow("row-level security");
    await expect(ada("select private.note_count()")).rejects.toThrow("permission denied");
    await expect(anybody("select from public.notes")).rejects.toThrow("permission denied");
    await expect(anybody("select private.caller()")).rejects.toThrow("permission denied");
  });

  test("finds no drift after an update, and a second update changes nothing in the catalog", async () => {
    expect(await life.refresh()).toEqual([]);
    const versions = () =>
      live.sql(
        project,
        `select 'p', polname, xmin::text from pg_policy union all select 'f', proname, xmin::text from pg_proc
         where pronamespace = 'private'::regnamespace union all select 'c', relname, xmin::text from pg_class
         where relnamespace = 'public'::regnamespace order by 1, 2`,
      );
    const before = await versions();
    await life.up(declared());
    expect(await versions()).toEqual(before);
  });

  test("takes one call to write and one to read", async () => {
    const calls = () => live.sandbox.requests().filter(({ path }) => path.includes(project));
    live.sandbox.clearRequests();
    await new Life(rowSecurity, live.context()).up(declared());
    expect(calls()).toHaveLength(1);
    live.sandbox.clearRequests();
    await life.refresh();
    expect(calls().map(({ write }) => write)).toEqual([false]);
  });

  test.each<[string, string, string[]]>([
    [
      "a changed policy",
      'alter policy "owners read" on public.notes using (true)',
      ["tables/public.notes/policies/owners read/using"],
    ],
    [
      "a dropped policy",
      'drop policy "owners read" on public.notes',
      ["tables/public.notes/policies/owners read"],
    ],
    [
      "an added policy",
      "create policy leak on public.notes for select to anon using (true)",
      ["tables/public.notes/policies/leak"],
    ],
    [
      "disabled row security",
      "alter table public.notes disable row level security",
      ["tables/public.notes/open"],
    ],
    ["a grant to anon", "grant select on public.notes to anon", ["tables/public.notes/grants/anon"]],
    [
      "a column privilege",
      "grant update (owner) on public.notes to authenticated",
      ["tables/public.notes/grants/authenticated"],
    ],
    [
      "a revoked privilege",
      "revoke insert on public.notes from authenticated",
      ["tables/public.notes/grants/authenticated"],
    ],
    [
      "a changed function body",
      CALLER.replace("->> 'sub'", "->> 'email'"),
      ["functions/private.caller()/definition"],
    ],
    [
      "a changed function owner",
      "alter function private.caller() owner to postgres",
      ["functions/private.caller()/owner"],
    ],
    [
      "a function that public may execute",
      "grant execute on function private.caller() to public",
      ["functions/private.caller()/execute"],
    ],
    [
      "a migration's function that anon may execute",
      "grant execute on function private.note_count() to anon",
      ["functions/private.note_count()/execute"],
    ],
    [
      "an undeclared table",
      "set role postgres; create table public.plain (id int); grant select on public.plain to anon",
      ["tables/public.plain"],
    ],
    [
      "an undeclared function",
      "set role postgres; create function public.back_door() returns int language sql as 'select 1'; grant execute on function public.back_door() to public",
      ["functions/public.back_door()"],
    ],
  ])("detects and repairs %s", async (_, change, paths) => {
    await live.sql(project, change);
    expect(await life.refresh()).toEqual(paths);
    await life.up(declared());
    expect(await life.refresh()).toEqual([]);
    await live.sql(project, "drop table if exists public.plain; drop function if exists public.back_door()");
    expect(await ada("select id from public.notes")).toEqual([{ id: 1 }]);
    await expect(anybody("select from public.notes")).rejects.toThrow("permission denied");
  });

  test("restores a policy that was changed by hand in a run that changes something else", async () => {
    await live.sql(project, 'alter policy "owners read" on public.notes using (true)');
    await life.up(
      declared(({ tables }) => {
        tables["public.titles"] = { grants: { authenticated: [] } };
      }),
    );
    expect(await ada("select id from public.notes")).toEqual([{ id: 1 }]);
    await expect(ada("select from public.titles")).rejects.toThrow("permission denied");
    await life.up(declared());
  });

  test("changes one policy, and revokes what is no longer declared", async () => {
    await life.up(
      declared(({ functions, tables }) => {
        tables["public.notes"] = {
          grants: { authenticated: ["select"] },
          policies: { "owners read": { for: "select", to: ["authenticated"], using: "owner = 'grace'" } },
        };
        delete functions["private.allowed(text)"];
      }),
    );
    expect(await ada("select id from public.notes")).toEqual([{ id: 2 }]);
    await expect(ada("insert into public.notes values (3, 'ada')")).rejects.toThrow("permission denied");
    expect(await live.sql(project, "select to_regprocedure('private.allowed(text)') as it")).toEqual([
      { it: null },
    ]);
    await life.up(declared());
    expect(await life.refresh()).toEqual([]);
  });

  test("replaces a function whose result type changes, along with the policies that use it", async () => {
    const result = (type: string) =>
      declared(({ functions, tables }) => {
        functions["private.caller()"] = {
          definition: `create or replace function private.caller() returns ${type}
            language sql stable security definer set search_path = ''
            as $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::${type} $$`,
          owner: "tenantry_policy",
          execute: ["authenticated"],
        };
        delete functions["private.allowed(text)"];
        for (const policy of Object.values(tables["public.notes"]?.policies ?? {})) {
          if (policy.using) policy.using = "owner = private.caller()";
          if (policy.check) policy.check = "owner = private.caller()";
        }
      });
    await life.up(result("text"));
    await life.up(result("varchar"));
    expect(await ada("select id from public.notes")).toEqual([{ id: 1 }]);
    await life.up(declared());
    expect(await life.refresh()).toEqual([]);
  });

  test.each<[string, (inputs: Inputs) => void, RegExp]>([
    [
      "a body that names a missing table",
      ({ functions }) => {
        const definition = CALLER.replace("select ", "select id::text from public.nowhere; select ");
        functions["private.caller()"] = { definition, execute: [] };
      },
      /private\.caller\(\): relation "public\.nowhere" does not exist/,
    ],
    [
      "a definition under another signature",
      ({ functions }) => {
        functions["private.other()"] = { definition: CALLER, execute: [] };
      },
      /creates a function with another signature than the declared one: private\.other\(\)/,
    ],
    [
      "a function without a definition or migration",
      ({ functions }) => {
        functions["private.nobody()"] = { execute: [] };
      },
      /creates this function: private\.nobody\(\)/,
    ],
    [
      "a table without a migration",
      ({ tables }) => {
        tables["public.nowhere"] = { grants: {} };
      },
      /No migration creates this table: public\.nowhere/,
    ],
    [
      "a policy that isn't SQL",
      ({ tables }) => {
        tables["public.notes"] = {
          policies: { broken: { for: "select", to: ["authenticated"], using: "owner =" } },
        };
      },
      /policy broken on public\.notes: syntax error/,
    ],
  ])("refuses %s, and changes nothing", async (_, change, message) => {
    await expect(life.up(declared(change))).rejects.toThrow(message);
    expect(await life.refresh()).toEqual([]);
  });

  test.each(["hold-before", "hold-after"] as const)("completes after a kill at %s", async (kind) => {
    const wanted = declared(({ tables }) => {
      tables["public.titles"] = { grants: { authenticated: [], service_role: ["select"] } };
    });
    const fault = { kind, writesOnly: true, match: project } as const;
    await live.killed(fault, (context) => new Life(rowSecurity, context).up(wanted));
    await life.up(wanted);
    expect(await life.refresh()).toEqual([]);
    await life.up(declared());
  });

  test("leaves the grants of other roles alone", async () => {
    await live.sql(project, "create role reporter; grant select on public.notes to reporter");
    expect(await life.refresh()).toEqual([]);
    await life.up(declared());
    const held = await live.sql(
      project,
      "select has_table_privilege('reporter', 'public.notes', 'select') as it",
    );
    expect(held).toEqual([{ it: true }]);
  });

  test("manages policies on Supabase's own tables, and leaves their privileges alone", async () => {
    const withStorage = declared(({ tables }) => {
      tables["storage.objects"] = {
        policies: { nobody: { for: "select", to: ["authenticated"], using: "false" } },
      };
    });
    await life.up(withStorage);
    expect(await life.refresh()).toEqual([]);
    await live.sql(project, "create policy leak on storage.objects for select to anon using (true)");
    expect(await life.refresh()).toEqual(["tables/storage.objects/policies/leak"]);
    await life.up(withStorage);
    expect(await life.refresh()).toEqual([]);
  });

  test("closes everything when it is removed, and removing it again succeeds", async () => {
    await life.remove();
    await life.remove();
    await expect(ada("select from public.notes")).rejects.toThrow("permission denied");
    const [left] = await live.sql(
      project,
      `select relrowsecurity as closed, (select count(*)::int from pg_policy where polrelid = c.oid) as policies,
         to_regprocedure('private.caller()') as caller from pg_class c where oid = 'public.notes'::regclass`,
    );
    expect(left).toEqual({ closed: true, policies: 0, caller: null });
    life.forget();
    await life.up(declared());
    expect(await ada("select id from public.notes")).toEqual([{ id: 1 }]);
  });

  test("is gone with its project", async () => {
    await live.deleteProject(project);
    await life.remove();
    expect(await life.refresh()).toBe("gone");
  });
});
