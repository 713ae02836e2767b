import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PLATFORM, World } from "./harness.ts";

const STACK = "tiny.acme";

/** Runs with `npm run fuzz` only. tests/provider/resources/supabase/standby.test.ts always tests the parts. */
describe.runIf(process.env.TENANTRY_FUZZ !== undefined)("in a free Supabase organization", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open(
      {
        "tiny/platform.yaml": PLATFORM.replace("compute: micro", "compute: nano"),
        "tiny/orgs/acme.yaml": withSpike(),
      },
      { organizations: [], freeOrganizations: ["tiny"], freeProjectLimit: 3 },
    );
    await world.mustRun("up", "tiny.platform");
    await world.mustRun("up", STACK);
  });
  afterAll(() => world?.close());

  it.each(["suspended", "archived"])(
    "a workspace that is %s is paused, and comes back as it was",
    async (state) => {
      world.write("tiny/orgs/acme.yaml", withSpike(`{ state: ${state} }`));
      await world.mustRun("up", STACK);
      expect(await statuses()).toEqual({ personal: "ACTIVE_HEALTHY", spike: "INACTIVE" });
      await settle();
      const verified = await world.tenantry("verify", STACK);
      expect(verified.stdout).toMatch(/closed +tiny\.acme, workspace spike/);
      expect(verified.code).toBe(0);

      world.write("tiny/orgs/acme.yaml", withSpike());
      await world.mustRun("up", STACK);
      expect(await statuses()).toEqual({ personal: "ACTIVE_HEALTHY", spike: "ACTIVE_HEALTHY" });
      await settle();
      expect((await world.tenantry("verify", STACK)).code).toBe(0);
    },
  );

  async function settle(): Promise<void> {
    const mark = world.mark();
    await world.mustRun("up", STACK);
    expect(world.writesSince(mark)).toEqual([]);
  }

  /** The status of each workspace's project. */
  async function statuses(): Promise<Record<string, string>> {
    const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
    const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
    const answer = await fetch(`${SUPABASE_API_URL}/v1/projects`, { headers });
    const projects = (await answer.json()) as { name: string; status: string }[];
    const ofWorkspaces = projects.filter(({ name }) => name.startsWith("tiny--acme--"));
    return Object.fromEntries(ofWorkspaces.map(({ name, status }) => [name.split("--")[2], status]));
  }
});

function withSpike(spike = "{}"): string {
  return `apiVersion: tenantry/v1
kind: Organization
name: acme
plan: team
owner: owner@acme.example
workspaces: { personal: {}, spike: ${spike} }
`;
}
