import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schema } from "../../../../src/provider/resources/postgres/schema.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";

let live: Live;
/** One project for all: its database is emptied before each use. */
let project: string;
beforeAll(async () => {
  live = await startLive();
  project = await live.project("definitions");
});
afterAll(() => live.stop());

const TABLES = "create table public.notes (id int primary key, title text not null default 'new');";

/** Named so that they come before what they need. */
const DEFINITIONS = {
  "notes/all_titles": `create or replace view public.all_titles with (security_invoker = true) as
    select id, private.shown(title) as title from public.notes;`,
  "notes/shown":
    "create or replace function private.shown(title text) returns text language sql immutable set search_path = '' as $$ select upper(title) $$;",
  "notes/touch": `create or replace function private.touch() returns trigger language plpgsql set search_path = '' as $$ begin return new; end $$;
    create or replace trigger touch before update on public.notes for each row execute function private.touch();`,
};

type Texts = Readonly<Record<string, string>>;

function scripts(texts: Texts) {
  return Object.fromEntries(
    Object.entries(texts).map(([name, sql]) => [
      name,
      { sql, checksum: createHash("sha256").update(sql).digest("hex") },
    ]),
  );
}

async function empty(): Promise<void> {
  await live.sql(
    project,
    `drop schema if exists tenantry, private cascade; drop table if exists public.notes, public.handmade cascade;
     create schema private authorization postgres`,
  );
}

async function begin(definitions: Texts = DEFINITIONS) {
  await empty();
  const life = new Life(schema, live.context());
  const declare = (texts: Texts, migrations: Texts = { "0001_notes": TABLES }) => ({
    project,
    schemas: ["public", "private"],
    migrations: scripts(migrations),
    definitions: scripts(texts),
  });
  const up = (texts: Texts, migrations?: Texts) => life.up(declare(texts, migrations));
  const sql = (text: string) => live.sql(project, `set role postgres; ${text}`);
  await up(definitions);
  return { life, declare, up, sql };
}

/** The functions, views and triggers of the schemas. */
const OBJECTS = `select string_agg(it, ', ' order by it) as objects from (
  select p.oid::regprocedure::text from pg_proc p where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  union all select c.oid::regclass::text from pg_class c where relkind = 'v' and relnamespace = 'public'::regnamespace
  union all select tgname from pg_trigger where not tgisinternal and tgrelid = 'public.notes'::regclass) as all_of_them (it)`;

const GRANTS = `select
  has_function_privilege('authenticated', 'private.shown(text)', 'execute') as shown,
  has_table_privilege('authenticated', 'public.all_titles', 'select') as all_titles`;

const PRIVILEGES =
  "grant execute on function private.shown(text) to authenticated; grant select on public.all_titles to authenticated";

