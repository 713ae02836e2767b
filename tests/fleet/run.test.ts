import { UserError } from "@tenantry/core/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyFleet } from "../../src/fleet/apply.ts";
import { planOf } from "../../src/fleet/report.ts";
import {
  clearPendingCreates,
  destroyFleet,
  previewFleet,
  type StackResult,
  upFleet,
} from "../../src/fleet/run.ts";
import { view } from "../changes/events.ts";
import { fleetOf, type Script, scriptedEngine, stackOf } from "./scripted-engine.ts";

const FLEET = { agntdata: ["acme", "beta"], camelai: ["sol"] };

const outcomes = (results: readonly StackResult[]) =>
  Object.fromEntries(results.map((result) => [result.stack, result.outcome]));

/** Previews and applies, as `up` does. */
async function up(script: Script, fleet = fleetOf(FLEET)) {
  const { engine, log } = scriptedEngine(script);
  const options = { engine, parallel: 3 };
  const previews = await previewFleet(fleet, options);
  return { results: await applyFleet(fleet, previews, options), log };
}

describe("applying a fleet", () => {
  test("runs a platform's own stack before its organizations, at any parallelism", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.dictionary(fc.constantFrom("p", "q", "r"), fc.uniqueArray(fc.constantFrom("a", "b", "c", "d")), {
          minKeys: 1,
        }),
        async (parallel, platforms) => {
          const { engine, log } = scriptedEngine({ during: () => new Promise(setImmediate) });
          await upFleet(fleetOf(platforms), { engine, parallel });
          for (const [platform, organizations] of Object.entries(platforms))
            for (const organization of organizations)
              expect(log.indexOf(`end up ${platform}.platform`)).toBeLessThan(
                log.indexOf(`up ${platform}.${organization}`),
              );
        },
      ),
      { numRuns: 30 },
    );
  });

  test("runs as many stacks in parallel as allowed, and no more", async () => {
    let running = 0;
    let most = 0;
    const during = async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running -= 1;
    };
    const { engine } = scriptedEngine({ during });
    const organizations = Array.from({ length: 12 }, (_, index) => `org-${index}`);
    await upFleet(fleetOf({ agntdata: organizations }), { engine, parallel: 4 });
    expect(most).toBe(4);
  });

  test("continues with other organizations when one fails", async () => {
    const { results } = await up({ throwing: { "agntdata.acme": new Error("boom") } });
    expect(outcomes(results)).toEqual({
      "agntdata.platform": "done",
      "agntdata.acme": "failed",
      "agntdata.beta": "done",
      "camelai.platform": "done",
      "camelai.sol": "done",
    });
  });

  test("reports the previewed changes that a failed run didn't reach", async () => {
    const fleet = fleetOf({ agntdata: ["acme"] });
    const { engine } = scriptedEngine();
    const previews = await previewFleet(fleet, { engine, parallel: 1 });
    const broken = scriptedEngine({ throwing: { "agntdata.acme": new Error("boom") } });
    const results = await applyFleet(fleet, previews, { engine: broken.engine, parallel: 1 });
    const { applied, counts, done } = planOf(fleet, results, "run");
    expect([applied, counts, done]).toEqual([true, { billing: { added: 2 } }, { billing: { added: 1 } }]);
    expect(planOf(fleet, previews, "preview").applied).toBe(false);
  });

  test("starts no organization of a platform whose own stack fails, and all others", async () => {
    const { engine, log } = scriptedEngine({ failing: ["agntdata.platform"] });
    const results = await upFleet(fleetOf(FLEET), { engine, parallel: 3 });
    expect(outcomes(results)).toEqual({
      "agntdata.platform": "failed",
      "agntdata.acme": "not started",
      "agntdata.beta": "not started",
      "camelai.platform": "done",
      "camelai.sol": "done",
    });
    expect(log).not.toContain("up agntdata.acme");
  });

  test("doesn't start an organization if the preview of its platform's stack failed", async () => {
    const { results, log } = await up({ failing: ["agntdata.platform"] });
    expect(outcomes(results)).toMatchObject({
      "agntdata.platform": "failed",
      "agntdata.acme": "not started",
    });
    expect(log.filter((line) => line.startsWith("up agntdata"))).toEqual([]);
  });

  test("skips a stack without changes", async () => {
    const { results, log } = await up({ unchanged: ["agntdata.platform", "agntdata.acme"] });
    expect(outcomes(results)).toMatchObject({ "agntdata.acme": "unchanged", "agntdata.beta": "done" });
    expect(log).not.toContain("up agntdata.acme");
    expect(log).not.toContain("up agntdata.platform");
  });

  test("continues after a failure in a stack without deletions only", async () => {
    const told = new Map<string, boolean | undefined>();
    const { engine } = scriptedEngine({
      deleting: ["agntdata.beta"],
      during: async (verb, stack, options) => void told.set(`${verb} ${stack}`, options?.continueOnError),
    });
    const fleet = fleetOf({ agntdata: ["acme", "beta"] });
    const options = { engine, parallel: 1 };
    await applyFleet(fleet, await previewFleet(fleet, options), options);
    expect(told.get("up agntdata.acme")).toBe(true);
    expect(told.get("up agntdata.beta")).toBe(false);
  });

  test("passes the policy packs to every preview and every run", async () => {
    const held: string[] = [];
    const { engine } = scriptedEngine({
      during: async (verb, stack, options) =>
        void held.push(`${verb} ${stack} ${options?.policyPacks?.map(({ folder }) => folder)}`),
    });
    const options = { engine, parallel: 1, policyPacks: [{ folder: "/packs/guard" }] };
    const fleet = [stackOf("agntdata", null)];
    await applyFleet(fleet, await previewFleet(fleet, options), options);
    expect(held).toEqual(["preview agntdata.platform /packs/guard", "up agntdata.platform /packs/guard"]);
  });

  test("clears the pending creations of existing stacks", async () => {
    const asked: unknown[] = [];
    const { engine } = scriptedEngine({
      recorded: { "agntdata.acme": [view("tenantry:stripe:Customer", "acme", { id: "cus_1" })] },
      unchanged: ["agntdata.acme"],
      during: async (verb, stack, options) => void asked.push([verb, stack, options?.clearPendingCreates]),
    });
    const results = await clearPendingCreates(fleetOf({ agntdata: ["acme", "beta"] }), {
      engine,
      parallel: 3,
    });
    expect(asked).toEqual([["refresh", "agntdata.acme", true]]);
    expect(Object.values(outcomes(results))).toEqual(["unchanged", "unchanged", "unchanged"]);
  });

  test("starts no stack after it was stopped", async () => {
    const controller = new AbortController();
    const { engine, log } = scriptedEngine({ during: async () => controller.abort() });
    const results = await upFleet(fleetOf({ agntdata: ["acme"] }), {
      engine,
      parallel: 1,
      signal: controller.signal,
    });
    expect(log.filter((line) => line.startsWith("up"))).toEqual(["up agntdata.platform"]);
    expect(outcomes(results)).toMatchObject({ "agntdata.acme": "not started" });
  });
});

