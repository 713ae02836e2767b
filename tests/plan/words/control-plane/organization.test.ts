import { expect, test } from "vitest";
import type { PropertyChange } from "../../../../src/changes/property-change.ts";
import type { Action, Step } from "../../../../src/changes/stack.ts";
import { changePlan } from "../../../../src/plan/build.ts";

const COMPONENT = "urn:pulumi:tiny.acme::tenants::tenantry:index:Organization::";

function step(type: string, action: Action, component: string, changes: readonly PropertyChange[]): Step {
  const name = `${component}-${type}`;
  return {
    urn: `urn:pulumi:tiny.acme::tenants::tenantry:index:Organization$tenantry:${type}::${name}`,
    type: `tenantry:${type}`,
    name,
    id: null,
    component: false,
    protected: false,
    status: "planned",
    action,
    parent: COMPONENT + component,
    changes: [...changes],
  };
}

function change(property: string, before: unknown, after: unknown): PropertyChange {
  const kind = before === undefined ? "add" : after === undefined ? "delete" : "update";
  const sides = { ...(kind === "add" ? {} : { before }), ...(kind === "delete" ? {} : { after }) };
  return { path: property, segments: [property], kind, replaces: false, ...sides };
}

/** The sentences of a plan, with its other changes. */
function said(steps: readonly Step[]): string[] {
  const all = { stack: "tiny.acme", outputs: [], summary: {}, problems: [], removals: [], steps };
  const { platforms } = changePlan([{ outcome: "changes", changes: all, model: null }]);
  return platforms
    .flatMap(({ organizations }) => organizations)
    .flatMap(({ events, other }) => [
      ...events.map(({ text }) => text),
      ...other.map(({ resource }) => `other: ${resource}`),
    ]);
}

const TYPES = ["control-plane:Guard", "stripe:Subscription", "control-plane:Organization"];
const ofAll = (before: string | undefined, after: string) =>
  TYPES.map((type) => step(type, "update", "acme", [change("state", before, after)]));

test.each([
  ["suspended", "pauses collecting payments", /^suspends the organization/],
  ["archived", "pauses collecting payments", /^archives the organization/],
  ["deleted", "cancels the subscription", /^deletes the organization/],
])("an organization that becomes %s is told once, with what it pays", (state, payments, life) => {
  const texts = said(ofAll("active", state));
  expect(texts).toHaveLength(2);
  expect(texts).toEqual(expect.arrayContaining([payments, expect.stringMatching(life)]));
});

test("the first state that is recorded opens nothing", () => {
  const [guard, , row] = ofAll(undefined, "active");
  expect(said([guard, row].filter((each) => each !== undefined))).toEqual([
    "records that the organization is active",
  ]);
});

test("the next generation is told as a new organization, which ends nothing", () => {
  const gone = TYPES.map((type) => step(type, "delete", "acme", [change("state", "deleted", undefined)]));
  const created = TYPES.map((type) =>
    step(type, "create", "acme@12345678", [
      change("state", undefined, "active"),
      change("plan", undefined, "team"),
      change("price", undefined, "tiny--team--monthly--usd-4900"),
    ]),
  );
  expect(said([...created, ...gone])).toEqual(
    expect.arrayContaining([
      "creates the organization on the plan team",
      "subscribes to team, 49 usd a month",
    ]),
  );
  expect(said([...created, ...gone]).join()).not.toMatch(/ends the subscription/);
});
