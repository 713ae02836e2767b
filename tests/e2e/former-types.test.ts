import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedEngine } from "../../packages/embedded-engine/src/engine.ts";
import { registry } from "../../src/provider/registry.ts";
import { organization, PLATFORM, World } from "./harness.ts";

const TOKEN = 'claimTokens: { first: { role: member, workspace: personal, expires: "2026-12-31" } }\n';
const WORKSPACES = "personal: { apiKeys: { ci: {} } }";

describe("stacks that were applied before `directory` was renamed to `control-plane`", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open({
      "tiny/platform.yaml": PLATFORM,
      "tiny/orgs/acme.yaml": organization("acme", WORKSPACES).concat(TOKEN),
    });
    await world.mustRun("up", "tiny.platform");
    await world.mustRun("up", "tiny.acme");
  });
  afterAll(() => world.close());

  it("hold every type that was renamed", async () => {
    const held = (await types("control-plane")).sort();
    const known = Object.keys(registry).filter((type) => type.startsWith("control-plane:"));
    expect(held).toEqual(known.map((type) => `tenantry:${type}`).sort());
  });

  it.each(["tiny.platform", "tiny.acme"])(
    "%s shows no change, and applying it writes nothing",
    async (stack) => {
      makeFormer();
      const mark = world.mark();
      const preview = await world.mustRun("preview", stack);
      expect(Object.keys(preview.changes)).toEqual(["same"]);
      const up = await world.mustRun("up", stack);
      expect(up.changes).toEqual(preview.changes);
      expect(world.writesSince(mark)).toEqual([]);
      expect(await types("directory", stack)).toEqual([]);
    },
  );

  it("show no change on a refresh", async () => {
    makeFormer();
    const result = await world.tenantry("preview", "--refresh");
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 0 });
  });

  it("keep what a workspace holds when it is renamed at the same time", async () => {
    makeFormer();
    const yaml = organization("acme", "home: { previously: [before], apiKeys: { ci: {} } }").concat(TOKEN);
    world.write("tiny/orgs/acme.yaml", yaml.replaceAll("personal", "home").replace("before", "personal"));
    const { changes } = await world.mustRun("up", "tiny.acme");
    expect(Object.keys(changes).filter((operation) => !["same", "update"].includes(operation))).toEqual([]);
  });

  it("keep it too if the run that renames the workspace was killed midway", async () => {
    makeFormer((state) => state.replaceAll("::home-directory", "::personal-directory"));
    const { changes } = await world.mustRun("preview", "tiny.acme");
    expect(Object.keys(changes)).toEqual(["same"]);
  });

  it("are destroyed", async () => {
    makeFormer();
    const result = await world.tenantry("destroy", "tiny.acme", "--yes");
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 0 });
    expect(await types("directory", "tiny.acme")).toEqual([]);
  });

  async function types(module: string, ...stacks: string[]): Promise<string[]> {
    const names = stacks.length > 0 ? stacks : ["tiny.platform", "tiny.acme"];
    const resources = await Promise.all(names.map((name) => embeddedEngine().resources(world.stack(name))));
    const held = resources.flatMap((each) => each ?? []).map(({ type }) => type);
    return [...new Set(held)].filter((type) => type.startsWith(`tenantry:${module}:`));
  }

  /** Gives the states the types and the names of an older version. */
  function makeFormer(edit = (state: string) => state): void {
    const folder = join(world.sandbox.folder, "state/.pulumi/stacks");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    for (const file of files.filter((name) => name.endsWith(".json"))) {
      const text = readFileSync(join(folder, file), "utf8")
        .replaceAll("tenantry:control-plane:", "tenantry:directory:")
        .replaceAll(/(tenantry:directory:\w+::[\w@-]+)-control-plane\b/g, "$1-directory");
      writeFileSync(join(folder, file), edit(text));
    }
  }
});
