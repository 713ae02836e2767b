import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { access, type accessInputs } from "../../../../src/provider/resources/postgres/access.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";

type Inputs = z.input<typeof accessInputs>;

let live: Live;
let project: string;
let life: Life<typeof access.inputs, typeof access.outputs>;

beforeAll(async () => {
  live = await startLive();
  project = await live.project("access");
  life = new Life(access, live.context());
  await life.up(declared());
});
afterAll(() => live.stop());

function declared(changes: Partial<Inputs> = {}): Inputs {
  return {
    project,
    roles: { tenantry_policy: { login: false, inherit: false, bypassRowSecurity: true } },
    extensions: { citext: { schema: "extensions" } },
    schemas: { private: { usage: ["authenticated", "tenantry_policy"] } },
    defaultPrivileges: [
      { on: "functions", revokeFrom: ["public"] },
      { schema: "public", on: "tables", revokeFrom: ["anon", "authenticated"] },
      { schema: "public", on: "sequences", revokeFrom: ["anon", "authenticated"] },
      { schema: "public", on: "functions", revokeFrom: ["anon", "authenticated"] },
    ],
    settings: { authenticator: { "pgrst.db_pre_request": "private.check_request" } },
    ...changes,
  };
}

/** The undeclared access that a refresh lists. */
async function undeclared(): Promise<string[]> {
  const paths = await life.refresh();
  if (paths === "gone") throw new Error("it is gone");
  return Object.keys(life.inputs.undeclared ?? {});
}

async function value(text: string): Promise<unknown> {
  const [row] = await live.sql(project, text);
  return Object.values(row ?? {})[0];
}

