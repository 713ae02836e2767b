import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { embeddedEngine } from "../src/engine.ts";
import { TestProject } from "./project.ts";

const engine = embeddedEngine();
let project: TestProject;
beforeAll(async () => {
  project = new TestProject();
  await project.up('new Thing("a", { value: "one" });');
});
afterAll(() => project.remove());

test("tags are stored next to the state and don't change it", async () => {
  const spec = project.spec();
  const before = await engine.revision(spec);
  expect(await engine.tags(spec)).toEqual({});
  await engine.setTag(spec, "test:one", "1");
  await engine.setTag(spec, "test:two", "2");
  await engine.setTag(spec, "test:one", "one");
  expect(await engine.tags(spec)).toEqual({ "test:one": "one", "test:two": "2" });
  expect(await engine.revision(spec)).toBe(before);
  expect(await engine.stacks(spec)).toEqual(["dev"]);
});

test("a stack that does not exist has neither tags nor a revision", async () => {
  expect(await engine.tags(project.spec("absent"))).toEqual({});
  expect(await engine.revision(project.spec("absent"))).toBeUndefined();
});

test("every write of the state or the settings changes the revision, even without a difference", async () => {
  const seen = [await engine.revision(project.spec())];
  await project.up('new Thing("a", { value: "two" });');
  seen.push(await engine.revision(project.spec()));
  await project.up('new Thing("a", { value: "one" });');
  seen.push(await engine.revision(project.spec()));
  writeFileSync(join(project.folder, "settings/Pulumi.dev.yaml"), "config: { trial:x: y }\n", { flag: "a" });
  seen.push(await engine.revision(project.spec()));
  expect(new Set(seen).size).toBe(4);
});

test.each([
  ["a file that was cut", '{"version": 1, "tags": {"a"'],
  ["another form", "[]"],
  ["tags of another form", '{"tags": "all"}'],
])("a damaged file of tags is named, and isn't overwritten: %s", async (_, text) => {
  const file = project.stateFile.replace(/json$/, "pulumi-tags");
  writeFileSync(file, text);
  const named = { name: "UserError", message: expect.stringContaining(file) };
  await expect(engine.tags(project.spec())).rejects.toMatchObject(named);
  await expect(engine.setTag(project.spec(), "test:one", "1")).rejects.toMatchObject(named);
  expect(readFileSync(file, "utf8")).toBe(text);
  rmSync(file);
});