describe("definitions of postgres:Schema", () => {
  test("are applied after the migrations, in the order in which they need each other, and are closed", async () => {
    const { life, sql } = await begin();
    expect(await sql(OBJECTS)).toEqual([
      { objects: "all_titles, private.shown(text), private.touch(), touch" },
    ]);
    expect(await sql(GRANTS)).toEqual([{ shown: false, all_titles: false }]);
    expect(await life.refresh()).toEqual([]);
  });

  test("are applied again only if their text changed", async () => {
    const { life, up, sql } = await begin();
    const applied = "select name, applied_at, xmin::text from tenantry.definitions order by name";
    const before = await sql(applied);
    const shown = DEFINITIONS["notes/shown"].replace("upper", "lower");
    await up({ ...DEFINITIONS, "notes/shown": shown });
    await sql("insert into public.notes values (1, 'One')");
    expect(await sql("select title from public.all_titles")).toEqual([{ title: "one" }]);
    const after = await sql(applied);
    expect(after.map((row, index) => JSON.stringify(row) === JSON.stringify(before[index]))).toEqual([
      true,
      false,
      true,
    ]);
    expect(await life.refresh()).toEqual([]);
  });

  test.each([
    [
      "a function that returns another type, which a view uses",
      {
        "notes/shown":
          "create or replace function private.shown(title text) returns int language sql immutable set search_path = '' as $$ select length(title) $$;",
      },
    ],
    [
      "a function whose argument has another name",
      {
        "notes/shown":
          "create or replace function private.shown(value text) returns text language sql immutable set search_path = '' as $$ select lower(value) $$;",
      },
    ],
    [
      "a view with other columns",
      {
        "notes/all_titles": `create or replace view public.all_titles with (security_invoker = true) as
          select private.shown(title) as name, id from public.notes;`,
      },
    ],
    [
      "a view with fewer columns, beside a function that returns another type",
      {
        "notes/all_titles":
          "create or replace view public.all_titles with (security_invoker = true) as select private.shown(title) as title from public.notes;",
        "notes/shown":
          "create or replace function private.shown(title text) returns int language sql immutable set search_path = '' as $$ select 1 $$;",
      },
    ],
  ])("replaces %s, and keeps the privileges", async (_, changed) => {
    const { life, up, sql } = await begin();
    await sql(PRIVILEGES);
    await up({ ...DEFINITIONS, ...changed });
    expect(await sql(GRANTS)).toEqual([{ shown: true, all_titles: true }]);
    expect(await sql(OBJECTS)).toEqual([
      { objects: "all_titles, private.shown(text), private.touch(), touch" },
    ]);
    expect(await life.refresh()).toEqual([]);
  });

  test("refuses to replace a function that somebody else's object uses, names it, and changes nothing", async () => {
    const { life, up, sql } = await begin();
    await sql("alter table public.notes add constraint shown check (private.shown(title) <> '')");
    const shown =
      "create or replace function private.shown(title text) returns int language sql immutable set search_path = '' as $$ select 1 $$;";
    await expect(up({ ...DEFINITIONS, "notes/shown": shown })).rejects.toThrow(
      /definition notes\/shown: cannot drop function private\.shown\(text\)/,
    );
    expect(await sql("select pg_get_function_result('private.shown(text)'::regprocedure) as result")).toEqual(
      [{ result: "text" }],
    );
    await life.refresh();
    expect(life.outputs.differences).toEqual({ "constraint shown of public.notes": "made by hand" });
  });

  test("drops what a removed definition made, and the earlier form of a function with other arguments", async () => {
    const { life, up, sql } = await begin();
    const { "notes/touch": _, ...rest } = DEFINITIONS;
    await up({
      ...rest,
      "notes/all_titles": "create or replace view public.all_titles as select id from public.notes;",
      "notes/shown":
        "create or replace function private.shown(title text, short boolean) returns text language sql immutable set search_path = '' as $$ select left(title, 1) $$;",
    });
    expect(await sql(OBJECTS)).toEqual([{ objects: "all_titles, private.shown(text,boolean)" }]);
    expect(await life.refresh()).toEqual([]);
  });

  test("keeps a function that moves to another definition", async () => {
    const { up, sql } = await begin();
    await sql(PRIVILEGES);
    const { "notes/shown": shown, ...rest } = DEFINITIONS;
    const oid = "select 'private.shown(text)'::regprocedure::oid::int as oid";
    const before = await sql(oid);
    await up({ ...rest, "texts/shown": shown });
    expect(await sql(oid)).toEqual(before);
    expect(await sql(GRANTS)).toEqual([{ shown: true, all_titles: true }]);
  });

  test("keeps what somebody else's view still uses, names it, and drops it once nothing does", async () => {
    const { life, up, sql } = await begin();
    const { "notes/shown": _, ...rest } = DEFINITIONS;
    const without = {
      ...rest,
      "notes/all_titles": "create or replace view public.all_titles as select id from public.notes;",
    };
    await sql("create view public.by_hand as select private.shown(title) from public.notes");
    await up(without);
    expect(await sql("select to_regprocedure('private.shown(text)') is not null as kept")).toEqual([
      { kept: true },
    ]);
    expect(await life.refresh()).toEqual(["drift"]);
    expect(life.outputs.differences).toEqual({ "function private.shown(text)": "no longer declared" });

    await sql("drop view public.by_hand");
    await up(without);
    expect(await sql(OBJECTS)).toEqual([{ objects: "all_titles, private.touch(), touch" }]);
    expect(await life.refresh()).toEqual([]);
  });

  test("come back after a migration that drops a view in order to change its table", async () => {
    const { life, up, sql } = await begin();
    await sql(PRIVILEGES);
    const change =
      "drop view if exists public.all_titles; alter table public.notes alter column id type bigint;";
    await up(DEFINITIONS, { "0001_notes": TABLES, "0002_long_ids": change });
    expect(await sql(GRANTS)).toEqual([{ shown: true, all_titles: true }]);
    expect(await sql(OBJECTS)).toEqual([
      { objects: "all_titles, private.shown(text), private.touch(), touch" },
    ]);
    expect(await life.refresh()).toEqual([]);
  });

  describe("that somebody changed by hand", () => {
    let it: Awaited<ReturnType<typeof begin>>;
    beforeAll(async () => {
      it = await begin();
      await it.sql(PRIVILEGES);
    });

    test.each([
      [
        "a view",
        "create or replace view public.all_titles as select id, title from public.notes",
        "view public.all_titles (changed)",
      ],
      [
        "a view that is gone",
        "drop view public.all_titles; grant usage on schema public to authenticated",
        "view public.all_titles (missing)",
      ],
      [
        "a function's body",
        "create or replace function private.shown(title text) returns text language sql immutable as $$ select 'owned' $$",
        "function private.shown(text) (changed)",
      ],
      [
        "a function that returns something else",
        `drop function private.shown(text) cascade; create function private.shown(title text) returns int language sql as 'select 1'`,
        "function private.shown(text) (changed)",
      ],
      [
        "a trigger that is switched off",
        "alter table public.notes disable trigger touch",
        "trigger touch of public.notes (changed)",
      ],
      [
        "a trigger that is gone",
        "drop trigger touch on public.notes",
        "trigger touch of public.notes (missing)",
      ],
    ])("are restored: %s", async (_, change, difference) => {
      const { life, up, sql } = it;
      const state = `select pg_get_viewdef('public.all_titles'::regclass) as view, pg_get_functiondef('private.shown(text)'::regprocedure) as shown,
        pg_get_triggerdef(oid) as trigger, tgenabled from pg_trigger where tgname = 'touch'`;
      const before = await sql(state);
      await sql(change);
      expect(await life.refresh()).toEqual(["drift"]);
      const named = Object.entries(life.outputs.differences ?? {}).map(
        ([object, what]) => `${object} (${what})`,
      );
      expect(named).toContain(difference);
      await up(DEFINITIONS);
      expect(await sql(state)).toEqual(before);
      expect(await life.refresh()).toEqual([]);
    });

    test("beside a table of somebody's, which stays named", async () => {
      const { life, up, sql } = it;
      await sql(
        "create table public.handmade (); create or replace view public.all_titles as select id, title from public.notes",
      );
      await life.refresh();
      await up(DEFINITIONS);
      await life.refresh();
      expect(life.outputs.differences).toEqual({ "table public.handmade": "made by hand" });
      await sql("drop table public.handmade");
    });
  });

  test.each([
    [
      "syntax",
      "create or replace function private.f() retuns int language sql as 'select 1';",
      /definition notes\/f: syntax error at or near "retuns"/,
    ],
    [
      "a missing table",
      "create or replace view public.f as select * from public.nowhere;",
      /definition notes\/f: relation "public.nowhere" does not exist/,
    ],
    [
      "a missing column in a body",
      "create or replace function private.f() returns int language sql set search_path = '' as 'select nothing from public.notes';",
      /definition notes\/f: column "nothing" does not exist/,
    ],
    [
      "syntax of a body",
      "create or replace function private.f() returns int language plpgsql set search_path = '' as $$ begin retrun 1; end $$;",
      /definition notes\/f: syntax error at or near "retrun"/,
    ],
    [
      "an object of another definition",
      DEFINITIONS["notes/touch"],
      /the definition notes\/f makes (function private\.touch\(\)|trigger touch of public\.notes) too/,
    ],
  ])("fail as a whole with %s, and the message names the definition", async (_, text, message) => {
    const { life, up, sql } = await begin();
    const changed = {
      ...DEFINITIONS,
      "notes/shown": DEFINITIONS["notes/shown"].replace("upper", "lower"),
      "notes/f": text,
      "notes/touch": `${DEFINITIONS["notes/touch"]} -- Changed.`,
    };
    await expect(up(changed)).rejects.toThrow(message);
    expect(await sql("select count(*)::int from tenantry.definitions")).toEqual([{ count: 3 }]);
    expect(await sql("select private.shown('One')")).toEqual([{ shown: "ONE" }]);
    expect(await life.refresh()).toEqual([]);
  });

  test("refuse SQL that isn't what its checksum says", async () => {
    const { life, declare } = await begin();
    const inputs = { ...declare(DEFINITIONS), definitions: { f: { sql: "select 1", checksum: "00" } } };
    await expect(life.up(inputs)).rejects.toThrow('definitions["f"].checksum: is not the SHA-256');
  });

  test("are applied once by two runs at the same time", async () => {
    const { declare, sql } = await begin({});
    const both = [1, 2].map(() => new Life(schema, live.context()).up(declare(DEFINITIONS)));
    await Promise.all(both);
    expect(
      await sql("select count(distinct xmin::text)::int as writes, count(*)::int from tenantry.definitions"),
    ).toEqual([{ writes: 3, count: 3 }]);
    expect(await live.sql(project, OBJECTS)).toEqual([
      { objects: "all_titles, private.shown(text), private.touch(), touch" },
    ]);
  });

  test.each(["hold-before", "hold-after"] as const)("continue after a kill at %s", async (kind) => {
    const { declare } = await begin({});
    const fault = { kind, writesOnly: true, match: project } as const;
    await live.killed(fault, (context) => new Life(schema, context).up(declare(DEFINITIONS)));
    const life = new Life(schema, live.context());
    await life.up(declare(DEFINITIONS));
    expect(await live.sql(project, OBJECTS)).toEqual([
      { objects: "all_titles, private.shown(text), private.touch(), touch" },
    ]);
    expect(await life.refresh()).toEqual([]);
  });
});

