import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Targets } from "../src/targets.ts";
import { TestProject } from "./project.ts";
import { emptyState } from "./states.ts";

function urn(name: string): string {
  return `urn:pulumi:dev::trial::test:index:Thing::${name}`;
}

describe("a target pattern with", () => {
  test.each<[string, string, boolean]>([
    ["a whole URN", urn("a"), true],
    ["another URN", urn("b"), false],
    ["anything", "**", true],
    ["a matching end", "**::a", true],
    ["another end", "**::b", false],
    ["one part", "urn:pulumi:dev::*::test:index:Thing::a", true],
    ["more than one part by a single star", "urn:pulumi:*::a", false],
    ["a dot, which is only a dot", "**:index.Thing::a", false],
  ])("%s", (_, pattern, expected) => {
    expect(new Targets([pattern], false).covers(emptyState(urn("a")))).toBe(expected);
  });

  test("no targets means all resources", () => {
    expect(new Targets([], false).covers(emptyState(urn("a")))).toBe(true);
  });

  test("dependents are included with `withDependents`", () => {
    const states = [
      emptyState(urn("a")),
      { ...emptyState(urn("b")), dependencies: [urn("a")] },
      { ...emptyState(urn("c")), parent: urn("b") },
      emptyState(urn("d")),
    ];
    const covered = (dependents: boolean) => {
      const targets = new Targets([urn("a")], dependents);
      return states.map((state) => targets.covers(state));
    };
    expect(covered(false)).toEqual([true, false, false, false]);
    expect(covered(true)).toEqual([true, true, true, false]);
  });
});

describe("a run with targets", () => {
  const body = (value: number) => `
    const a = new Thing("a", { value: ${value} });
    const b = new Thing("b", { value: ${value} }, { dependsOn: [a] });
    new Thing("c", { value: ${value} });`;
  let project: TestProject;
  beforeAll(() => {
    project = new TestProject();
  });
  beforeEach(async () => {
    await project.up(body(1));
    project.calls();
  });
  afterAll(() => project.remove());

  test("changes the targets only", async () => {
    const run = await project.up(body(2), { targets: [urn("a")] });
    expect(run).toMatchObject({ result: "succeeded", changes: { update: 1, same: 3 } });
    expect(project.calls()).toEqual(["update a"]);
    expect(project.resource("b")?.inputs).toEqual({ value: 1 });
  });

  test("changes dependents with targetDependents", async () => {
    await project.up(body(3), { targets: [urn("a")], targetDependents: true });
    expect(project.calls()).toEqual(["update a", "update b"]);
  });

  test("creates no other new resources, and none that need one", async () => {
    const more = (extra: string) => `${body(1)} const d = new Thing("d", {}); ${extra}`;
    const run = await project.up(more(""), { targets: [urn("a")] });
    expect(run).toMatchObject({ result: "succeeded", changes: { same: 5 } });
    expect(project.resource("d")).toBeUndefined();
    const needing = more('new Thing("e", {}, { dependsOn: [d] });');
    const refused = await project.up(needing, { targets: [urn("e")] });
    expect(refused.result).toBe("failed");
    expect(refused.diagnostics[0]?.message).toMatch(/::e' depends on '.*::d' which was was not specified/);
    expect(project.calls()).toEqual([]);
  });

  test("deletes only targets, and none that other resources need", async () => {
    expect((await project.up("", { targets: [urn("c")] })).changes).toMatchObject({ delete: 1 });
    expect(project.calls()).toEqual(["delete c"]);
    const refused = await project.up("", { targets: [urn("a")] });
    expect(refused.result).toBe("failed");
    expect(refused.diagnostics[0]?.message).toMatch(/::b' will be destroyed but was not specified/);
    expect(project.calls()).toEqual([]);
    await project.destroy({ targets: [urn("a")], targetDependents: true });
    expect(project.calls()).toEqual(["delete b", "delete a"]);
    expect(project.state().resources.length).toBeGreaterThan(0);
  });

  test("reads only targets in a refresh", async () => {
    await project.refresh({ targets: [urn("b")] });
    expect(project.calls()).toEqual(["read b"]);
  });

  test("fails if a target doesn't exist", async () => {
    const run = await project.up(body(1), { targets: [urn("nosuch")] });
    expect(run.result).toBe("failed");
    expect(run.diagnostics[0]?.message).toContain("could not be found in the stack.");
  });
});
