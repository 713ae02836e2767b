import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestProject } from "./project.ts";

/** A pack in plain JavaScript, with the packages that the tests have anyway. */
const PACK = `
const { PolicyPack } = require("@pulumi/policy");
const say = (word) => (args, report) => {
  if (args.props.value === word) report("the value is " + word);
};
new PolicyPack("trial", {
  policies: [
    { name: "no-bad", description: "Nothing bad.", enforcementLevel: "mandatory", validateResource: say("bad") },
    { name: "no-odd", description: "Nothing odd.", enforcementLevel: "advisory", validateResource: say("odd") },
    {
      name: "mended",
      description: "Mended.",
      enforcementLevel: "remediate",
      remediateResource: (args) => (args.props.value === "broken" ? { ...args.props, value: "mended" } : undefined),
    },
    {
      name: "few",
      description: "At most two things.",
      enforcementLevel: "mandatory",
      validateStack: (args, report) => {
        if (args.resources.filter(({ type }) => type === "test:index:Thing").length > 2) report("too many");
      },
    },
  ],
});`;

let project: TestProject;
let policyPacks: string[];
beforeAll(() => {
  project = new TestProject();
  const folder = join(project.folder, "pack");
  mkdirSync(folder);
  writeFileSync(join(folder, "PulumiPolicy.yaml"), "runtime: nodejs\n");
  writeFileSync(join(folder, "package.json"), '{ "name": "pack", "version": "1.0.0", "type": "commonjs" }');
  writeFileSync(join(folder, "index.js"), PACK);
  policyPacks = [folder];
});
afterAll(() => project.remove());

test("a mandatory policy stops a run before the resource that violates it", async () => {
  const run = await project.up('new Thing("a", { value: "bad" });', { policyPacks });
  expect(run.result).toBe("failed");
  expect(run.diagnostics[0]).toMatchObject({
    severity: "error",
    message: expect.stringMatching(/^no-bad: .*the value is bad/s),
    urn: expect.stringContaining("::a"),
  });
  expect(project.calls()).toEqual([]);
});

test("a preview shows every violation, and fails", async () => {
  project.write('new Thing("a", { value: "bad" }); new Thing("b", { value: "bad" });');
  const run = await project.preview({ policyPacks });
  expect(run).toMatchObject({ result: "failed", changes: { create: 2, same: 1 } });
  expect(run.diagnostics.map(({ urn }) => urn?.split("::").at(-1)).toSorted()).toEqual(["a", "b"]);
});

test("an advisory policy warns, and a remedy is made", async () => {
  const body = 'new Thing("a", { value: "odd" }); new Thing("b", { value: "broken" });';
  const run = await project.up(body, { policyPacks });
  expect(run.result).toBe("succeeded");
  expect(run.diagnostics).toEqual([
    expect.objectContaining({ severity: "warning", message: expect.stringContaining("no-odd: ") }),
  ]);
  expect(project.resource("b")?.inputs).toEqual({ value: "mended" });
});

test("the stack as a whole is judged when it is done", async () => {
  const run = await project.up('for (const name of ["a", "b", "c"]) new Thing(name, {});', { policyPacks });
  expect(run.result).toBe("failed");
  expect(run.diagnostics.map(({ message }) => message).join()).toContain("few: ");
  expect(project.resource("c")).toBeDefined();
});

test("a folder without a pack is refused", async () => {
  await expect(project.up("", { policyPacks: [project.backend] })).rejects.toThrow("no PulumiPolicy.yaml");
});
