import { expect, test } from "vitest";
import type { StackChanges, Step } from "../../src/changes/stack.ts";
import { changePlan } from "../../src/plan/build.ts";

const ROW = "urn:pulumi:tiny.acme::tenants::tenantry:control-plane:Organization::acme-control-plane";
const SUBSCRIPTION = "urn:pulumi:tiny.acme::tenants::tenantry:stripe:Subscription::acme-subscription";

function step(urn: string, path: string, before: string, after: string): Step {
  return {
    action: "update",
    urn,
    type: urn.split("::")[2] ?? "",
    name: urn.split("::")[3] ?? "",
    id: "1",
    parent: null,
    component: false,
    protected: false,
    status: "planned",
    changes: [{ path, segments: [path], kind: "update", replaces: false, before, after }],
  };
}

test("the event of another plan says what the organization gains and loses", () => {
  const changes: StackChanges = {
    stack: "tiny.acme",
    steps: [
      step(SUBSCRIPTION, "price", "tiny--team--monthly--usd-4900", "tiny--team@2--monthly--usd-5900"),
      step(ROW, "plan", "team", "team@2"),
    ],
    outputs: [],
    summary: { update: 2 },
    problems: [],
    removals: [],
    planMove: {
      from: "team",
      to: "team@2",
      gains: [
        { kind: "entitlement", name: "workspaces", before: 3, after: null },
        { kind: "entitlement", name: "perWorkspaceAccess", before: false, after: true },
      ],
      losses: [{ kind: "credits", name: "data", before: 5000, after: 400 }],
    },
  };
  const { platforms } = changePlan([{ outcome: "changes", changes, model: null }]);
  expect(platforms[0]?.organizations[0]?.events).toMatchObject([
    {
      text: "changes the plan: team, 49 usd → team@2, 59 usd a month, immediately",
      danger: "money",
      details: [
        { path: "gains.workspaces", before: "3", after: "unlimited" },
        { path: "gains.perWorkspaceAccess", before: "no", after: "yes" },
        { path: "loses.credits.data", before: "5,000", after: "400" },
      ],
    },
  ]);
});
