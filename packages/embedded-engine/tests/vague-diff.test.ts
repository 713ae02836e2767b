import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestProject } from "./project.ts";

/** A provider may leave open whether a resource has changes. The engine compares the inputs then. */
let project: TestProject;
beforeAll(() => {
  project = new TestProject();
});
afterAll(() => project.remove());

async function change(before: string, after: string, options = "{}"): Promise<readonly string[]> {
  await project.up(`new Thing("a", ${before});`);
  project.calls();
  await project.up(`new Thing("a", ${after}, ${options});`);
  return project.calls();
}

describe("a provider that doesn't say whether there are changes", () => {
  test("still says that a change requires a replacement", async () => {
    expect(await change('{ kind: "1", vague: true }', '{ kind: "2", vague: true }')).toEqual([
      "create a",
      "delete a",
    ]);
  });

  test("still says that the old resource is deleted first", async () => {
    const [before, after] = ["3", "4"].map((kind) => `{ kind: "${kind}", vague: true, first: "delete" }`);
    expect(await change(before ?? "", after ?? "")).toEqual(["delete a", "create a"]);
  });

  test("gets an update for changes of other inputs, and nothing without changes", async () => {
    expect(await change("{ value: 1, vague: true }", "{ value: 2, vague: true }")).toEqual(["update a"]);
    expect(await change("{ value: 2, vague: true }", "{ value: 2, vague: true }")).toEqual([]);
  });

  test("leaves it to replaceOnChanges to demand a replacement", async () => {
    expect(
      await change(
        "{ value: 3, vague: true }",
        "{ value: 4, vague: true }",
        '{ replaceOnChanges: ["value"] }',
      ),
    ).toEqual(["create a", "delete a"]);
  });

  test("replaces a dependent along with an early deletion", async () => {
    const program = (kind: string) => `
      const a = new Thing("a", { kind: "${kind}" }, { deleteBeforeReplace: true });
      new Thing("b", { kind: a.id, vague: true });`;
    await project.up(program("one"));
    project.calls();
    await project.up(program("two"));
    expect(project.calls()).toEqual(["delete b", "delete a", "create a", "create b"]);
  });
});
