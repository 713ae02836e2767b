import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { organization, PLATFORM, World } from "../harness.ts";
import { census, recorded } from "./census.ts";
import { isCounted, type Moment, upKilledAt } from "./kill.ts";

/** `npm run crashes` kills a run before and after each write. Otherwise each write has a run that is killed at one of its sides. */
const all = process.env.TENANTRY_CRASHES === "all";
const FIRST: Readonly<Record<Moment, number>> = { before: 1, after: 2 };

/** The organization whose `up` isn't killed. */
const REFERENCE = "crash-0";

/**
 * The crash matrix of an organization. For each write of its first `up`, the `up` of another organization is killed right before (or
 * after) that write takes effect, and run again. The writes are counted and not listed, so that new ones are included.
 */
export function crashMatrix(moment: Moment, writes: { readonly atLeast: number }): void {
  describe(`up, killed ${moment} each of its writes and run again`, () => {
    let world: World;
    let count = 0;

    beforeAll(async () => {
      world = await World.open({
        "tiny/platform.yaml": PLATFORM,
        [`tiny/orgs/${REFERENCE}.yaml`]: withEverything(REFERENCE),
      });
      await world.mustRun("up", "tiny.platform");
      const mark = world.mark();
      await world.mustRun("up", `tiny.${REFERENCE}`);
      count = world.writesSince(mark).filter(isCounted).length;
    });

    afterAll(() => world?.close());

    it("creates everything once", { timeout: 600_000 }, async () => {
      expect(count).toBeGreaterThanOrEqual(writes.atLeast);
      let last = REFERENCE;
      for (let nth = all ? 1 : FIRST[moment]; nth <= count; nth += all ? 1 : 2)
        last = await crashAndMend(world, nth, moment);
      const { changes } = await world.mustRun("preview", `tiny.${last}`);
      expect(Object.keys(changes)).toEqual(["same"]);
    });
  });
}

/** An organization with every feature. */
function withEverything(name: string): string {
  const approval = `reason: grown, approvedBy: owner@${name}.example, expires: 2999-12-31`;
  const personal = [
    "apiKeys: { ci: {} }",
    `connections: { warehouse: { kind: bigquery, secret: ${name}-warehouse } }`,
    `apps: { store: { domain: store.${name}.example } }`,
    'cron: { nightly: { schedule: "0 3 * * *", task: count } }',
  ];
  return `${organization(name, `personal: { ${personal.join(", ")} }`)}
invitations: [{ email: new@${name}.example, role: member, workspaces: [personal], expires: 2999-12-31 }]
claimTokens: { door: { role: member, expires: 2999-12-31 } }
displayName: One of many
limits: { seats: { value: 20, ${approval} } }
`;
}

/** @returns the organization's name */
async function crashAndMend(world: World, nth: number, moment: Moment): Promise<string> {
  const name = `crash-${nth}`;
  const stack = `tiny.${name}`;
  world.write(`tiny/orgs/${name}.yaml`, withEverything(name));

  const killed = await upKilledAt(world, stack, moment, nth);
  expect(killed, "the run ended before its write came").toBeDefined();

  await world.mustRun("up", stack, killed);
  expect(await recorded(world, stack, name), killed).toEqual(
    await recorded(world, `tiny.${REFERENCE}`, REFERENCE),
  );
  expect(await census(world, name), killed).toEqual(await census(world, REFERENCE));
  return name;
}
