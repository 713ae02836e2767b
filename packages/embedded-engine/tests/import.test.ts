import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { recorder, TestProject } from "./project.ts";

let project: TestProject;
beforeAll(() => {
  project = new TestProject();
});
beforeEach(async () => {
  await project.up("");
  mkdirSync(join(project.world, "things"), { recursive: true });
  for (const id of ["found", "other"])
    writeFileSync(join(project.world, "things", `${id}.json`), JSON.stringify({ value: id }));
  project.calls();
});
afterAll(() => project.remove());

function imported(value: string, id = "found", rest = ""): string {
  return `new Thing("a", { value: "${value}"${rest} }, { import: "${id}" });`;
}

describe("import", () => {
  test("imports an existing resource once", async () => {
    const run = await project.up(imported("found"));
    expect(run.changes).toEqual({ import: 1, same: 1 });
    expect(project.resource("a")).toMatchObject({ id: "found", importID: "found", outputs: { size: "7" } });
    expect((await project.up()).changes).toEqual({ same: 2 });
    expect(project.calls()).toEqual(["read a"]);
    expect((await project.up('new Thing("a", { value: "found" });')).changes).toEqual({ same: 2 });
    expect(project.resource("a")).not.toHaveProperty("importID");
  });

  test("updates properties that differ from the program", async () => {
    const run = await project.up(imported("wanted"));
    expect(run.changes).toEqual({ import: 1, update: 1, same: 1 });
    expect(project.calls()).toEqual(["read a", "update a"]);
    expect(project.resource("a")).toMatchObject({ id: "found", inputs: { value: "wanted" } });
  });

  test("never replaces an imported resource", async () => {
    project.write(imported("found", "found", ', kind: "x"'));
    expect(await project.preview()).toMatchObject({
      result: "succeeded",
      diagnostics: [{ severity: "warning", message: expect.stringContaining("may not be replaced") }],
    });
    const run = await project.up();
    expect(run.result).toBe("failed");
    expect(run.diagnostics[0]?.message).toContain("previously-imported resources");
  });

  test("fails if the resource doesn't exist", async () => {
    const run = await project.up(imported("x", "missing"));
    expect(run.result).toBe("failed");
    expect(run.diagnostics[0]?.message).toBe("resource 'missing' does not exist");
    expect(project.resource("a")).toBeUndefined();
    expect(project.state().pending).toEqual([]);
  });

  test("replaces an old resource by the imported one, and deletes the old one last", async () => {
    await project.up(imported("found"));
    project.calls();
    const run = await project.up(imported("other", "other"));
    expect(run.changes).toEqual({ replace: 1, same: 1 });
    expect(project.calls()).toEqual(["read a", "delete a"]);
    expect(project.resource("a")?.id).toBe("other");
  });
});

describe("get", () => {
  const get = (id: string) => `exports.size = new Thing("a", {}, { id: "${id}" }).id;`;

  test("reads a resource without owning it", async () => {
    const { events, onEvent } = recorder();
    const run = await project.up(get("found"), { onEvent });
    expect(run.changes).toEqual({ same: 1 });
    expect(project.resource("a")).toMatchObject({ id: "found", external: true, outputs: { value: "found" } });
    expect(events.some(({ resourcePreEvent }) => resourcePreEvent?.metadata.op === "read")).toBe(true);
    project.calls();
    expect((await project.up("")).changes).toEqual({ discard: 1, same: 1 });
    expect(project.calls()).toEqual([]);
  });

  test("replaces an owned resource, which is deleted if it is a different one", async () => {
    await project.up('new Thing("a", { value: 1 });');
    project.calls();
    const run = await project.up(get("found"));
    expect(run.changes).toEqual({ replace: 1, same: 1 });
    expect(project.calls()).toEqual(["read a", "delete a"]);
  });

  test("a read resource can be replaced by an owned new one", async () => {
    await project.up(get("found"));
    project.calls();
    const run = await project.up('new Thing("a", { value: 2 });');
    expect(run.changes).toEqual({ replace: 1, same: 1 });
    expect(project.calls()).toEqual(["create a"]);
  });

  test("a missing resource fails the run, in a preview too", async () => {
    project.write(get("missing"));
    const run = await project.preview();
    expect(run.result).toBe("failed");
    expect(run.diagnostics[0]?.message).toBe("resource 'missing' does not exist");
  });
});
