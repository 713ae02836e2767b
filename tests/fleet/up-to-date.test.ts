import { describe, expect, test } from "vitest";
import { applyFleet } from "../../src/fleet/apply.ts";
import type { FleetStack } from "../../src/fleet/fleet.ts";
import { type FleetOptions, previewFleet } from "../../src/fleet/run.ts";
import { view } from "../changes/events.ts";
import { fleetOf, type Script, scriptedEngine, stackOf } from "./scripted-engine.ts";

const STACK = "agntdata.acme";
const settled = view("tenantry:stripe:Customer", "acme", { id: "cus_1" });

/** The recorded state and tags that two runs share. */
function backend(): Required<Pick<Script, "recorded" | "tags">> {
  return { recorded: { [STACK]: [settled] }, tags: new Map() };
}

async function up(script: Script, fleet: readonly FleetStack[] = fleetOf({ agntdata: ["acme"] })) {
  const { engine } = scriptedEngine(script);
  const options = { engine, parallel: 2 };
  return applyFleet(fleet, await previewFleet(fleet, { ...options, forApply: true }), options);
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
  test("after a run that applied its changes", async () => {
    const common = backend();
    await up(common);
    expect(await isSkipped(common)).toBe(true);
  });

  test("after a run without changes", async () => {
    const common = backend();
    await up({ ...common, unchanged: [STACK] });
    expect(await isSkipped(common)).toBe(true);
  });

  test("after plain pulumi applied its changes, and an up found none", async () => {
    const common = backend();
    await up(common);
    const written = { ...common, revision: "written by pulumi" };
    expect(await isSkipped(written)).toBe(false);
    await up({ ...written, unchanged: [STACK] });
    expect(await isSkipped(written)).toBe(true);
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

describe("an organization isn't skipped", () => {
  const acme = stackOf("agntdata", "acme");
  test.each<
    [string, { before?: Script; next?: Script; stack?: FleetStack; options?: Partial<FleetOptions> }]
  >([
    ["if it was never created", { before: { failing: ["agntdata.platform"] } }],
    ["if its last run failed", { before: { failing: [STACK] } }],
    ["if its last run warned", { before: { warning: [STACK] } }],
    ["if its program's input changed", { stack: { ...acme, digest: "another" } }],
    ["if its state was written since", { next: { revision: "2" } }],
    ["if its state was removed", { next: { recorded: {} } }],
    ["if it waits for a payment", { before: { recorded: { [STACK]: [subscription("incomplete")] } } }],
    ["if a payment is late", { before: { recorded: { [STACK]: [subscription("past_due")] } } }],
    [
      "if its subscription's period has ended",
      { before: { recorded: { [STACK]: [subscription("active", -1)] } } },
    ],
    ["with --no-skip", { options: { skip: false } }],
    ["with --refresh", { options: { refresh: true } }],
    ["with policy packs", { options: { policyPacks: [{ folder: "/packs/guard" }] } }],
    ["if it was removed from the YAML", { stack: stackOf("agntdata", "acme", false) }],
  ])("%s", async (_, { before = {}, next = {}, stack, options }) => {
    const common = backend();
    await up({ ...common, ...before });
    expect(await isSkipped({ ...common, ...next }, stack, options)).toBe(false);
  });
});

test("a state that was written after its preview isn't marked", async () => {
  const common = backend();
  const revisions: Record<string, string> = { [STACK]: "previewed" };
  const during = async (verb: string, stack: string) => {
    if (verb === "preview" && stack === STACK) revisions[STACK] = "written by pulumi";
  };
  await up({ ...common, revisions, during, unchanged: [STACK] });
  expect(await isSkipped({ ...common, revisions })).toBe(false);
});

/** @param days the number of days until the next period */
function subscription(status: string, days = 30) {
  const movesOn = new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString();
  return view("tenantry:stripe:Subscription", "acme", { id: "sub_1", outputs: { status, movesOn } });
}
