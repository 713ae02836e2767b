import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedEngine } from "../../packages/embedded-engine/src/engine.ts";
import { changingSteps } from "../../src/changes/stack.ts";
import type { FleetReport } from "../../src/fleet/report.ts";
import { organization, PLATFORM, World } from "./harness.ts";
import { runOnce } from "./run-once.ts";

const WAREHOUSE = "personal: { connections: { warehouse: { kind: bigquery, secret: acme-warehouse } } }";

describe("an organization", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open({
      "tiny/platform.yaml": PLATFORM.replace("monthly: 49 }", "monthly: 49, previously: [39] }"),
      "tiny/orgs/acme.yaml": organization("acme", WAREHOUSE).concat("price: 39\n"),
      "tiny/orgs/globex.yaml": organization("globex", "personal: {}\n  extra: {}"),
    });
  });

  afterAll(() => world.close());

  it("is previewed without writes and files", async () => {
    const before = files(world.folder);
    const preview = await world.tenantry("preview", "tiny.platform", "tiny.acme");
    expect(preview, preview.stderr).toMatchObject({ code: 2 });
    expect(preview.stdout).toMatch(/offers 3 prices[\s\S]*team, 39 usd a month[\s\S]*team, 49 usd a month/);
    expect(preview.stdout).toContain("subscribes to team, 39 usd a month");
    expect(world.writesSince(0)).toEqual([]);
    expect(files(world.folder)).toEqual(before);
  });

  it("is created", async () => {
    const up = await world.tenantry("up", "--yes");
    expect(up, up.stderr).toMatchObject({ code: 0 });
  });

  it("isn't changed by a second up, which writes nothing", async () => {
    const mark = world.mark();
    const up = await world.tenantry("up", "--yes");
    expect(up, up.stderr).toMatchObject({ code: 0 });
    expect(world.writesSince(mark)).toEqual([]);
  });

  it("shows no drift on a refresh", async () => {
    const preview = await world.tenantry("preview", "--refresh");
    expect(preview, preview.stdout + preview.stderr).toMatchObject({ code: 0 });
  });

  it("passes an organization's model key to its own workspaces only, and a new key to each of them", async () => {
    const [acmes, old] = [world.planted.TENANTRY_SECRET_ACME_LLM, world.planted.TENANTRY_SECRET_GLOBEX_LLM];
    expect(await modelKeys(world)).toEqual({
      "acme/personal": [acmes],
      "globex/personal": [old],
      "globex/extra": [old],
    });

    const rotated = "planted-globex-llm-rotated-5d02";
    world.planted.TENANTRY_SECRET_GLOBEX_LLM = rotated;
    const preview = await world.tenantry("preview", "tiny.globex");
    expect(preview.stdout.match(/LLM_API_KEY.*/g)).toEqual([
      "LLM_API_KEY: value of globex-llm changed",
      "LLM_API_KEY: value of globex-llm changed",
    ]);
    const up = await world.tenantry("up", "--yes");
    expect(up, up.stderr).toMatchObject({ code: 0 });
    expect(await modelKeys(world)).toEqual({
      "acme/personal": [acmes],
      "globex/personal": [old, rotated],
      "globex/extra": [old, rotated],
    });
  });

  it("shows the secret of a connection, and distinguishes a new name from a new value", async () => {
    const yaml = organization("acme", WAREHOUSE).concat("price: 39\n");
    const previewed = async () => {
      const { stdout, stderr } = await world.tenantry("preview", "tiny.acme", "--json");
      const { stacks } = JSON.parse(stdout) as FleetReport;
      const steps = stacks.flatMap(({ changes }) => changingSteps(changes));
      expect(
        steps.map(({ name }) => name),
        stderr,
      ).toEqual(["personal-secrets"]);
      return steps.flatMap(({ changes }) => changes);
    };
    const sources = { before: "acme-warehouse", after: "acme-lake" };
    const renamed = { path: "sources.CONNECTION_WAREHOUSE", kind: "update", ...sources };
    world.write("tiny/orgs/acme.yaml", yaml.replace("acme-warehouse", "acme-lake"));
    expect(await previewed()).toMatchObject([
      { path: "secrets.CONNECTION_WAREHOUSE", kind: "update", after: "[secret]", sources },
      renamed,
    ]);
    world.planted.TENANTRY_SECRET_ACME_LAKE = world.planted.TENANTRY_SECRET_ACME_WAREHOUSE ?? "";
    expect(await previewed()).toMatchObject([renamed]);
    world.write("tiny/orgs/acme.yaml", yaml);
  });

  it("needs no value of a secret for a preview, but for an up, which fails before any write", async () => {
    const yaml = organization("acme", WAREHOUSE).concat("price: 39\n");
    const { TENANTRY_SECRET_ACME_WAREHOUSE: _, TENANTRY_SECRET_ACME_LAKE: __, ...env } = world.environment;
    const stack = { ...world.stack("tiny.acme"), env };
    const mark = world.mark();
    const unset = (name: string) => ({
      severity: "warning",
      message: expect.stringContaining(`the secret ${name} has no value here`),
    });
    const same = await runOnce("preview", stack);
    expect(same).toMatchObject({ result: "succeeded", diagnostics: [unset("acme-warehouse")] });
    expect(Object.keys(same.changes)).toEqual(["same"]);
    world.write("tiny/orgs/acme.yaml", yaml.replace("acme-warehouse", "acme-lake"));
    const other = await runOnce("preview", stack);
    expect(other).toMatchObject({
      result: "succeeded",
      changes: { update: 1 },
      diagnostics: [unset("acme-lake")],
    });
    for (const run of [
      runOnce("up", stack),
      runOnce("preview", { ...stack, env: { ...env, TENANTRY_NEEDS_SECRETS: "true" } }),
    ])
      expect(await run).toMatchObject({
        result: "failed",
        diagnostics: [
          {
            message: expect.stringContaining(
              "the secret acme-lake has no value: set TENANTRY_SECRET_ACME_LAKE",
            ),
          },
        ],
      });
    world.write("tiny/orgs/acme.yaml", yaml);
    expect(world.writesSince(mark)).toEqual([]);
  });

  it("keeps every secret out of states, previews, logs and messages", async () => {
    await world.tenantry("outputs", "tiny.acme");
    await world.tenantry("preview", "--json");
    world.sandbox.setFaults([{ kind: "500", service: "supabase" }]);
    await world.tenantry("up", "--yes", "--refresh", "tiny.acme");
    world.sandbox.setFaults([]);
    const states = files(join(world.folder, "sandbox/state")).map((file) => readFileSync(file, "utf8"));
    expect(states.join()).toContain("ciphertext");
    const text = [...world.printed, ...states].join("\n");
    const secrets = [...Object.values(world.planted), ...(await madeSecrets(world))];
    expect(secrets.length).toBeGreaterThan(8);
    for (const secret of secrets)
      expect(text.includes(secret), `${secret.slice(0, 6)}… is in clear`).toBe(false);
  });

  it("isn't deleted when its file or a workspace is removed from the YAML", async () => {
    world.write("tiny/orgs/globex.yaml", organization("globex"));
    world.remove("tiny/orgs/acme.yaml");
    const mark = world.mark();
    const up = await world.tenantry("up", "--yes");
    expect(up.code).toBe(1);
    expect(up.stdout).toMatch(
      /the workspace extra of globex was removed from the YAML[\s\S]*state: archived/,
    );
    expect(up.stdout).toMatch(/acme[\s\S]*was removed from the YAML/);
    expect(world.writesSince(mark)).toEqual([]);
  });

  it("isn't deleted by the engine alone either, as with plain pulumi up", async () => {
    const mark = world.mark();
    const { result, diagnostics } = await embeddedEngine().preview(world.stack("tiny.globex"));
    expect(result).toBe("failed");
    expect(diagnostics.map(({ message }) => message).join()).toMatch(/protect/);
    expect((await embeddedEngine().up(world.stack("tiny.globex"))).result).toBe("failed");
    // Without a preview, an `up` reaches the organization's row, but no vendor.
    const isRow = (write: string) => write.startsWith("postgres ");
    expect(world.writesSince(mark).filter((write) => !isRow(write))).toEqual([]);
  });
});

