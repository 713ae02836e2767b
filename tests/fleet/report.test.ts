import { describe, expect, test } from "vitest";
import type { Outcome } from "../../src/changes/outcome.ts";
import type { StackChanges, Step } from "../../src/changes/stack.ts";
import { applyFleet } from "../../src/fleet/apply.ts";
import type { FleetStack } from "../../src/fleet/fleet.ts";
import { reportOf } from "../../src/fleet/report.ts";
import type { StackResult } from "../../src/fleet/run.ts";
import type { OrganizationModel } from "../../src/model/model.ts";
import { type Script, scriptedEngine, stackOf } from "./scripted-engine.ts";

const FREE = "shop--free--monthly--usd-0";
const TEAM = "shop--team--monthly--usd-4900";

/** An organization that moves from free to team, and its only database from micro to large. */
function moving(): FleetStack {
  const stack = stackOf("shop", "acme");
  const workspaces = { main: { name: "main", state: "active", project: { compute: "large" } } };
  const model = { ...stack.model, priceLookupKey: TEAM, workspaces } as unknown as OrganizationModel;
  return { ...stack, model };
}

const URN = "urn:pulumi:shop.acme::tenants::tenantry";

function update(type: string, path: string, before: string, after: string): Step {
  const kind = "update" as const;
  return {
    ...{ action: "update", urn: `${URN}:${type}::main`, type: `tenantry:${type}`, name: "main", id: "1" },
    ...{ parent: `${URN}:index:Workspace::main`, component: false, protected: false, status: "planned" },
    changes: [{ path, segments: [path], kind, replaces: false, before, after }],
  };
}

function previewOf(stack: string, outcome: Outcome): StackResult {
  const isOwn = stack.endsWith(".platform");
  const steps = isOwn
    ? []
    : [
        update("stripe:Subscription", "price", FREE, TEAM),
        update("supabase:Project", "compute", "micro", "large"),
      ];
  const changes: StackChanges = { stack, steps, outputs: [], summary: {}, problems: [], removals: [] };
  return { stack, outcome, changes, seconds: 0, skipped: false, revision: null };
}

/** What `up` reports after the previews of the platform and of its organization ended in some way. */
async function costsAfter(own: Outcome, acme: Outcome, script: Script = {}) {
  const fleet = [stackOf("shop", null), moving()];
  const previews = [previewOf("shop.platform", own), previewOf("shop.acme", acme)];
  const { engine } = scriptedEngine(script);
  const results = await applyFleet(fleet, previews, { engine, parallel: 1 });
  const { plan } = reportOf("up", fleet, results, []);
  return {
    outcome: results[1]?.outcome,
    costs: [...plan.revenue, ...plan.infrastructure].map(({ before, after }) => [before, after]),
    done: plan.done,
    applied: plan.applied,
  };
}

describe("after an up, the costs don't change with", () => {
  test.each<[string, Outcome, Outcome, Script, Outcome]>([
    ["a stack that a guard refused", "unchanged", "refused", {}, "refused"],
    ["a stack whose preview failed", "unchanged", "failed", {}, "failed"],
    ["a stack whose platform's preview failed", "failed", "changes", {}, "not started"],
    ["a stack whose platform failed", "changes", "changes", { failing: ["shop.platform"] }, "not started"],
    [
      "a stack that couldn't start",
      "unchanged",
      "changes",
      { throwing: { "shop.acme": new Error("boom") } },
      "failed",
    ],
  ])("%s", async (_, own, acme, script, outcome) => {
    expect(await costsAfter(own, acme, script)).toEqual({
      outcome,
      costs: [
        [0, 0],
        [1_000, 1_000],
      ],
      done: {},
      applied: true,
    });
  });
});

test.each<[Outcome, string]>([
  ["failed", "an organization whose manifest has errors"],
  ["not started", "an organization whose platform has errors"],
])("an organization that wasn't read has no known price: %s", (outcome, what) => {
  const { changes, ...result } = previewOf("shop.acme", outcome);
  const { plan } = reportOf("up", [], [{ ...result, changes: { ...changes, steps: [] } }], []);
  expect(plan.notPriced).toEqual([{ what, number: 1 }]);
});

test("an organization without a manifest is named as removed", () => {
  const { changes, ...result } = previewOf("shop.acme", "refused");
  const fleet = [stackOf("shop", "acme", false)];
  const { plan } = reportOf("preview", fleet, [{ ...result, changes: { ...changes, steps: [] } }], []);
  expect(plan.notPriced).toEqual([{ what: "a removed organization", number: 1 }]);
});