test("a stack whose tags can't be read runs, and doesn't stop the others", async () => {
  const { engine } = scriptedEngine({ unchanged: ["agntdata.acme"] });
  const damaged: typeof engine = {
    ...engine,
    tags: async (spec) => {
      if (spec.stack === "agntdata.acme")
        throw new UserError("The file is damaged", { remedy: "Delete it." });
      return engine.tags(spec);
    },
  };
  const results = await previewFleet(fleetOf(FLEET), { engine: damaged, parallel: 3 });
  expect(outcomes(results)).toMatchObject({ "agntdata.acme": "unchanged", "agntdata.beta": "changes" });
});

describe("a stack that another run changed after its preview", () => {
  test.each([
    ["a new state", "1", "2"],
    ["a state where there was none", undefined, "1"],
    ["a state that is gone", "1", undefined],
  ])("isn't changed: %s", async (_, before, after) => {
    const script = { revisions: { "agntdata.acme": before } as Record<string, string | undefined> };
    const { engine, log } = scriptedEngine(script);
    const fleet = fleetOf(FLEET);
    const previews = await previewFleet(fleet, { engine, parallel: 3, forApply: true });
    script.revisions["agntdata.acme"] = after;
    const results = await applyFleet(fleet, previews, { engine, parallel: 3 });
    expect(outcomes(results)).toMatchObject({ "agntdata.acme": "failed", "agntdata.beta": "done" });
    expect(log).not.toContain("up agntdata.acme");
    expect(results.flatMap(({ changes }) => changes.problems)).toMatchObject([
      { message: expect.stringContaining("Another run changed this stack after its preview") },
    ]);
  });
});

