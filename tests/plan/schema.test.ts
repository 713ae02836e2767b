import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { changesIn } from "../../src/changes/stack.ts";
import { changePlan } from "../../src/plan/build.ts";
import { EVENT_ACTIONS, GUARD_KINDS, PLAN_VERSION, SUBJECTS, VERDICTS } from "../../src/plan/plan.ts";
import { planned, said, step, view } from "../changes/events.ts";
import { planWith } from "../cli/render/hostile.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const schema = JSON.parse(readFileSync(join(DOCS, "plan.schema.json"), "utf8"));
const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema);

const project = view("tenantry:supabase:Project", "production-project", {
  parent:
    "urn:pulumi:agntdata.acme::tenants::tenantry:index:Organization$tenantry:index:Workspace::production",
});

/** An organization that loses people, its database and its plan. */
const plan = changePlan(
  [
    {
      outcome: "changes",
      model: null,
      changes: changesIn("agntdata.acme", [
        planned(
          step(
            "update",
            view("tenantry:control-plane:Organization", "acme", {
              inputs: {
                members: { "ada@acme.example": { role: "owner" }, "bob@acme.example": { role: "member" } },
              },
            }),
            view("tenantry:control-plane:Organization", "acme", {
              inputs: { members: { "ada@acme.example": { role: "owner" } } },
            }),
          ),
        ),
        planned(
          step(
            "update",
            view("tenantry:stripe:Subscription", "acme", {
              inputs: { price: "x--launch--monthly--usd-4900" },
            }),
            view("tenantry:stripe:Subscription", "acme", { inputs: { price: "x--build--monthly--usd-0" } }),
          ),
        ),
        planned(step("delete", project, null)),
        said("warning", "careful"),
      ]),
    },
  ],
  planWith("acme").guards,
);

describe("the documented schema of a plan", () => {
  test.each([
    ["a plan with every kind of event", plan],
    ["a plan with typed texts", planWith("<b>")],
    ["an empty plan", changePlan([])],
  ])("accepts %s", (_, document) => {
    validate(JSON.parse(JSON.stringify(document)));
    expect(validate.errors).toBe(null);
  });

  test("refuses a field that it doesn't document", () => {
    expect(validate({ ...changePlan([]), more: 1 })).toBe(false);
  });

  test("names every subject and action, and the version", () => {
    expect(schema.$defs.event.properties.subject.enum).toEqual(SUBJECTS);
    expect(schema.$defs.event.properties.action.enum).toEqual(EVENT_ACTIONS);
    expect(schema.$defs.guard.properties.kind.enum).toEqual(GUARD_KINDS);
    expect(schema.$defs.guard.properties.verdict.enum).toEqual(VERDICTS);
    expect(schema.properties.version.const).toBe(PLAN_VERSION);
  });
});

const hasJq = spawnSync("jq", ["--version"]).status === 0;

test.skipIf(!hasJq)("the documented jq examples work", () => {
  const examples = [...readFileSync(join(DOCS, "plan.md"), "utf8").matchAll(/```jq\n([\s\S]*?)```/g)];
  const input = JSON.stringify({ plan });
  const results = examples.map(([, filter = ""]) =>
    execFileSync("jq", ["--compact-output", filter], { input, encoding: "utf8" }).trim(),
  );
  expect(results).toEqual([
    "1",
    [
      '"agntdata.acme: changes the plan: launch, 49 usd → build, 0 usd a month, when the paid period ends"',
      '"agntdata.acme: deletes the workspace and its database (rows not counted, no archive)"',
    ].join("\n"),
    '["acme"]',
    '"acme: acme"',
    "true",
  ]);
});
