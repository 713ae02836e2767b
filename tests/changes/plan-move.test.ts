import { expect, test } from "vitest";
import { planMove } from "../../src/changes/plan-move.ts";
import type { Step } from "../../src/changes/stack.ts";
import type { OrganizationModel, PlanModel } from "../../src/model/model.ts";

const NONE = {
  workspaces: 1,
  seats: 5,
  customDomains: 0,
  rpm: 60,
  webhookEvents: null,
  perWorkspaceAccess: false,
};

function plan(name: string, entitlements: Partial<PlanModel["entitlements"]>, credits: PlanModel["credits"]) {
  return { name, entitlements: { ...NONE, ...entitlements }, credits } as PlanModel;
}

const launch = plan("launch", {}, { data: 5000, ai: 10 });
const second = plan(
  "launch@2",
  { workspaces: null, seats: 4, webhookEvents: 9, perWorkspaceAccess: true },
  { data: 6000, video: 1 },
);
const PLANS = { launch, "launch@2": second };

function changeOf(before: string, after: string, path = "plan"): Step {
  return {
    action: "update",
    type: "tenantry:control-plane:Organization",
    changes: [{ path, segments: [path], kind: "update", replaces: false, before, after }],
  } as unknown as Step;
}

function moved(steps: readonly Step[], overrides: OrganizationModel["overrides"] = {}) {
  return planMove(steps, { plan: second, overrides } as OrganizationModel, PLANS);
}

test("names every limit and every wallet that rises or falls", () => {
  expect(moved([changeOf("launch", "launch@2")])).toEqual({
    from: "launch",
    to: "launch@2",
    gains: [
      { kind: "entitlement", name: "workspaces", before: 1, after: null },
      { kind: "entitlement", name: "perWorkspaceAccess", before: false, after: true },
      { kind: "credits", name: "data", before: 5000, after: 6000 },
      { kind: "credits", name: "video", before: 0, after: 1 },
    ],
    losses: [
      { kind: "entitlement", name: "seats", before: 5, after: 4 },
      { kind: "entitlement", name: "webhookEvents", before: null, after: 9 },
      { kind: "credits", name: "ai", before: 10, after: 0 },
    ],
  });
});

test("leaves out limits that the organization's overrides replace", () => {
  const names = moved([changeOf("launch", "launch@2")], { seats: 9, webhookEvents: null });
  expect(names?.losses).toEqual([{ kind: "credits", name: "ai", before: 10, after: 0 }]);
});

test.each([
  ["no change of the plan", [changeOf("a", "b", "displayName")]],
  ["a plan that isn't declared any more", [changeOf("gold", "launch@2")]],
  ["no steps", []],
])("is absent for %s", (_, steps) => {
  expect(moved(steps)).toBeUndefined();
});
