import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningProvider, serveProvider } from "../../../../src/provider/runtime/server.ts";
import { World } from "../../../../tests/e2e/harness.ts";
import { embeddedEngine } from "../../src/engine.ts";
import type { Engine, RunResult } from "../../src/interface.ts";
import { ABSENT, cli } from "./engines.ts";

const EXAMPLES = join(import.meta.dirname, "../../../../stacks");

/** The CLI runs a platform's own stack only with the plugin of `@pulumi/postgresql`. Organizations don't need it. */
const plugin = hasPostgresqlPlugin();
const NO_PLUGIN = "takeover of the platforms' own stacks did NOT run: there is no pulumi-resource-postgresql";
if (cli !== undefined && !plugin) process.stderr.write(`${NO_PLUGIN}\n`);

test.skipIf(cli !== undefined)(ABSENT, ({ skip }) => skip(ABSENT));

/** The engine that creates a platform's own stack. With the plugin, both engines create one. */
const EMBEDDED = embeddedEngine();
const makerOfTheSecond = plugin && cli !== undefined ? cli : EMBEDDED;

describe.skipIf(cli === undefined).each([
  ["agntdata", "acme", "lone-pine", EMBEDDED],
  ["camelai", "kestrel", "sol", makerOfTheSecond],
])("the example platform %s", (platform, organization, another, maker) => {
  let world: World;
  let provider: RunningProvider;
  const embedded = EMBEDDED;
  const real = cli as Engine;
  const other = maker === embedded ? real : embedded;

  const run = (engine: Engine, verb: "preview" | "up" | "refresh", name: string): Promise<RunResult> =>
    engine[verb](world.stack(`${platform}.${name}`), { attach: { tenantry: `127.0.0.1:${provider.port}` } });
  /** Changes the display name in a manifest. */
  const rename = (path: string) =>
    world.write(
      path,
      manifestsOf(platform)[path]?.replace(/^displayName: .*$/m, "displayName: Renamed") ?? "",
    );
  const mustRun = async (engine: Engine, verb: "preview" | "up" | "refresh", name: string) => {
    const { result, diagnostics, changes } = await run(engine, verb, name);
    expect({ result, diagnostics }).toEqual({ result: "succeeded", diagnostics: [] });
    return Object.keys(changes);
  };

  beforeAll(async () => {
    world = await World.open(manifestsOf(platform), { organizations: [platform] });
    provider = await serveProvider({ env: world.environment, shared: true });
    await mustRun(maker, "up", "platform");
  });
  afterAll(async () => {
    await provider?.close();
    await world?.close();
  });

  test.each([
    ["the embedded engine", embedded, real, organization],
    ["the CLI", real, embedded, another],
  ])("an organization that %s created is updated by the other", async (_, from, to, name) => {
    await mustRun(from, "up", name);
    const mark = world.mark();
    expect(await mustRun(to, "preview", name)).toEqual(["same"]);
    expect(await mustRun(to, "up", name)).toEqual(["same"]);
    expect(world.writesSince(mark)).toEqual([]);
    rename(`${platform}/orgs/${name}.yaml`);
    expect(await mustRun(to, "up", name)).toContain("update");
    expect(await mustRun(from, "preview", name)).toEqual(["same"]);
  });

  test.skipIf(!plugin)("its own stack can move to the other engine and back", async () => {
    const mark = world.mark();
    expect(await mustRun(other, "preview", "platform")).toEqual(["same"]);
    expect(await mustRun(other, "up", "platform")).toEqual(["same"]);
    expect(await mustRun(other, "refresh", "platform")).toEqual(["same"]);
    expect(world.writesSince(mark)).toEqual([]);
    rename(`${platform}/platform.yaml`);
    expect(await mustRun(other, "up", "platform")).toContain("update");
    expect(await mustRun(maker, "preview", "platform")).toEqual(["same"]);
    expect(await mustRun(maker, "refresh", "platform")).toEqual(["same"]);
  });
});

/** The manifests, by path below the platforms' folder. */
function manifestsOf(platform: string): Readonly<Record<string, string>> {
  const files = readdirSync(join(EXAMPLES, platform), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".yaml"));
  return Object.fromEntries(
    files.map((file) => [`${platform}/${file}`, readFileSync(join(EXAMPLES, platform, file), "utf8")]),
  );
}

function hasPostgresqlPlugin(): boolean {
  const home = process.env.PULUMI_HOME || join(homedir(), ".pulumi");
  const plugins = join(home, "plugins");
  const onPath = (process.env.PATH ?? "").split(delimiter);
  return (
    onPath.some((folder) => existsSync(join(folder, "pulumi-resource-postgresql"))) ||
    (existsSync(plugins) && readdirSync(plugins).some((name) => name.startsWith("resource-postgresql-")))
  );
}
