import type { Secret } from "@tenantry/core/secret";
import { afterAll, beforeAll, expect, test } from "vitest";
import { embeddedEngine } from "../src/engine.ts";
import { TestProject } from "./project.ts";

const engine = embeddedEngine();
let project: TestProject;
beforeAll(async () => {
  project = new TestProject();
  project.write('exports.plain = { deep: 1 }; exports.hidden = pulumi.secret("planted secret");');
  await engine.up(project.spec("other"));
});
afterAll(() => project.remove());

/** A program that reads the other stack and exports its outputs. */
function reading(name: string): string {
  return `
    const other = new pulumi.StackReference("${name}");
    exports.plain = other.getOutput("plain");
    exports.hidden = other.requireOutput("hidden");
    exports.none = other.getOutput("nosuch").apply((value) => value === undefined);`;
}

test.each(["organization/trial/other", "organization/other", "other"])(
  "a stack's outputs are read as %s, secret ones as secrets",
  async (name) => {
    const run = await project.up(reading(name));
    expect(run.result).toBe("succeeded");
    const outputs = (await project.outputs()) ?? {};
    expect(outputs).toMatchObject({ plain: { deep: 1 }, none: true });
    expect((outputs.hidden as Secret).reveal()).toBe('"planted secret"');
    expect(project.stateText).not.toContain("planted secret");
  },
);

test("a preview and a refresh read it too", async () => {
  expect((await project.preview()).result).toBe("succeeded");
  expect((await project.refresh()).result).toBe("succeeded");
});

test("a missing stack fails the run", async () => {
  const run = await project.up(reading("organization/trial/nosuch"));
  expect(run.result).toBe("failed");
  expect(run.diagnostics[0]?.message).toBe('unknown stack "organization/trial/nosuch"');
});

test("a reference to a resource is resolved", async () => {
  const run = await project.up(`
    const a = new Thing("a", { value: "x" });
    exports.id = pulumi.output(a.urn).apply((urn) =>
      pulumi.runtime.invoke("pulumi:pulumi:getResource", { urn }).then((found) => found.id));`);
  expect(run.diagnostics).toEqual([]);
  expect((await project.outputs())?.id).toMatch(/^a-/);
});