describe("postgres:Access", () => {
  test("creates roles, schemas and extensions, and grants nothing on new objects", async () => {
    await live.sql(
      project,
      `set role postgres; create function public.fresh() returns int language sql as 'select 1';
       create table public.fresh (id int)`,
    );
    expect(await value("select has_function_privilege('anon', 'public.fresh()', 'execute')")).toBe(false);
    expect(await value("select has_table_privilege('anon', 'public.fresh', 'truncate')")).toBe(false);
    expect(await value("select has_table_privilege('service_role', 'public.fresh', 'truncate')")).toBe(true);
    expect(await value("select has_schema_privilege('anon', 'private', 'usage')")).toBe(false);
    expect(await value("select has_schema_privilege('authenticated', 'private', 'usage')")).toBe(true);
    expect(await value("select rolbypassrls from pg_roles where rolname = 'tenantry_policy'")).toBe(true);
    expect(
      await value("select extnamespace::regnamespace::text from pg_extension where extname = 'citext'"),
    ).toBe("extensions");
    await live.sql(project, "drop table public.fresh; drop function public.fresh()");
    expect(await life.refresh()).toEqual([]);
  });

  test("takes one call to write and one to read", async () => {
    const calls = () => live.sandbox.requests().filter(({ path }) => path.includes(project));
    live.sandbox.clearRequests();
    await new Life(access, live.context()).up(declared());
    expect(calls()).toHaveLength(1);
    live.sandbox.clearRequests();
    await life.refresh();
    expect(calls().map(({ write }) => write)).toEqual([false]);
  });

  test.each<[string, string, string[]]>([
    ["a role that may log in", "alter role tenantry_policy login", ["roles/tenantry_policy/login"]],
    ["a dropped extension", "drop extension citext", ["extensions/citext"]],
    ["a schema opened to anon", "grant usage on schema private to anon", ["schemas/private/usage"]],
    ["a schema closed", "revoke usage on schema private from authenticated", ["schemas/private/usage"]],
    [
      "public may execute new functions",
      "alter default privileges for role postgres grant execute on functions to public",
      ["defaultPrivileges"],
    ],
    [
      "anon may read new tables",
      "alter default privileges for role postgres in schema public grant select on tables to anon",
      ["defaultPrivileges"],
    ],
    [
      "a removed setting",
      "alter role authenticator reset pgrst.db_pre_request",
      ["settings/authenticator/pgrst.db_pre_request"],
    ],
    [
      "a database setting that overrides the role's",
      "alter role authenticator in database postgres set pgrst.db_pre_request = ''",
      ["settings/authenticator/pgrst.db_pre_request"],
    ],
  ])("detects and repairs drift: %s", async (_, change, paths) => {
    await live.sql(project, change);
    expect(await life.refresh()).toEqual(paths);
    await life.up(declared());
    expect(await life.refresh()).toEqual([]);
  });

  test.each<[what: string, sql: string, ...found: string[]]>([
    [
      "a role that may act as another",
      "grant service_role to authenticated",
      "membership of authenticated in service_role",
    ],
    [
      "membership in the helpers' role",
      "grant tenantry_policy to authenticated",
      "membership of authenticated in tenantry_policy",
    ],
    ["an attribute of an API role", "alter role anon bypassrls", "attributes of role anon"],
    [
      "another exposed schema",
      "alter role authenticator set pgrst.db_schemas = 'public, private'",
      "setting pgrst.db_schemas of authenticator",
    ],
    [
      "a setting of every role",
      "alter database postgres set row_security = off",
      "setting row_security of every role",
    ],
    ["people's accounts", "grant select on auth.users to anon", "grant on table auth.users to anon"],
    [
      "a policy on accounts",
      "create policy people on auth.users to authenticated using (true)",
      "policy people on auth.users",
    ],
    [
      "default privileges on new tables",
      "alter default privileges in schema private grant select on tables to anon",
      "default privileges on tables of postgres in schema private for anon",
    ],
    [
      "a public bucket, which becomes private",
      "insert into storage.buckets (id, name, public) values ('shared', 'shared', true)",
      "bucket shared (public)",
    ],
    [
      "a published table",
      "create table private.heard (id int); alter publication supabase_realtime add table private.heard",
      "table private.heard in publication supabase_realtime",
    ],
  ])("a refresh finds undeclared access, and the next update closes it: %s", async (_, sql, identity) => {
    await live.sql(project, `set role postgres; ${sql}`);
    expect(await undeclared()).toContain(identity);
    await life.up(declared());
    expect(await undeclared()).not.toContain(identity);
  });

  test("closes what it can if something can't be closed, and destroys nothing", async () => {
    await live.sql(project, "grant service_role to anon");
    await live.sql(
      project,
      "set role postgres; create role reporting login; create schema reports; create table reports.kept (id int); grant service_role to reporting",
    );
    const found = await undeclared();
    expect(found).toEqual(
      expect.arrayContaining([
        "membership of reporting in service_role",
        "role reporting",
        "table reports.kept",
      ]),
    );
    await life.up(declared());
    const left = await undeclared();
    // The superuser granted it.
    expect(left).toContain("membership of anon in service_role");
    expect(left).toEqual(expect.arrayContaining(["role reporting", "schema reports", "table reports.kept"]));
    expect(left).not.toContain("membership of reporting in service_role");
    await live.sql(
      project,
      "revoke service_role from anon; drop schema reports cascade; drop role reporting; drop table private.heard; set storage.allow_delete_query = 'true'; delete from storage.buckets",
    );
    await life.up(declared());
    expect(await life.refresh()).toEqual([]);
  });

  test("closes nothing that no preview has shown", async () => {
    await live.sql(project, "set role postgres; grant service_role to authenticated");
    await life.up(declared());
    expect(await undeclared()).toContain("membership of authenticated in service_role");
    await life.up(declared());
    expect(await life.refresh()).toEqual([]);
  });

  test("revokes what is no longer declared", async () => {
    await life.up(declared({ schemas: { private: { usage: ["tenantry_policy", "supabase_auth_admin"] } } }));
    expect(await value("select has_schema_privilege('authenticated', 'private', 'usage')")).toBe(false);
    await life.up(declared());
    expect(await value("select has_schema_privilege('supabase_auth_admin', 'private', 'usage')")).toBe(false);
    expect(await life.refresh()).toEqual([]);
  });

  test("notifies PostgREST of a changed setting, and leaves a role's other settings alone", async () => {
    const watcher = new pg.Client(live.sandbox.databaseUrl(project));
    await watcher.connect();
    try {
      await watcher.query("listen pgrst");
      const told: unknown[] = [];
      watcher.on("notification", ({ payload }) => told.push(payload));
      await life.up(declared({ settings: { authenticator: { "pgrst.db_max_rows": "10" } } }));
      await life.up(declared());
      await life.up(declared());
      await watcher.query("select 1");
      expect(told).toEqual(["reload config", "reload config"]);
    } finally {
      await watcher.end();
    }
    expect(
      await live.sql(project, "select unnest(rolconfig) as it from pg_roles where rolname = 'authenticator'"),
    ).toEqual([
      { it: "statement_timeout=8s" },
      { it: "lock_timeout=8s" },
      { it: "pgrst.db_pre_request=private.check_request" },
    ]);
  });

  test("refuses PostgreSQL's built-in settings", async () => {
    const wanted = declared({ settings: { authenticator: { search_path: "public" } } });
    await expect(life.up(wanted)).rejects.toThrow(
      "expected an extension's setting in lower case, such as pgrst.db_pre_request, found search_path",
    );
  });

  test("names the schema of an extension that it can't move", async () => {
    await expect(life.up(declared({ extensions: { citext: { schema: "public" } } }))).rejects.toThrow(
      /has the extension citext in extensions/,
    );
  });

  test("never changes a role that tenantry didn't create", async () => {
    await live.sql(project, "create role stranger login");
    const wanted = declared({ roles: { stranger: { login: false } } });
    await expect(life.up(wanted)).rejects.toThrow(
      /has a role stranger that tenantry didn't create and that differs/,
    );
    expect(await value("select rolcanlogin from pg_roles where rolname = 'stranger'")).toBe(true);
    await life.up(declared({ roles: { stranger: { login: true, inherit: true } } }));
    await life.up(declared());
    expect(await undeclared()).toEqual(["role stranger"]);
    await live.sql(project, "drop role stranger");
  });

  test("refuses to revoke public's default privileges in a single schema", async () => {
    const wanted = declared({
      defaultPrivileges: [{ schema: "public", on: "functions", revokeFrom: ["public"] }],
    });
    await expect(life.up(wanted)).rejects.toThrow("remove `schema`");
  });

  test.each(["hold-before", "hold-after"] as const)("completes after a kill at %s", async (kind) => {
    const wanted = declared({ schemas: { private: { usage: [] } } });
    const fault = { kind, writesOnly: true, match: project } as const;
    await live.killed(fault, (context) => new Life(access, context).up(wanted));
    await life.up(wanted);
    expect(await life.refresh()).toEqual([]);
    await life.up(declared());
  });

  test("succeeds although every other call fails or is cut", async () => {
    live.sandbox.setFaults(
      (["500", "drop-before", "drop-after", "429"] as const).map((kind) => ({
        kind,
        match: project,
        share: 0.2,
      })),
      7,
    );
    const wanted = declared({ schemas: { private: { usage: [] } } });
    try {
      await life.up(wanted);
      expect(await life.refresh()).toEqual([]);
      await life.up(declared());
    } finally {
      live.sandbox.setFaults([]);
    }
    expect(await life.refresh()).toEqual([]);
  });

  test("revokes the usage of schemas when it is removed, and removing it again succeeds", async () => {
    await life.remove();
    await life.remove();
    expect(await value("select has_schema_privilege('authenticated', 'private', 'usage')")).toBe(false);
    // Restrictions stay: without them the data API would expose more than before.
    expect(await value("select rolconfig::text from pg_roles where rolname = 'authenticator'")).toContain(
      "pgrst.db_pre_request",
    );
    life.forget();
    await life.up(declared());
    expect(await life.refresh()).toEqual([]);
  });

  test("is gone with its project", async () => {
    await live.deleteProject(project);
    await life.remove();
    expect(await life.refresh()).toBe("gone");
  });
});
