import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schema } from "../../../../src/provider/resources/postgres/schema.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";

let live: Live;
beforeAll(async () => {
  live = await startLive();
});
afterAll(() => live.stop());

const TABLES = "create table public.notes (id int primary key, title text not null default 'new');";
const GREETING = `create function public.greet() returns text language sql set search_path = '' as $$ select 'hello' $$;`;
const INDEX = "create index notes_title_idx on public.notes (title);";

function migrations(...sql: string[]) {
  const entries = sql.map((text, index) => [
    `${String(index + 1).padStart(4, "0")}_step`,
    { sql: text, checksum: createHash("sha256").update(text).digest("hex") },
  ]);
  return Object.fromEntries(entries);
}

function namedIn({ differences = {} }: { differences?: Record<string, string> | undefined }): string[] {
  return Object.entries(differences).map(([object, difference]) => `${object} (${difference})`);
}

async function begin(platform: string, ...sql: string[]) {
  const project = await live.project(platform);
  const life = new Life(schema, live.context());
  const declare = (...texts: string[]) => ({
    project,
    schemas: ["public"],
    migrations: migrations(...texts),
  });
  if (sql.length > 0) await life.up(declare(...sql));
  return { project, life, declare };
}

describe("postgres:Schema", () => {
  test("applies pending migrations once, in the order of their names, and lists the applied ones", async () => {
    const { project, life, declare } = await begin("order", TABLES, GREETING);
    expect(life.outputs.applied).toEqual(["0001_step", "0002_step"]);
    await life.up(declare(TABLES, GREETING, INDEX));
    expect(life.outputs.applied).toEqual(["0001_step", "0002_step", "0003_step"]);
    expect(await live.sql(project, "select public.greet()")).toEqual([{ greet: "hello" }]);
    expect(await life.refresh()).toEqual([]);
  });

  test("takes one call to create and one to read", async () => {
    const { project, declare } = await begin("calls");
    const life = new Life(schema, live.context());
    live.sandbox.clearRequests();
    await life.up(declare(TABLES, GREETING, INDEX));
    expect(live.sandbox.requests().filter(({ path }) => path.includes(project))).toHaveLength(1);
    live.sandbox.clearRequests();
    await life.refresh();
    const looks = live.sandbox.requests().filter(({ path }) => path.includes(project));
    expect(looks.map(({ write }) => write)).toEqual([false]);
  });

  test("applies all pending migrations or none, and names the one that failed", async () => {
    const { project, life, declare } = await begin("whole", TABLES);
    await expect(life.up(declare(TABLES, GREETING, "create table public.notes ();"))).rejects.toThrow(
      /migration 0003_step: relation "notes" already exists/,
    );
    expect(await live.sql(project, "select to_regproc('public.greet') as greet")).toEqual([{ greet: null }]);
    await life.up(declare(TABLES, GREETING));
  });

  test.each([
    ["changed", [`${TABLES} -- again`, GREETING], /changed after it was applied \(0001_step; project/],
    ["removed", [TABLES], /no longer declared \(0002_step; project/],
  ])("refuses a %s migration, and changes nothing", async (kind, sql, message) => {
    const { life, declare } = await begin(`refuses-${kind}`, TABLES, GREETING);
    await expect(life.up(declare(...sql))).rejects.toThrow(message);
    expect(await life.refresh()).toEqual([]);
  });

  test("refuses a new migration that comes before an applied one", async () => {
    const { life, declare } = await begin("late", TABLES);
    const late = migrations(TABLES);
    const inputs = { ...declare(), migrations: { ...late, "0000_early": migrations(GREETING)["0001_step"] } };
    await expect(life.up(inputs)).rejects.toThrow(/comes before an applied one \(0000_early/);
  });

  test("refuses SQL that doesn't match its checksum", async () => {
    const { declare, life } = await begin("checksum");
    const inputs = { ...declare(TABLES), migrations: { "0001_step": { sql: TABLES, checksum: "00" } } };
    await expect(life.up(inputs)).rejects.toThrow('migrations["0001_step"].checksum: is not the SHA-256');
  });

  test("restores a changed or dropped function", async () => {
    const { project, life, declare } = await begin("bodies", TABLES, GREETING);
    await live.sql(
      project,
      "create or replace function public.greet() returns text language sql set search_path = '' as $$ select 'owned' $$",
    );
    expect(await life.refresh()).toEqual(["drift"]);
    await life.up(declare(TABLES, GREETING));
    expect(await live.sql(project, "select public.greet()")).toEqual([{ greet: "hello" }]);
    await live.sql(project, "drop function public.greet()");
    expect(await life.refresh()).toEqual(["drift"]);
    await life.up(declare(TABLES, GREETING));
    expect(await live.sql(project, "select public.greet()")).toEqual([{ greet: "hello" }]);
    expect(await life.refresh()).toEqual([]);
  });

  describe("on a database with one difference at a time", () => {
    const all = [
      TABLES,
      INDEX,
      "create view public.titles as select id, title from public.notes;",
      "create type public.mood as enum ('good', 'bad');",
      `create function public.touch() returns trigger language plpgsql set search_path = '' as $$ begin return new; end $$;
       create trigger touch before update on public.notes for each row execute function public.touch();`,
    ];
    let it: Awaited<ReturnType<typeof begin>>;
    beforeAll(async () => {
      it = await begin("differs", ...all);
    });

    test.each([
      [
        "an added column",
        "alter table public.notes add column secret text",
        "column public.notes.secret (made by hand)",
      ],
      [
        "a changed default",
        "alter table public.notes alter column title set default 'old'",
        "column public.notes.title (changed)",
      ],
      ["a dropped index", "drop index public.notes_title_idx", "index public.notes_title_idx (missing)"],
      [
        "an added constraint",
        "alter table public.notes add constraint short check (length(title) < 9)",
        "constraint short of public.notes (made by hand)",
      ],
      [
        "an added function",
        "create function public.back_door() returns int language sql as 'select 1'",
        "function public.back_door() (made by hand)",
      ],
      [
        "a changed view",
        "create or replace view public.titles as select id, title || '!' as title from public.notes",
        "view public.titles (changed)",
      ],
      ["an added enum label", "alter type public.mood add value 'grim'", "type public.mood (changed)"],
    ])(
      "reports %s without failing, and leaves it to a person or a new migration",
      async (what, change, named) => {
        const { project, life, declare } = it;
        await live.sql(project, change);
        await life.refresh();
        expect(namedIn(life.outputs)).toContain(named);
        await life.up(declare(...all));
        expect(namedIn(life.outputs)).toContain(named);
        all.push(`comment on table public.notes is 'As it is now: ${what}.';`);
        await life.up(declare(...all));
        expect(namedIn(life.outputs)).toEqual([]);
        expect(await life.refresh()).toEqual([]);
      },
    );

    test.each([
      ["a disabled trigger", "alter table public.notes disable trigger touch"],
      ["a dropped trigger", "drop trigger touch on public.notes"],
      [
        "a trigger with another timing",
        `drop trigger touch on public.notes;
         create trigger touch after insert on public.notes for each row execute function public.touch()`,
      ],
      [
        "a changed function beside an added table",
        `create or replace function public.touch() returns trigger language plpgsql set search_path = '' as $$ begin return null; end $$;
         create table public.handmade ()`,
      ],
    ])("restores %s", async (_, change) => {
      const { project, life, declare } = it;
      const state = `select pg_get_triggerdef(oid) as trigger, tgenabled as enabled, pg_get_functiondef(tgfoid) as function
        from pg_trigger where tgname = 'touch'`;
      const before = await live.sql(project, state);
      await live.sql(project, change);
      expect(await life.refresh()).toEqual(["drift"]);
      await life.up(declare(...all));
      expect(await live.sql(project, state)).toEqual(before);
      await live.sql(project, "drop table if exists public.handmade");
      expect(await life.refresh()).toEqual([]);
    });

    test("restores a trigger before a new migration runs, which doesn't record the changed one", async () => {
      const { project, life, declare } = it;
      await live.sql(project, "alter table public.notes disable trigger touch");
      all.push("comment on table public.notes is 'One more.';");
      await life.up(declare(...all));
      const [trigger] = await live.sql(project, "select tgenabled from pg_trigger where tgname = 'touch'");
      expect(trigger).toEqual({ tgenabled: "O" });
    });

    test("doesn't fail if a function can't be restored", async () => {
      const { project, life, declare } = it;
      all.push(GREETING);
      await life.up(declare(...all));
      await live.sql(
        project,
        "drop function public.greet(); create function public.greet() returns int language sql as 'select 1'",
      );
      await life.up(declare(...all));
      expect(namedIn(life.outputs)).toEqual(["function public.greet() (changed)"]);
    });
  });

  test.each(["hold-before", "hold-after"] as const)("completes after a kill at %s", async (kind) => {
    const { project, declare } = await begin(kind);
    const fault = { kind, writesOnly: true, match: project } as const;
    await live.killed(fault, (context) => new Life(schema, context).up(declare(TABLES, GREETING)));
    const life = new Life(schema, live.context());
    await life.up(declare(TABLES, GREETING));
    expect(life.outputs.applied).toEqual(["0001_step", "0002_step"]);
    expect(await life.refresh()).toEqual([]);
  });

  test("keeps the tables when it is removed, and adopts them when it is declared again", async () => {
    const { project, life, declare } = await begin("removed", TABLES);
    await live.sql(project, "insert into public.notes values (1)");
    await life.remove();
    await life.remove();
    life.forget();
    await life.up(declare(TABLES, GREETING));
    expect(await live.sql(project, "select id from public.notes")).toEqual([{ id: 1 }]);
  });

  test("is gone with its project, and its removal then succeeds", async () => {
    const { project, life } = await begin("gone", TABLES);
    await live.deleteProject(project);
    await life.remove();
    expect(await life.refresh()).toBe("gone");
  });
});
