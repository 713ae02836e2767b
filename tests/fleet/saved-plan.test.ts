import { Secret } from "@tenantry/core/secret";
import { describe, expect, test } from "vitest";
import { changesIn } from "../../src/changes/stack.ts";
import type { FleetStack } from "../../src/fleet/fleet.ts";
import type { StackResult } from "../../src/fleet/run.ts";
import { differencesFromPlan, makePlan } from "../../src/fleet/saved-plan.ts";
import { guardPolicy } from "../../src/guards/policy.ts";
import { planned, step, view } from "../changes/events.ts";

const STACK: FleetStack = {
  spec: { projectFolder: "", stack: "agntdata.acme", backendUrl: "", passphrase: new Secret(""), env: {} },
  ...{ platform: "agntdata", organization: "acme", model: null, plans: {}, digest: undefined },
  guards: guardPolicy(undefined, "2026-11-22"),
};
const INPUT = { fleet: [STACK], platforms: new Map(), sources: new Map(), refresh: false };

type Inputs = Readonly<Record<string, unknown>>;

/** A preview that updates one resource for each entry: its type, its inputs before, and its inputs after. */
function preview(...updates: readonly (readonly [string, Inputs, Inputs])[]): StackResult {
  const events = updates.map(([type, before, after]) => {
    const name = `acme-${type.split(":").at(-1)?.toLowerCase()}`;
    const of = (inputs: Inputs) => view(`tenantry:${type}`, name, { id: "x", inputs });
    return planned(step("update", of(before), of(after)));
  });
  const changes = changesIn("agntdata.acme", events);
  return { stack: "agntdata.acme", outcome: "changes", changes, seconds: 0, skipped: false };
}

const members = (...emails: readonly string[]) => ({
  members: Object.fromEntries(emails.map((email) => [email, { role: "member" }])),
});
const people = (before: Inputs, after: Inputs) => ["control-plane:Organization", before, after] as const;
const NAME = ["stripe:Customer", { name: "A" }, { name: "B" }] as const;

describe("differences from a saved plan are told in the words of the domain", () => {
  test.each<[string, StackResult, StackResult, readonly string[]]>([
    [
      "a change that is gone",
      preview(NAME, people(members("ada@x.example"), members())),
      preview(people(members("ada@x.example"), members())),
      ["agntdata.acme: the customer in Stripe acme-customer no longer changes"],
    ],
    [
      "a change that is new",
      preview(NAME),
      preview(NAME, people(members("ada@x.example"), members())),
      ["agntdata.acme: now also removes ada@x.example (member)"],
    ],
    [
      "another change of the same resource",
      preview(people(members("ada@x.example"), members())),
      preview(people(members("bob@x.example"), members())),
      [
        "agntdata.acme: the record of the organization acme-organization changes differently: removes bob@x.example (member)",
      ],
    ],
    [
      "an operation that no event describes",
      preview(NAME),
      preview(NAME, ["unknown:Thing", { a: 1 }, { a: 2 }]),
      ["agntdata.acme: the thing acme-thing changes now"],
    ],
  ])("%s", (_, approved, now, expected) => {
    const plan = makePlan([approved], INPUT, new Date(0));
    expect(differencesFromPlan(plan, [now], INPUT)).toEqual(expected);
  });
});
