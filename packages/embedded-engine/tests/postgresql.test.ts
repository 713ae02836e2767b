import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Postgres, startPostgres } from "../../sandbox/src/postgres.ts";
import { platformSeed } from "../../sandbox/src/supabase/platform-seed.ts";
import { recorder, TestProject } from "./project.ts";

let folder: string;
let server: Postgres;
let project: TestProject;
let client: pg.Client;
const PASSWORD = "the password of postgres";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "engine-postgresql-"));
  server = await startPostgres({ folder: join(folder, "data"), seed: platformSeed });
  client = new pg.Client(server.superuserUrl("postgres"));
  await client.connect();
  await client.query(`ALTER ROLE postgres PASSWORD '${PASSWORD}'`);
  await client.query("CREATE ROLE app NOLOGIN");
  await client.query("GRANT app TO postgres WITH ADMIN OPTION");
  project = new TestProject();
});

afterAll(async () => {
  project?.remove();
  await client?.end();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A program that connects to the database as `postgres`, which isn't a superuser. */
function program(body: string): string {
  return `
    const pg = require("@pulumi/postgresql");
    const provider = new pg.Provider("db", {
      host: "127.0.0.1", port: ${server.port}, username: "postgres", password: "${PASSWORD}",
      database: "postgres", sslmode: "disable", superuser: false,
    });
    const options = { provider };
    ${body}`;
}

const ALL = `
  const schema = new pg.Schema("internal", { name: "internal", owner: "postgres" }, options);
  const extension = new pg.Extension("crypto", { name: "citext", schema: schema.name }, options);
  const grant = new pg.Grant("usage", { database: "postgres", schema: schema.name, role: "app", objectType: "schema", privileges: ["USAGE"] }, options);
  const defaults = new pg.DefaultPrivileges("tables", { database: "postgres", schema: schema.name, owner: "postgres", role: "app", objectType: "table", privileges: ["SELECT", "INSERT"] }, options);
  exports.version = extension.version;`;

async function one(text: string): Promise<unknown> {
  const { rows } = await client.query({ text, rowMode: "array" });
  return rows[0]?.[0];
}

const USAGE = "SELECT has_schema_privilege('app', 'internal', 'USAGE')";

test("a preview shows all known outputs without connecting", async () => {
  project.write(program(ALL).replace(String(server.port), "1"));
  expect(await project.preview()).toMatchObject({ result: "succeeded", changes: { create: 6 } });
});

test("schema, extension, grant and default privileges are created with the plugin's ids and outputs", async () => {
  const run = await project.up(program(ALL));
  expect(run).toMatchObject({ result: "succeeded", changes: { create: 6 }, diagnostics: [] });
  expect(await one("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'internal'")).toBe(
    "postgres",
  );
  expect(await one("SELECT extname FROM pg_extension WHERE extname = 'citext'")).toBe("citext");
  expect(await one(USAGE)).toBe(true);
  await client.query("SET ROLE postgres; CREATE TABLE internal.made (id int); RESET ROLE");
  expect(await one("SELECT has_table_privilege('app', 'internal.made', 'INSERT')")).toBe(true);
  expect(await one("SELECT has_table_privilege('app', 'internal.made', 'DELETE')")).toBe(false);

  expect(project.resource("internal")).toMatchObject({
    id: "postgres.internal",
    type: "postgresql:index/schema:Schema",
    inputs: {
      __defaults: ["dropCascade", "ifNotExists"],
      name: "internal",
      owner: "postgres",
      ifNotExists: true,
    },
    outputs: { id: "postgres.internal", database: "postgres", owner: "postgres", policies: [] },
  });
  expect(project.resource("crypto")?.id).toBe("postgres.citext");
  expect(project.resource("usage")?.id).toBe("app_postgres_internal_schema");
  expect(project.resource("tables")?.id).toBe("app_postgres_internal_postgres_table");
  expect(await project.outputs()).toEqual({ version: expect.stringMatching(/^\d/) });
  expect(project.stateText).not.toContain(PASSWORD);
});

test("a second run changes nothing", async () => {
  expect(await project.up()).toMatchObject({ diagnostics: [], changes: { same: 6 } });
});

test("creating existing objects again after a crash is harmless", async () => {
  const before = project.resource("tables");
  await client.query("DROP TABLE internal.made");
  expect((await project.destroy()).diagnostics).toEqual([]);
  await client.query(
    "SET ROLE postgres; CREATE SCHEMA internal; CREATE EXTENSION citext SCHEMA internal; RESET ROLE",
  );
  await client.query("GRANT CREATE, USAGE ON SCHEMA internal TO app");
  expect((await project.up()).result).toBe("succeeded");
  expect(await one("SELECT has_schema_privilege('app', 'internal', 'CREATE')")).toBe(false);
  expect(project.resource("tables")).toMatchObject({ id: before?.id, outputs: before?.outputs });
});

test("privileges are set to exactly the declared ones", async () => {
  const wider = ALL.replace('["USAGE"]', '["USAGE", "CREATE"]').replace('["SELECT", "INSERT"]', '["SELECT"]');
  expect((await project.up(program(wider))).changes).toEqual({ update: 2, same: 4 });
  expect(await one("SELECT has_schema_privilege('app', 'internal', 'CREATE')")).toBe(true);
  await project.up(program(ALL));
  expect(await one("SELECT has_schema_privilege('app', 'internal', 'CREATE')")).toBe(false);
});

test("an empty list of privileges equals the null that the plugin records", async () => {
  const none = ALL.replace('["SELECT", "INSERT"]', "[]");
  await project.up(program(none));
  writeFileSync(project.stateFile, project.stateText.replaceAll('"privileges": []', '"privileges": null'));
  expect(project.resource("tables")?.outputs?.privileges).toBeNull();
  expect((await project.preview()).changes).toEqual({ same: 6 });
  await project.up(program(ALL));
});

test("a refresh detects manual changes, and the next update reverts them", async () => {
  await client.query("REVOKE USAGE ON SCHEMA internal FROM app");
  await client.query("DROP EXTENSION citext");
  expect((await project.refresh()).changes).toEqual({ same: 4, update: 1, delete: 1 });
  expect((await project.up()).changes).toEqual({ same: 4, update: 1, create: 1 });
  expect(await one(USAGE)).toBe(true);
  expect((await project.refresh()).changes).toEqual({ same: 6 });
});

test("an owner and a name can change in place", async () => {
  const renamed = ALL.replace('name: "internal", owner: "postgres"', 'name: "renamed", owner: "app"');
  const run = await project.up(
    program(renamed.replace(/const grant[^;]*;/, "").replace(/const defaults[^;]*;/, "")),
  );
  expect(run).toMatchObject({ result: "succeeded", diagnostics: [] });
  expect(await one("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'renamed'")).toBe(
    "app",
  );
  await project.up(program(ALL));
  expect(await one("SELECT count(*)::int FROM pg_namespace WHERE nspname = 'renamed'")).toBe(0);
});

test("a dropped connection is retried", async () => {
  const cut = client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'Pulumi provider'",
  );
  expect((await project.up(program(ALL.replace('["USAGE"]', '["ALL"]')))).result).toBe("succeeded");
  await cut;
  expect((await project.up()).changes).toEqual({ same: 6 });
});

test.each([
  [
    "an unsupported type",
    'new pg.Role("r", { name: "r" }, options);',
    "doesn't support the type postgresql:index/role:Role",
  ],
  [
    "an unsupported input",
    'new pg.Schema("s", { name: "s", policies: [{ usage: true }] }, options);',
    "property policies",
  ],
  [
    "an unknown privilege",
    'new pg.Grant("g", { database: "postgres", schema: "public", role: "app", objectType: "schema", privileges: ["SELECT"] }, options);',
    "SELECT is not an allowed privilege for object type schema",
  ],
])("%s is refused with its name", async (_, body, said) => {
  project.write(program(body));
  const run = await project.preview();
  expect(run.result).toBe("failed");
  expect(run.diagnostics.map(({ message }) => message).join("\n")).toContain(said);
});

test("changing the role of a grant revokes the old grant first", async () => {
  const body = ALL.replace('schema: schema.name, role: "app"', 'schema: schema.name, role: "anon"');
  project.write(program(body));
  const { events, onEvent } = recorder();
  expect(await project.preview({ onEvent })).toMatchObject({ result: "succeeded" });
  const ops = events.flatMap(({ resourcePreEvent: event }) =>
    event?.metadata.type === "postgresql:index/grant:Grant" && event.metadata.op !== "same"
      ? [event.metadata.op]
      : [],
  );
  expect(ops).toEqual(["delete-replaced", "replace", "create-replacement"]);
});

test("destroy removes everything", async () => {
  await project.up(program(ALL));
  expect((await project.destroy()).diagnostics).toEqual([]);
  expect(await one("SELECT count(*)::int FROM pg_namespace WHERE nspname = 'internal'")).toBe(0);
  expect(await one("SELECT count(*)::int FROM pg_extension WHERE extname = 'citext'")).toBe(0);
});
