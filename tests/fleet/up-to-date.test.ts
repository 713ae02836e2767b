import { describe, expect, test } from "vitest";
import { applyFleet } from "../../src/fleet/apply.ts";
import type { FleetStack } from "../../src/fleet/fleet.ts";
import { type FleetOptions, previewFleet } from "../../src/fleet/run.ts";
import { view } from "../changes/events.ts";
import { fleetOf, type Script, scriptedEngine, stackOf } from "./scripted-engine.ts";

const STACK = "agntdata.acme";
const settled = view("tenantry:stripe:Customer", "acme", { id: "cus_1" });

/** What two runs have in common: the same recorded state and the same tags. */
function backend(): Required<Pick<Script, "recorded" | "tags">> {
  return { recorded: { [STACK]: [settled] }, tags: new Map() };
}

async function up(script: Script, fleet: readonly FleetStack[] = fleetOf({ agntdata: ["acme"] })) {
  const { engine } = scriptedEngine(script);
  const options = { engine, parallel: 2 };
  return applyFleet(fleet, await previewFleet(fleet, options), options);
}

async function isSkipped(
  script: Script,
  stack: FleetStack = stackOf("agntdata", "acme"),
  options: Partial<FleetOptions> = {},
) {
  const { engine, log } = scriptedEngine(script);
  const [result] = await previewFleet([stack], { engine, parallel: 2, ...options });
  if (result?.skipped) expect(log, "what was run").toEqual([]);
  return result?.skipped;
}

describe("an organization is skipped", () => {
  test("after a run that did what there was to do", async () => {
    const common = backend();
    await up(common);
    expect(await isSkipped(common)).toBe(true);
  });

  test("after a run that found nothing to do", async () => {
    const common = backend();
    await up({ ...common, unchanged: [STACK] });
    expect(await isSkipped(common)).toBe(true);
  });

  test("until its subscription's period ends", async () => {
    const common = { ...backend(), recorded: { [STACK]: [settled, subscription("active")] } };
    await up(common);
    expect(await isSkipped(common)).toBe(true);
  });

  test("and is unchanged in every report", async () => {
    const common = backend();
    await up(common);
    const again = await up(common);
    expect(again.find(({ stack }) => stack === STACK)).toMatchObject({ outcome: "unchanged", skipped: true });
  });
});

describe("an organization is looked at", () => {
  const acme = stackOf("agntdata", "acme");
  test.each<
    [string, { before?: Script; next?: Script; stack?: FleetStack; options?: Partial<FleetOptions> }]
  >([
    ["that was never brought up", { before: { failing: ["agntdata.platform"] } }],
    ["whose last run failed", { before: { failing: [STACK] } }],
    ["about which the last run warned", { before: { warning: [STACK] } }],
    ["whose program would see something else", { stack: { ...acme, digest: "another" } }],
    ["whose state was written since, by whomever", { next: { revision: "2" } }],
    ["whose state is gone", { next: { recorded: {} } }],
    ["that waits for its payment", { before: { recorded: { [STACK]: [subscription("incomplete")] } } }],
    ["that is in arrears", { before: { recorded: { [STACK]: [subscription("past_due")] } } }],
    [
      "whose subscription's period has ended",
      { before: { recorded: { [STACK]: [subscription("active", -1)] } } },
    ],
    ["when asked to look at everything", { options: { skip: false } }],
    ["when a refresh was asked for", { options: { refresh: true } }],
    ["when it is held to policies", { options: { policyPacks: [{ folder: "/packs/guard" }] } }],
    ["that left the YAML", { stack: stackOf("agntdata", "acme", false) }],
  ])("%s", async (_, { before = {}, next = {}, stack, options }) => {
    const common = backend();
    await up({ ...common, ...before });
    expect(await isSkipped({ ...common, ...next }, stack, options)).toBe(false);
  });
});

/** @param days in which its next period opens */
function subscription(status: string, days = 30) {
  const movesOn = new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString();
  return view("tenantry:stripe:Subscription", "acme", { id: "sub_1", outputs: { status, movesOn } });
}
