import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cascadeReplacements } from "../src/cascade-replacements.ts";
import type { ResourceState } from "../src/resource-state.ts";
import { recorder, TestProject } from "./project.ts";
import { emptyState } from "./states.ts";

function urn(name: string): string {
  return `urn:pulumi:dev::trial::test:index:Thing::${name}`;
}

function state(name: string, needs: Partial<ResourceState> = {}): ResourceState {
  return { ...emptyState(urn(name)), id: name, ...needs };
}

/** A resource that uses a property of another. */
function made(name: string, from: string): ResourceState {
  return state(name, { inputs: { value: "x" }, propertyDependencies: { value: [urn(from)] } });
}

describe("with a resource that is deleted before its replacement, the run deletes", () => {
  const root = state("root");
  const always = async () => true;
  const never = async () => false;

  test.each<[string, readonly ResourceState[], () => Promise<boolean>, readonly string[]]>([
    [
      "dependents that the change would replace, in reverse order",
      [made("a", "root"), made("b", "a")],
      always,
      ["b", "a"],
    ],
    ["no dependents that can be updated", [made("a", "root"), made("b", "a")], never, []],
    ["no dependents without a property of it", [state("a", { dependencies: [urn("root")] })], always, []],
    ["resources with `deletedWith`", [state("a", { deletedWith: urn("root") })], never, ["a"]],
    ["resources with `replaceWith`", [state("a", { replaceWith: [urn("root")] })], never, ["a"]],
    ["resources of a provider", [state("a", { provider: `${urn("root")}::root` })], never, ["a"]],
    ["no components", [{ ...made("a", "root"), custom: false }], always, []],
    ["no external resources", [{ ...made("a", "root"), external: true }], always, []],
  ])("%s", async (_, others, wouldReplace, expected) => {
    const found = await cascadeReplacements(root, [root, ...others], () => false, wouldReplace);
    expect(found.map(({ id }) => id)).toEqual(expected);
  });

  test("no resources that the run has already decided", async () => {
    const a = made("a", "root");
    expect(await cascadeReplacements(root, [root, a], (name) => name === a.urn, always)).toEqual([]);
  });
});

describe("a run that deletes before it replaces", () => {
  let project: TestProject;
  beforeAll(() => {
    project = new TestProject();
  });
  afterAll(() => project.remove());

  /** The second is replaced whenever the id of the first changes; the third is updated. */
  const body = (kind: string, options = "{ deleteBeforeReplace: true }") => `
    const a = new Thing("a", { kind: "${kind}" }, ${options});
    const b = new Thing("b", { kind: a.id });
    new Thing("c", { value: b.id });`;

  test("deletes dependents too, and creates them again after it", async () => {
    await project.up(body("x"));
    project.calls();
    const { events, onEvent } = recorder();
    const run = await project.up(body("y"), { onEvent });
    expect(run).toMatchObject({ result: "succeeded", changes: { replace: 2, update: 1, same: 1 } });
    expect(project.calls()).toEqual(["delete b", "delete a", "create a", "create b", "update c"]);
    const ops = events.flatMap(({ resourcePreEvent: event }) =>
      event?.metadata.urn.endsWith("::a") ? [event.metadata.op] : [],
    );
    expect(ops).toEqual(["delete-replaced", "replace", "create-replacement"]);
    expect(project.stateText).not.toContain("pendingReplacement");
  });

  test("previews the same steps", async () => {
    project.write(body("z"));
    expect((await project.preview()).changes).toEqual({ replace: 2, update: 1, same: 1 });
    expect(project.calls()).toEqual([]);
  });

  test("creates resources that an earlier run deleted and didn't create again", async () => {
    project.fault({ "create a": "fail" });
    expect((await project.up()).result).toBe("failed");
    expect(project.calls()).toEqual(["delete b", "delete a", "create a"]);
    project.fault({});
    expect((await project.up()).result).toBe("succeeded");
    expect(project.calls()).toEqual(["create a", "create b", "update c"]);
  });

  test("refuses to delete protected resources", async () => {
    const guarded = (kind: string) =>
      body(kind).replace("{ kind: a.id }", "{ kind: a.id }, { protect: true }");
    await project.up(guarded("z"));
    project.calls();
    const run = await project.up(guarded("w"));
    expect(run.result).toBe("failed");
    expect(run.diagnostics[0]?.message).toMatch(/unable to replace resource ".*::b" as part of replacing/);
    expect(project.calls()).toEqual([]);
    await project.up(body("z"));
  });

  test("the program's option overrides the provider's", async () => {
    await project.up(
      body("v", "{ deleteBeforeReplace: false }").replace('kind: "v"', 'kind: "v", first: "delete"'),
    );
    expect(project.calls()).toEqual(["create a", "create b", "update c", "delete b", "delete a"]);
  });
});

describe("replacements that the program requests", () => {
  let project: TestProject;
  beforeAll(() => {
    project = new TestProject();
  });
  afterAll(() => project.remove());

  const body = (trigger: string, kind: string) => `
    const a = new Thing("a", { kind: "${kind}" }, { replacementTrigger: ${trigger} });
    new Thing("b", {}, { replaceWith: [a] });`;

  test("a changed trigger replaces the resource, and those with `replaceWith`", async () => {
    await project.up(body('pulumi.secret("planted one")', "x"));
    expect(project.stateText).not.toContain("planted");
    expect(JSON.parse(project.stateText)).toMatchObject({ version: 4, features: ["replaceWith"] });
    project.calls();
    expect((await project.up()).changes).toEqual({ same: 3 });
    const run = await project.up(body('"two"', "x"));
    expect(run.changes).toEqual({ replace: 2, same: 1 });
    expect(project.calls()).toEqual(["create a", "create b", "delete b", "delete a"]);
  });

  test("an added or removed trigger changes nothing", async () => {
    expect((await project.up(body("undefined", "x"))).changes).toEqual({ same: 3 });
  });
});
