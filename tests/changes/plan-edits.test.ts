import { expect, test } from "vitest";
import { planEdits } from "../../src/changes/plan-edits.ts";
import type { Step } from "../../src/changes/stack.ts";
import type { OrganizationModel, PlanModel } from "../../src/model/model.ts";

const PLANS = { free: {}, launch: {}, "launch@2": {} } as unknown as Record<string, PlanModel>;
const on = (name: string, plan: string) => ({ name, plan: { name: plan } }) as OrganizationModel;
const ORGANIZATIONS = [on("acme", "launch"), on("beta", "launch"), on("gamma", "launch@2")];

function editOf(...paths: readonly (readonly string[])[]): Step[] {
  const changes = paths.map((segments) => ({ segments, path: segments.join("."), kind: "update" }));
  return [{ action: "update", type: "tenantry:control-plane:Catalogue", changes } as unknown as Step];
}

test.each([
  [
    "a limit",
    [["plans", "launch", "limits", "rpm"]],
    ["launch changes for every organization on it: acme, beta"],
  ],
  [
    "credits",
    [["plans", "launch", "credits", "data"]],
    ["launch changes for every organization on it: acme, beta"],
  ],
  [
    "the price of a version",
    [["plans", "launch@2", "monthlyAmount"]],
    ["launch@2 changes for every organization on it: gamma"],
  ],
  [
    "two plans",
    [
      ["plans", "launch", "limits", "rpm"],
      ["plans", "launch", "limits", "seats"],
      ["plans", "launch@2", "credits", "data"],
    ],
    ["launch changes", "launch@2 changes"],
  ],
  ["a plan that nobody is on", [["plans", "free", "limits", "rpm"]], []],
  ["a display name", [["plans", "launch", "displayName"]], []],
  ["a new version", [["plans", "launch@2"]], []],
  ["the trial", [["trial", "days"]], []],
])("an edit of %s names who is affected, and the version to declare instead", (_, paths, expected) => {
  const messages = planEdits(editOf(...paths), PLANS, ORGANIZATIONS).map(({ message }) => message);
  expect(messages).toEqual(expected.map((text) => expect.stringContaining(text)));
  for (const message of messages) expect(message).toContain("declare launch@3.");
});

test("an edit is reported without names if the manifests of organizations weren't read", () => {
  const [warning] = planEdits(editOf(["plans", "launch", "limits", "rpm"]), PLANS, undefined);
  expect(warning?.message).toMatch(/^the plan launch changes for every organization on it\n/);
});
