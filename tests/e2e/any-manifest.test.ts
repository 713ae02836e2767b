import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import type { VerifyDocument } from "../../src/cli/commands/verify.ts";
import { tenantry } from "../cli/command-line.ts";
import { PLATFORM } from "../manifest/folder.ts";
import { organizationsNamed } from "../model/arbitrary.ts";
import { World } from "./harness.ts";

const MOST_WORKSPACES = 2;

/** Each case is a separate platform, which takes seconds, so only the fuzzer runs many. */
const fuzz = process.env.TENANTRY_FUZZ;
const numRuns = fuzz === undefined ? 1 : Math.ceil(Number(fuzz) / 200);

const organizations = fc.tuple(
  ...["acme", "globex"].map((name) => organizationsNamed(name, MOST_WORKSPACES)),
);

const SOUND = "any organizations that are sound come up, are verified clean, and stay as they are";

test(SOUND, { timeout: numRuns * 240_000 }, async () => {
  const comesUp = fc.asyncProperty(organizations, async (manifests) => {
    const files = manifests.map((manifest) => [`shop/orgs/${manifest.name}.yaml`, stringify(manifest)]);
    const world = await World.open(
      { "shop/platform.yaml": PLATFORM, ...Object.fromEntries(files) },
      { organizations: ["shop"], requestsPerMinute: 10_000 },
    );
    try {
      const up = await run(world, "up", "--yes");
      expect(up.exitCode, up.stdout + up.stderr).toBe(0);
      expect(await unclean(world)).toEqual([]);
      const preview = await run(world, "preview", "--refresh");
      expect(preview.exitCode, preview.stdout + preview.stderr).toBe(0);
    } finally {
      await world.close();
    }
  });
  // Shrinking to a smaller case would take minutes.
  await fc.assert(comesUp, { numRuns, endOnFailure: true });
});

function run(world: World, command: string, ...options: string[]) {
  const args = [command, ...options, `--sandbox=${world.sandbox.folder}`];
  return tenantry(args, { cwd: world.folder, env: world.environment });
}

/** The databases that differ from what is expected. */
async function unclean(world: World): Promise<unknown> {
  const { stdout, stderr } = await run(world, "verify", "--json");
  const { databases, ok } = JSON.parse(stdout) as VerifyDocument;
  const differing = databases.filter(({ outcome }) => outcome !== "clean" && outcome !== "closed");
  return ok ? differing : [stderr, ...differing];
}
