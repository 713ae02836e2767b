import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Aliased, type AliasSpec, formerUrns } from "../src/aliases.ts";
import { TestProject } from "./project.ts";

const PLACE = "urn:pulumi:dev::trial::";
const PARENT = `${PLACE}test:index:Group::app`;
const spec = { name: "", type: "", stack: "", project: "", parent: "", noParent: false };
const child: Aliased = {
  stack: "dev",
  project: "trial",
  name: "app-db",
  type: "test:index:Thing",
  parent: PARENT,
  aliases: [],
};

describe("an alias with", () => {
  test.each<[string, AliasSpec, string]>([
    ["a whole URN", { urn: `${PLACE}x:y:Z::old` }, `${PLACE}x:y:Z::old`],
    ["another name", { ...spec, name: "old" }, `${PLACE}test:index:Group$test:index:Thing::old`],
    ["another type", { ...spec, type: "x:y:Z" }, `${PLACE}test:index:Group$x:y:Z::app-db`],
    ["no parent", { ...spec, noParent: true }, `${PLACE}test:index:Thing::app-db`],
    ["another parent", { ...spec, parent: `${PLACE}x:y:Z::other` }, `${PLACE}x:y:Z$test:index:Thing::app-db`],
    [
      "another project and stack, without a parent",
      { ...spec, noParent: true, project: "p", stack: "s" },
      "urn:pulumi:s::p::test:index:Thing::app-db",
    ],
    [
      "another project, below the stack itself",
      { ...spec, parent: `${PLACE}pulumi:pulumi:Stack::trial-dev`, project: "p" },
      "urn:pulumi:dev::p::test:index:Thing::app-db",
    ],
  ])("%s", (_, alias, expected) => {
    expect(formerUrns({ ...child, aliases: [alias] }, () => undefined)).toEqual([expected]);
  });

  test("a child of a renamed parent has a former URN, also for a name with the parent's as prefix", () => {
    const formerOf = (urn: string) => (urn === PARENT ? `${PLACE}test:index:Group::shop` : undefined);
    expect(formerUrns(child, formerOf)).toEqual([`${PLACE}test:index:Group$test:index:Thing::shop-db`]);
    expect(formerUrns({ ...child, aliases: [{ ...spec, name: "db" }] }, formerOf)).toEqual([
      `${PLACE}test:index:Group$test:index:Thing::db`,
      `${PLACE}test:index:Group$test:index:Thing::shop-db`,
    ]);
  });
});

describe("a run with aliases", () => {
  let project: TestProject;
  beforeAll(async () => {
    project = new TestProject();
    await project.up(`
      const before = new Group("before");
      const provider = new Provider("own", { region: "x" });
      const inside = new Thing("before-inside", { value: 1 }, { parent: before, provider });
      new Thing("user", { value: inside.id }, { parent: before, dependsOn: [inside] });`);
    project.calls();
  });
  afterAll(() => project.remove());

  test("a component, its children and their provider can be renamed", async () => {
    const run = await project.up(`
      const after = new Group("after", { aliases: [{ name: "before" }] });
      const provider = new Provider("other", { region: "x" }, { aliases: [{ name: "own" }] });
      const inside = new Thing("after-inside", { value: 1 }, { parent: after, provider });
      new Thing("user", { value: inside.id }, { parent: after, dependsOn: [inside] });`);
    expect(run).toMatchObject({ result: "succeeded", changes: { same: 5 } });
    expect(project.calls()).toEqual([]);
    expect(project.stateText).not.toContain("::before");
    expect(project.stateText).not.toContain("::own");
  });

  test("a deletion finds the provider under its new name", async () => {
    await project.up(
      'new Provider("last", { region: "x" }, { aliases: [{ name: "other" }] }); new Group("after");',
    );
    expect(project.calls()).toEqual(["delete user", "delete after-inside"]);
  });

  test("two resources can't have the same alias", async () => {
    const run = await project.up(`
      new Group("one", { aliases: [{ name: "after" }] });
      new Group("two", { aliases: [{ name: "after" }] });`);
    expect(run.result).toBe("failed");
    expect(run.diagnostics[0]?.message).toMatch(/Duplicate resource alias '.*::after' applied to/);
  });

  test("an alias that matches nothing is ignored", async () => {
    const run = await project.up('new Thing("new", {}, { aliases: [{ name: "never" }] });');
    expect(run).toMatchObject({ result: "succeeded", changes: { create: 1 } });
  });
});
