import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PLATFORM, World } from "../harness.ts";
import { addCard, stripeOf } from "../stripe.ts";
import { census, recorded } from "./census.ts";
import {
  BEGINNING,
  CHANGES,
  type Change,
  DELETED_AND_BACK,
  type Declared,
  EVERYTHING,
  manifest,
} from "./changes.ts";
import { type Moment, upKilledAt } from "./kill.ts";

/** `npm run crashes` kills a run at each write of each change, which takes half an hour. Otherwise two runs that change everything are killed. */
const all = process.env.TENANTRY_CRASHES === "all";
const SAMPLE: readonly [moment: Moment, nth: number][] = [
  ["after", 3],
  ["before", 5],
];

/** Both organizations have the same history, apart from the crashes. */
const [CRASHED, CALM] = ["crashed", "calm"];

describe("a change of an organization in use, with a killed and repeated up", () => {
  let world: World;
  let declared = BEGINNING;

  beforeAll(async () => {
    const roomy = PLATFORM.replace("workspaces: 1,", "workspaces: 3,");
    world = await World.open({ "tiny/platform.yaml": roomy });
    await world.mustRun("up", "tiny.platform");
    declare({});
    for (const name of [CRASHED, CALM]) {
      await world.mustRun("up", `tiny.${name}`);
      await addCard(stripeOf(world), `billing@${name}.example`);
    }
  });
  afterAll(() => world?.close());

  function declare(edit: Partial<Declared>): void {
    declared = { ...declared, ...edit };
    for (const name of [CRASHED, CALM]) world.write(`tiny/orgs/${name}.yaml`, manifest(name, declared));
  }

  /** Applies the next step of a change, kills it at its n-th write, and repeats it. @returns whether there were that many writes */
  async function crashAndMend({ next }: Change, moment: Moment, nth: number): Promise<boolean> {
    declare(next(declared));
    const killed = await upKilledAt(world, `tiny.${CRASHED}`, moment, nth);
    await world.mustRun("up", `tiny.${CRASHED}`, killed);
    await world.mustRun("up", `tiny.${CALM}`);
    const [found, wanted] = [CRASHED, CALM].map((name) => recorded(world, `tiny.${name}`, name));
    expect(await found, killed).toEqual(await wanted);
    expect(await census(world, CRASHED), killed).toEqual(await census(world, CALM));
    return killed !== undefined;
  }

  /** Expects that nothing is left to do, and that the live services match the state. */
  async function settled(): Promise<void> {
    const { changes } = await world.mustRun("preview", `tiny.${CRASHED}`, "", { refresh: true });
    expect(Object.keys(changes)).toEqual(["same"]);
  }

  it("has everything once after a change of everything that was killed at any write", {
    timeout: 600_000,
  }, async () => {
    for (const [moment, nth] of SAMPLE) expect(await crashAndMend(EVERYTHING, moment, nth)).toBe(true);
    await settled();
  });

  it("is deleted and comes back once, though both runs were killed", { timeout: 600_000 }, async () => {
    for (const [moment, nth] of SAMPLE) expect(await crashAndMend(DELETED_AND_BACK, moment, nth)).toBe(true);
    await settled();
  });

  describe.runIf(all).each(Object.entries({ ...CHANGES, "all of it at once": EVERYTHING }))(
    "%s",
    (_, change) => {
      it.each(["before", "after"] as const)("%s each write", { timeout: 3_600_000 }, async (moment) => {
        // The next write of each step; undefined after the last one.
        const turns: (number | undefined)[] = Array.from({ length: change.steps }, () => 1);
        let kills = 0;
        for (let turn = 0; turns.some((nth) => nth !== undefined); turn = (turn + 1) % change.steps) {
          const nth = turns[turn];
          const wasKilled = await crashAndMend(change, moment, nth ?? Number.POSITIVE_INFINITY);
          turns[turn] = wasKilled && nth !== undefined ? nth + 1 : undefined;
          if (wasKilled) kills++;
        }
        expect(kills).toBeGreaterThanOrEqual(change.steps);
        await settled();
      });
    },
  );
});