/** All model keys that each workspace's project has received, in order, by `organization/workspace`. */
async function modelKeys(world: World): Promise<Record<string, string[]>> {
  const given: Record<string, string[]> = {};
  const names = new Map((await projects(world)).map(({ ref, name }) => [ref, name]));
  for (const { method, path, body } of world.sandbox.requests()) {
    const ref = /^\/v1\/projects\/(\w+)\/secrets$/.exec(path)?.[1];
    if (method !== "POST" || ref === undefined) continue;
    const workspace = names.get(ref)?.split("--").slice(1, 3).join("/") ?? ref;
    const secrets = JSON.parse(body) as { name: string; value: string }[];
    const keys = secrets.filter(({ name }) => name === "LLM_API_KEY").map(({ value }) => value);
    given[workspace] = [...(given[workspace] ?? []), ...keys];
  }
  return given;
}

async function projects(world: World): Promise<{ ref: string; name: string }[]> {
  return (await managed(world, "/v1/projects")) as { ref: string; name: string }[];
}

/** The Management API's response to a GET request. */
async function managed(world: World, path: string): Promise<unknown> {
  const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
  const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
  return (await fetch(SUPABASE_API_URL + path, { headers })).json();
}

/** Secrets that tenantry or the vendors created: database passwords, API keys of projects, and the tokens of the run. */
async function madeSecrets(world: World): Promise<string[]> {
  const { SUPABASE_ACCESS_TOKEN, STRIPE_API_KEY, TENANTRY_ROOT_SECRET } = world.sandbox.env;
  const bodies = world.sandbox.requests().map(({ body }) => body);
  const passwords = bodies.flatMap((body) => /"db_pass":"([^"]+)"/.exec(body)?.[1] ?? []);
  const keys: string[] = [];
  for (const { ref } of await projects(world))
    for (const key of (await managed(world, `/v1/projects/${ref}/api-keys?reveal=true`)) as ApiKey[])
      if (key.type === "secret" || key.name === "service_role") keys.push(key.api_key);
  return [...passwords, ...keys, SUPABASE_ACCESS_TOKEN, STRIPE_API_KEY, TENANTRY_ROOT_SECRET];
}

interface ApiKey {
  readonly name: string;
  readonly type: string;
  readonly api_key: string;
}

function files(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((path) => join(folder, path))
      .filter(
        (path) => !path.includes("/databases/") && !path.endsWith(".journal") && statSync(path).isFile(),
      )
      .sort();
  } catch {
    return [];
  }
}