describe("something removed from the YAML", () => {
  const project = view("tenantry:supabase:Project", "production", {
    id: "ref1",
    inputs: { name: "agntdata--acme--production--12345678" },
  });

  test("refuses the stack of an organization without a manifest, and doesn't run it", async () => {
    const fleet = [stackOf("agntdata", null), stackOf("agntdata", "acme", false)];
    const { results, log } = await up({ recorded: { "agntdata.acme": [project] } }, fleet);
    expect(outcomes(results)).toEqual({ "agntdata.platform": "done", "agntdata.acme": "refused" });
    expect(results[1]?.changes.removals[0]?.organization).toBe("acme");
    expect(log.filter((line) => line.endsWith("agntdata.acme"))).toEqual([]);
  });

  test("refuses the stack of an organization without one of its workspaces; others continue", async () => {
    const { results, log } = await up({ recorded: { "agntdata.acme": [project] } });
    expect(outcomes(results)).toMatchObject({ "agntdata.acme": "refused", "agntdata.beta": "done" });
    expect(results[1]?.changes.removals[0]?.workspace).toBe("production");
    expect(log).not.toContain("up agntdata.acme");
  });
});

describe("destroying a fleet", () => {
  const something = [view("tenantry:stripe:Customer", "acme", { id: "cus_1" })];

  test("destroys organizations before their platform", async () => {
    const recorded = {
      "agntdata.platform": something,
      "agntdata.acme": something,
      "agntdata.beta": something,
    };
    const { engine, log } = scriptedEngine({ recorded });
    await destroyFleet(fleetOf({ agntdata: ["acme", "beta"] }), { engine, parallel: 3 });
    expect(log.at(-2)).toBe("destroy agntdata.platform");
    expect(log.filter((line) => line.startsWith("destroy"))).toHaveLength(3);
  });

  test("keeps the platform if an organization couldn't be destroyed", async () => {
    const recorded = { "agntdata.platform": something, "agntdata.acme": something };
    const { engine } = scriptedEngine({ recorded, failing: ["agntdata.acme"] });
    const results = await destroyFleet(fleetOf({ agntdata: ["acme"] }), { engine, parallel: 3 });
    expect(outcomes(results)).toEqual({ "agntdata.acme": "failed", "agntdata.platform": "not started" });
  });

  test("does nothing for stacks without resources", async () => {
    const { engine, log } = scriptedEngine();
    const results = await destroyFleet(fleetOf({ agntdata: ["acme"] }), { engine, parallel: 3 });
    expect(outcomes(results)).toEqual({ "agntdata.acme": "unchanged", "agntdata.platform": "unchanged" });
    expect(log).toEqual([]);
  });
});

test.each([
  [
    "a user error with its message and remedy",
    new UserError("no key", { remedy: "Set one." }),
    "no key\n  Set one.",
  ],
  ["a bug with its stack trace", new TypeError("x is not a function"), "run.test.ts"],
])("a stack's failure is reported: %s", async (_what, error, expected) => {
  const { engine } = scriptedEngine({ throwing: { "agntdata.acme": error } });
  const [result] = await previewFleet([stackOf("agntdata", "acme")], { engine, parallel: 1 });
  expect(result?.outcome).toBe("failed");
  expect(result?.changes.problems[0]?.message).toContain(expected);
});
