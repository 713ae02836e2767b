import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { recorder, TestProject } from "./project.ts";

let project: TestProject;
beforeAll(() => {
  project = new TestProject();
});
beforeEach(async () => {
  project.fault({});
  await project.up('const a = new Thing("a", { value: 1 }); new Thing("b", { value: a.id });');
  project.calls();
});
afterAll(() => project.remove());

function fileOf(name: string): string {
  const things = join(project.world, "things");
  return join(things, readdirSync(things).find((file) => file.startsWith(`${name}-`)) ?? "");
}

test("an unchanged resource is unchanged in the state", async () => {
  const run = await project.refresh();
  expect(run).toMatchObject({ result: "succeeded", changes: { same: 3 } });
  expect(project.calls().toSorted()).toEqual(["read a", "read b"]);
});

test("a drifted resource is updated in the state, and the next run changes it back", async () => {
  writeFileSync(fileOf("a"), '{"value":7}');
  const { events, onEvent } = recorder();
  const run = await project.refresh({ onEvent });
  expect(run.changes).toEqual({ same: 2, update: 1 });
  const drift = events.find(({ resOutputsEvent }) => resOutputsEvent?.metadata.op === "update");
  expect(drift?.resOutputsEvent?.metadata).toMatchObject({
    diffs: ["value"],
    old: { inputs: { value: 1 } },
    new: { inputs: { value: 7 } },
  });
  expect(project.resource("a")?.inputs).toEqual({ value: 7 });
  expect((await project.up()).changes).toEqual({ same: 2, update: 1 });
  expect(JSON.parse(readFileSync(fileOf("a"), "utf8"))).toEqual({ value: 1 });
});

test("a missing resource is removed from the state with all references, and is created again", async () => {
  rmSync(fileOf("a"));
  expect((await project.refresh()).changes).toEqual({ same: 2, delete: 1 });
  expect(JSON.stringify(project.state())).not.toContain("Thing::a");
  expect((await project.up()).changes).toEqual({ create: 1, update: 1, same: 1 });
});

test("a failed read fails the refresh, and keeps the old state", async () => {
  project.fault({ "read a": "fail" });
  const run = await project.refresh();
  expect(run.result).toBe("failed");
  expect(run.diagnostics[0]?.message).toBe("read was refused");
  expect(project.resource("a")).toBeDefined();
});

test("an update can refresh first", async () => {
  writeFileSync(fileOf("b"), '{"value":"changed"}');
  const run = await project.up(undefined, { refresh: true });
  expect(run.result).toBe("succeeded");
  expect(project.calls().slice(-1)).toEqual(["update b"]);
});
