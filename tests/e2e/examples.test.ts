import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { World } from "./harness.ts";

const EXAMPLES = join(import.meta.dirname, "../../stacks");

/**
 * Applies every organization of both example platforms on one sandbox, with `npm run fuzz` only. tests/model/examples.test.ts always
 * resolves them, and tests/e2e/up.test.ts applies smaller ones.
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

  it("are created, with every organization", async () => {
    const up = await world.tenantry("up", "--yes");
    expect(up, up.stdout + up.stderr).toMatchObject({ code: 0 });
    expect(up.stdout).toContain("12 stacks: 12 done");
  });

  it("aren't changed by a second up with --no-skip", async () => {
    const mark = world.mark();
    const up = await world.tenantry("up", "--yes", "--refresh");
    expect(up.stdout).toContain("12 stacks: 12 unchanged");
    expect(world.writesSince(mark)).toEqual([]);
  });

  it("pass verify", async () => {
    const verified = await world.tenantry("verify");
    expect(verified, verified.stdout).toMatchObject({ code: 0 });
  });
});
