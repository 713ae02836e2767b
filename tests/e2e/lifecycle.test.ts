import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedEngine } from "../../packages/embedded-engine/src/engine.ts";
import type { EngineEvent, RunOptions } from "../../packages/embedded-engine/src/interface.ts";
import { ChangesBuilder } from "../../src/changes/stack.ts";
import { eventsOf } from "../../src/plan/events.ts";
import { organization, PLATFORM, World } from "./harness.ts";

const TWO = "personal: {}\n  spike: {}";
const SPIKE = "spike: { compute: small, apiKeys: { ci: { rotate: b } }";

describe("the lifecycle of a workspace", () => {
  let world: World;
  let ref: string;
  let key: string;

  beforeAll(async () => {
    world = await World.open({ "tiny/platform.yaml": PLATFORM });
    await world.mustRun("up", "tiny.platform");
    declare("spike: { compute: small, apiKeys: { ci: {} } }");
    await up();
    ref = (await projectsNamed("spike"))[0]?.ref ?? "";
    key = await apiKey();
  });
  afterAll(() => world?.close());

  /** @param more lines after the workspaces, such as consents */
  function declare(spike: string, more = ""): void {
    const workspaces = ["personal: {}", spike].filter((line) => line !== "").join("\n  ");
    world.write("tiny/orgs/acme.yaml", organization("acme", workspaces) + more);
  }

  function up() {
    return world.mustRun("up", "tiny.acme");
  }

  /** The lines about the workspace in a preview. */
  /** What a preview says of a workspace. */
  async function previewed(options: RunOptions = {}, workspace = "spike"): Promise<string[]> {
    const builder = new ChangesBuilder("tiny.acme");
    const onEvent = (event: EngineEvent) => builder.add(event);
    await world.mustRun("preview", "tiny.acme", "", { ...options, onEvent });
    const { events = [], other = [] } = eventsOf(builder.build()).workspaces.get(workspace) ?? {};
    return [...events.map(({ text }) => text), ...other.map(({ name }) => name)];
  }

  async function settle(): Promise<void> {
    const mark = world.mark();
    await up();
    expect(world.writesSince(mark)).toEqual([]);
  }

  async function supabase<T>(path: string): Promise<T> {
    const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
    const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
    return (await (await fetch(`${SUPABASE_API_URL}/v1${path}`, { headers })).json()) as T;
  }

  async function projectsNamed(workspace: string) {
    const { projects } = await supabase<{ projects: Project[] }>("/organizations/tiny/projects");
    return projects.filter(({ name }) => name.startsWith(`tiny--acme--${workspace}--`));
  }

  async function sql(project: string, text: string): Promise<unknown[]> {
    const client = new pg.Client(world.sandbox.databaseUrl(project));
    await client.connect();
    try {
      return (await client.query(text)).rows.map((row) => Object.values(row)[0]);
    } finally {
      await client.end();
    }
  }

  async function controlPlane(text: string): Promise<unknown[]> {
    const projects = await supabase<Project[]>("/projects");
    const own = projects.find(({ name }) => name.split("--").length === 2);
    return sql(own?.ref ?? "", text);
  }

  async function apiKey(workspace = "spike"): Promise<string> {
    const outputs = await embeddedEngine().outputs(world.stack("tiny.acme"));
    const keys = outputs?.apiKeys;
    if (!(keys instanceof Secret)) throw new Error("the keys aren't secret");
    return (JSON.parse(keys.reveal()) as Record<string, { ci: string }>)[workspace]?.ci ?? "";
  }

  /** The open ways into it: data API, trusted tokens, people, keys. */
  async function doors() {
    const { db_schema } = await supabase<{ db_schema: string }>(`/projects/${ref}/postgrest`);
    const trusted = await supabase<unknown[]>(`/projects/${ref}/config/auth/third-party-auth`);
    return {
      dataApi: db_schema,
      trusted: trusted.length,
      people: await sql(ref, "select email from public.workspace_members order by 1"),
      key: await authenticated(key),
    };
  }

  const OPEN = {
    dataApi: "public",
    trusted: 1,
    people: ["admin@acme.example", "owner@acme.example"],
    key: true,
  };
  const CLOSED = { dataApi: "", trusted: 0, people: [], key: false };
  const sizes = async () =>
    (await projectsNamed("spike")).map(({ databases }) => databases[0]?.infra_compute_size);

  async function authenticated(value: string): Promise<boolean> {
    return (await controlPlane(`select private.authenticate_api_key('${value}') is not null`))[0] === true;
  }

  it("rotates a key, and both values are valid during the grace period", async () => {
    const before = key;
    declare(`${SPIKE} }`);
    expect(await previewed()).toEqual(["rotates the API key ci (rotation b)"]);
    await up();
    key = await apiKey();
    expect(key).not.toBe(before);
    expect([await authenticated(before), await authenticated(key)]).toEqual([true, true]);
    await settle();
  });

  it("is open at the beginning", async () => {
    expect(await doors()).toEqual(OPEN);
    await sql(ref, "insert into public.files (path, created_by) values ('kept.md', null)");
  });

  it("delivers its key to a file, and the key is in plain text nowhere else", async () => {
    const states = join(world.sandbox.folder, "state/.pulumi/stacks");
    const recorded = readdirSync(states, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
    expect(recorded.join()).toContain("control-plane:ApiKeys");
    expect(recorded.join()).not.toContain(key);
    const file = join(world.folder, "ci.key");
    const args = ["outputs", "tiny.acme", "--deliver"];
    const delivered = await world.tenantry(...args, "apiKeys/spike/ci", "--to-file", file);
    expect(delivered.code, delivered.stderr).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(key);
    expect(delivered.stdout + delivered.stderr).not.toContain(key);
    const unknown = await world.tenantry(...args, "apiKeys/spike/ic", "--to-file", file);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("Did you mean ci?") });
  });

  it("is suspended: all ways in are closed, and the project keeps running", async () => {
    declare(`${SPIKE}, state: suspended }`);
    expect(await previewed()).toEqual(["suspends the workspace: nobody can enter it; its data is kept"]);
    await up();
    expect(await doors()).toEqual(CLOSED);
    expect(await sizes()).toEqual(["small"]);
    await settle();
  });

  it("is archived: with a verified archive, and then the smallest compute size", async () => {
    declare(`${SPIKE}, state: archived }`);
    expect(await previewed()).toEqual([
      "archives the workspace: its rows are archived, and its project is paused",
    ]);
    await up();
    expect(await doors()).toEqual(CLOSED);
    expect(await sizes()).toEqual(["micro"]);
    const [project] = await projectsNamed("spike");
    expect(readdirSync(`${world.sandbox.env.TENANTRY_ARCHIVES}/${project?.name}`)).toHaveLength(1);
    const recorded = await embeddedEngine().resources(world.stack("tiny.acme"));
    const archive = recorded?.find(({ type }) => type === "tenantry:postgres:Archive");
    expect(archive?.outputs.rows).toMatchObject({ "public.files": 1 });
    await settle();
  });

  it("becomes active again, unchanged", async () => {
    declare(`${SPIKE} }`);
    await up();
    expect(await doors()).toEqual(OPEN);
    expect(await sizes()).toEqual(["small"]);
    await settle();
  });

  /** The only archive. */
  function archive(): string {
    const folder = String(world.sandbox.env.TENANTRY_ARCHIVES);
    const [name = ""] = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((each) =>
      each.endsWith(".archive"),
    );
    return join(folder, name);
  }

  it("restores deleted rows from its archive without a question, and no members", async () => {
    await sql(ref, "delete from public.files");
    await sql(ref, "delete from public.workspace_members");
    const restored = await world.tenantry("restore", archive(), "tiny.acme/spike", "--json");
    expect(restored, restored.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(restored.stdout)).toMatchObject({
      rows: { "public.files": 1 },
      written: { "public.files": 1 },
    });
    expect(await sql(ref, "select path from public.files")).toEqual(["kept.md"]);
    expect(await sql(ref, "select email from public.workspace_members")).toEqual([]);
    await world.mustRun("up", "tiny.acme", "", { refresh: true });
    expect(await doors()).toEqual(OPEN);
  });

  it("can't be restored into another organization, on any platform and under any name", async () => {
    const other = PLATFORM.replaceAll("tiny", "other").replace("organization: other", "organization: tiny");
    world.write("tiny/orgs/globex.yaml", organization("globex", TWO));
    world.write("other/platform.yaml", other);
    const acme = organization("acme", TWO).replaceAll("acme.example", "x.example");
    world.write("other/orgs/acme.yaml", acme.replace(/llmProvider: .*\n/, ""));
    const copy = join(world.folder, "tiny--globex--spike--12345678.archive");
    copyFileSync(archive(), copy);
    try {
      for (const into of ["tiny.globex/spike", "other.acme/spike"]) {
        const mark = world.mark();
        const refused = await world.tenantry("restore", copy, into, "--from-another-workspace", "--yes");
        expect(refused, refused.stderr).toMatchObject({
          code: 1,
          stdout: "",
          stderr: expect.stringContaining("belongs to another organization"),
        });
        expect(world.writesSince(mark)).toEqual([]);
      }
    } finally {
      for (const path of ["tiny/orgs/globex.yaml", "other/platform.yaml", "other/orgs/acme.yaml"])
        world.remove(path);
    }
  });

  it("is deleted with a valid consent, and not with an expired one", async () => {
    const consent = (expires: string) =>
      `consents: [{ delete: acme/spike, reason: done, approvedBy: owner@acme.example, expires: ${expires} }]\n`;
    declare(`${SPIKE}, state: deleted }`, consent("2026-11-21"));
    await expect(up()).rejects.toThrow(/was not deleted: the consent expired on 2026-11-21/);
    expect(await projectsNamed("spike")).toHaveLength(1);

    declare(`${SPIKE}, state: deleted }`, consent("2026-11-22"));
    await up();
    expect(await projectsNamed("spike")).toEqual([]);
    expect(await controlPlane("select state from public.workspaces where name = 'spike'")).toEqual([
      "deleted",
    ]);
    expect(await authenticated(key)).toBe(false);
    expect(await previewed({ refresh: true })).toEqual([]);
  });

  it("can be removed from the YAML as a tombstone, and its next generation is empty", async () => {
    declare("spike: { generation: 2, apiKeys: { ci: {} } }");
    await up();
    const [project] = await projectsNamed("spike");
    expect(project?.ref).not.toBe(ref);
    expect(await apiKey()).not.toBe(key);
    expect(await sql(project?.ref ?? "", "select path from public.files")).toEqual([]);
    expect(
      await controlPlane("select state from public.workspaces where name = 'spike' order by generation"),
    ).toEqual(["deleted", "active"]);
    await settle();
  });

  it("restores the rows of the archive into its next generation", async () => {
    const mark = world.mark();
    const unasked = await world.tenantry("restore", archive(), "tiny.acme/spike");
    expect(unasked).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("add --from-another-workspace"),
    });
    const another = ["restore", archive(), "tiny.acme/spike", "--from-another-workspace"];
    const shown = await world.tenantry(...another);
    expect(shown).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /public\.files: 1 row \(it has 0\)[\s\S]*run the command again with --yes/,
      ),
    });
    // The database is open to the platform's networks only while it is read.
    const isOfNetwork = (write: string) => write.endsWith("/network-restrictions/apply");
    expect(world.writesSince(mark).filter((write) => !isOfNetwork(write))).toEqual([]);

    const restored = await world.tenantry(...another, "--yes");
    expect(restored, restored.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("public.files: 1 row"),
    });
    const [project] = await projectsNamed("spike");
    expect(await sql(project?.ref ?? "", "select path from public.files")).toEqual(["kept.md"]);
    expect(await sql(project?.ref ?? "", "select email from public.workspace_members order by 1")).toEqual(
      OPEN.people,
    );
    await settle();
  });

  it("is renamed: the project, members, data and key are the same", async () => {
    const [project] = await projectsNamed("spike");
    declare("trial: { generation: 2, previously: [spike], apiKeys: { ci: {} } }");
    expect(await previewed({}, "trial")).toContain("renames the workspace: spike → trial");
    await up();
    expect(await projectsNamed("spike")).toEqual([]);
    expect(await projectsNamed("trial")).toMatchObject([{ ref: project?.ref }]);
    expect(await sql(project?.ref ?? "", "select path from public.files")).toEqual(["kept.md"]);
    expect(
      await controlPlane("select name from public.workspaces where state = 'active' order by 1"),
    ).toEqual(["personal", "trial"]);
    await settle();
  });

  it("revokes a key immediately when it is removed from the YAML", async () => {
    const last = await apiKey("trial");
    expect(await authenticated(last)).toBe(true);
    declare("trial: { generation: 2, previously: [spike], apiKeys: {} }");
    expect(await previewed({}, "trial")).toEqual(["revokes the API key ci immediately"]);
    await up();
    expect(await authenticated(last)).toBe(false);
  });
});

interface Project {
  readonly ref: string;
  readonly name: string;
  readonly databases: readonly { readonly infra_compute_size?: string }[];
}