describe("a database with another history of migrations", () => {
  test.each([
    ["that has other names", { "0001_organizations": TABLES, "0036_text_rules": "select 1;" }],
    ["with a name in common", { "0001_notes": `${TABLES} -- Old.`, "0036_text_rules": "select 1;" }],
    ["with one migration", { "0001_old": TABLES }],
  ])("is refused with what was expected and found, and is left as it is: %s", async (_, old) => {
    await empty();
    const life = new Life(schema, live.context());
    const inputs = { project, schemas: ["public"] };
    await life.up({ ...inputs, migrations: scripts(old) });
    const names = Object.keys(old).join(", ");
    const now = { ...inputs, migrations: scripts({ "0001_notes": TABLES, "0002_more": "select 2;" }) };
    const refused = expect(life.up({ ...now, definitions: scripts(DEFINITIONS) })).rejects;
    await refused.toThrow(
      `made before version 0.2.0, or not by tenantry (${names}; expected 0001_notes, 0002_more; project ${project})`,
    );
    expect(
      await live.sql(
        project,
        "select string_agg(name, ', ' order by name) as names from tenantry.migrations",
      ),
    ).toEqual([{ names }]);
    expect(await life.refresh()).toEqual([]);
  });

  test("is still refreshed if it lacks the tables of definitions", async () => {
    await empty();
    const life = new Life(schema, live.context());
    await life.up({ project, schemas: ["public"], migrations: scripts({ "0001_old": TABLES }) });
    await live.sql(project, "drop table tenantry.definitions, tenantry.definition_objects");
    expect(await life.refresh()).toEqual([]);
  });
});
