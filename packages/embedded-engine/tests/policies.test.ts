import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PolicyPackSource } from "../src/interface.ts";
import { writePack } from "./policy-pack.ts";
import { TestProject } from "./project.ts";

/** Behavior of the embedded engine only. `tests/conformance` compares policies on both engines. */
const PACK = `{
  policies: [
    {
      name: "no-bad",
      description: "Nothing bad.",
      enforcementLevel: "mandatory",
      configSchema: { properties: { word: { type: "string", default: "quite bad" } } },
      validateResource: (args, report) => {
        if (args.props.value === args.getConfig().word) report("the value is " + args.props.value);
      },
    },
    {
      name: "mended",
      description: "Mended.",
      enforcementLevel: "remediate",
      remediateResource: (args) => (args.props.value === "broken" ? { ...args.props, value: "mended" } : undefined),
    },
    {
      name: "few",
      description: "At most two things.",
      enforcementLevel: "advisory",
      validateStack: (args, report) => {
        if (args.resources.filter(({ type }) => type === "test:index:Thing").length > 2) report("too many");
      },
    },
  ],
}`;

let project: TestProject;
let policyPacks: PolicyPackSource[];
beforeAll(() => {
  project = new TestProject();
  policyPacks = [{ folder: join(project.folder, "pack") }];
  writePack(join(project.folder, "pack"), PACK);
});
afterAll(() => project.remove());

test("a mandatory policy stops a run before the violating resource, and shows no secret", async () => {
  const run = await project.up('new Thing("a", { value: pulumi.secret("quite bad") });', { policyPacks });
  expect(run).toMatchObject({
    result: "failed",
    diagnostics: [
      {
        severity: "error",
        message: expect.stringMatching(/^no-bad: .*the value is \[secret\]/s),
        urn: expect.stringContaining("::a"),
      },
    ],
  });
  expect(project.calls()).toEqual([]);
});

test("resources are remediated, and the whole stack is checked at the end", async () => {
  const body = 'for (const name of ["a", "b", "c"]) new Thing(name, { value: "broken" });';
  const run = await project.up(body, { policyPacks });
  expect(run).toMatchObject({
    result: "succeeded",
    diagnostics: [
      {
        severity: "warning",
        message: expect.stringContaining("few: "),
        urn: expect.stringContaining("Stack"),
      },
    ],
  });
  expect(project.resource("b")?.inputs).toEqual({ value: "mended" });
});

test.each([
  ["a folder without a pack", "backend", undefined, /no PulumiPolicy\.yaml/],
  [
    "a pack that sets what its policy doesn't take",
    "wrong",
    `${PACK}, { "no-bad": { word: 5 } }`,
    /no-bad\.word: /,
  ],
  ["a pack that can't be loaded", "broken", "{ policies: [nosuch] }", /nosuch is not defined/],
])("%s fails the run before any operation", async (_, name, declared, message) => {
  const folder = join(project.folder, name);
  if (declared !== undefined) writePack(folder, declared);
  const run = await project.up('new Thing("late", {});', { policyPacks: [{ folder }] });
  expect(run).toMatchObject({
    result: "failed",
    changes: {},
    diagnostics: [{ severity: "error", message: expect.stringMatching(message) }],
  });
  expect(project.resource("late")).toBeUndefined();
});
