import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { World } from "./harness.ts";

const EXAMPLES = join(import.meta.dirname, "../../stacks");

/**
 * Every organization of both example platforms, on one sandbox; with `npm run fuzz`. Each time tests/model/examples.test.ts
 * resolves them all, and tests/e2e/up.test.ts brings up smaller ones.
 */
describe.runIf(process.env.TENANTRY_FUZZ !== undefined)("the example platforms", () => {
  let world: World;

  beforeAll(async () => {
    const files = readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" });
    const manifests = files.filter((file) => file.endsWith(".yaml") && !file.startsWith("Pulumi."));
    world = await World.open(
      Object.fromEntries(manifests.map((file) => [file, readFileSync(join(EXAMPLES, file), "utf8")])),
      { organizations: ["agntdata", "camelai"] },
    );
  });
  afterAll(() => world?.close());

  it("come up, with every organization", async () => {
    const up = await world.tenantry("up", "--yes");
    expect(up, up.stdout + up.stderr).toMatchObject({ code: 0 });
    expect(up.stdout).toContain("12 stacks: 12 done");
  });

  it("are left alone by a second up that looks at everything", async () => {
    const mark = world.mark();
    const up = await world.tenantry("up", "--yes", "--refresh");
    expect(up.stdout).toContain("12 stacks: 12 unchanged");
    expect(world.writesSince(mark)).toEqual([]);
  });

  it("are verified clean", async () => {
    const verified = await world.tenantry("verify");
    expect(verified, verified.stdout).toMatchObject({ code: 0 });
  });
});
