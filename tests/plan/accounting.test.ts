import fc from "fast-check";
import { expect, test } from "vitest";
import type { PropertyChange } from "../../src/changes/property-change.ts";
import type { Action, StackChanges, Step } from "../../src/changes/stack.ts";
import { changePlan } from "../../src/plan/build.ts";
import type { Happening } from "../../src/plan/plan.ts";
import { WORDS, wordsOf } from "../../src/plan/words/of.ts";
import { registry } from "../../src/provider/registry.ts";

const ORGANIZATION = "urn:pulumi:tiny.acme::tenants::tenantry:index:Organization::acme";
const WORKSPACES = ["production", "staging"].map(
  (name) => `${ORGANIZATION.replace("::acme", "")}$tenantry:index:Workspace::${name}`,
);
const TYPES = [
  ...Object.keys(registry).map((type) => `tenantry:${type}`),
  "postgresql:index/grant:Grant",
  "aws:s3/bucket:Bucket",
  "pulumi:providers:postgresql",
];

/** The properties that the words know, and some that they don't. */
const PROPERTIES = [
  ...["state", "members", "invitations", "wallets", "apps", "workspaces", "plan", "limits", "access", "keys"],
  ...["tokens", "tables", "functions", "migrations", "definitions", "secrets", "sources", "price", "trial"],
  ...[
    "compute",
    "name",
    "open",
    "drift",
    "api",
    "network",
    "roles",
    "derivedFrom",
    "unheardOf",
    "constructor",
  ],
];

const value = fc.oneof(
  fc.constantFrom("active", "suspended", "archived", "deleted", "tiny--team--monthly--usd-4900", "[unknown]"),
  fc.integer(),
  fc.boolean(),
  fc.array(fc.string(), { maxLength: 2 }),
  fc.dictionary(
    fc.string({ maxLength: 5 }),
    fc.record({ role: fc.constantFrom("owner", "admin", "member") }),
    {
      maxKeys: 3,
      noNullPrototype: true,
    },
  ),
);

const propertyChange = fc
  .record({
    property: fc.constantFrom(...PROPERTIES),
    within: fc.array(fc.constantFrom("ada@acme.example", "role", "x", "__proto__"), { maxLength: 2 }),
    kind: fc.constantFrom("add" as const, "update" as const, "delete" as const),
    before: value,
    after: value,
  })
  .map(({ property, within, kind, before, after }): PropertyChange => {
    const segments = [property, ...within];
    const sides = { ...(kind === "add" ? {} : { before }), ...(kind === "delete" ? {} : { after }) };
    return { path: segments.join("."), segments, kind, replaces: false, ...sides };
  });

const step = fc
  .record({
    type: fc.constantFrom(...TYPES),
    action: fc.constantFrom<Action>("create", "update", "replace", "delete", "import", "same"),
    parent: fc.constantFrom(ORGANIZATION, ...WORKSPACES, null),
    changes: fc.array(propertyChange, { maxLength: 4 }),
    name: fc.nat(),
  })
  .map(
    ({ type, name, ...rest }): Step => ({
      ...{ type, name: `resource-${name}`, ...rest },
      urn: `urn:pulumi:tiny.acme::tenants::${type}::${name}`,
      id: null,
      component: false,
      protected: false,
      status: "planned",
    }),
  );

const stack = fc.array(step, { maxLength: 12 }).map((all): StackChanges => {
  const steps = [...new Map(all.map((each) => [each.urn, each])).values()];
  return { stack: "tiny.acme", steps, outputs: [], summary: {}, problems: [], removals: [] };
});

function happeningsOf(changes: StackChanges): Happening[] {
  const { platforms } = changePlan([{ outcome: "changes", changes, model: null }]);
  return platforms.flatMap(({ organizations }) =>
    organizations.flatMap((organization) => [organization, ...organization.workspaces]),
  );
}

test("each changing step is part of an event or listed under other changes, and no other step is", () => {
  fc.assert(
    fc.property(stack, (changes) => {
      const told = happeningsOf(changes).flatMap(({ events, other }) => [
        ...events.flatMap(({ resources }) => resources),
        ...other.map(({ urn }) => urn),
      ]);
      const changing = changes.steps.filter(({ action }) => action !== "same").map(({ urn }) => urn);
      expect(new Set(told)).toEqual(new Set(changing));
    }),
  );
});

test("a property that no event knows is listed under other changes, unless the whole thing comes or goes", () => {
  fc.assert(
    fc.property(step, (made) => {
      const change: PropertyChange = {
        ...{ path: "unheardOf", segments: ["unheardOf"], kind: "update", replaces: false },
        ...{ before: 1, after: 2 },
      };
      const known: Step = { ...made, type: "tenantry:control-plane:Organization", action: "update" };
      const changes = { steps: [{ ...known, changes: [...known.changes, change] }] };
      const all = { stack: "tiny.acme", outputs: [], summary: {}, problems: [], removals: [], ...changes };
      const other = happeningsOf(all).flatMap((happening) => happening.other);
      expect(other.flatMap((each) => each.changes)).toContainEqual(change);
    }),
  );
});

test("no sentence and no name of a resource is a type token", () => {
  fc.assert(
    fc.property(stack, (changes) => {
      for (const { events, other } of happeningsOf(changes)) {
        for (const { text } of events) expect(text).not.toMatch(/tenantry:|postgresql:|index\//);
        for (const { resource } of other) expect(resource).not.toContain(":");
      }
    }),
  );
});

test("each resource of the provider has words of its own", () => {
  expect(Object.keys(WORDS).sort()).toEqual(Object.keys(registry).sort());
  const nouns = Object.keys(registry).map((type) => wordsOf(`tenantry:${type}`).noun);
  expect(new Set(nouns).size).toBe(nouns.length);
});
