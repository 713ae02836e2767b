import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { TestProject } from "./project.ts";

let project: TestProject;
beforeAll(() => {
  project = new TestProject();
});
beforeEach(async () => {
  project.fault({});
  await project.up("");
  project.calls();
});
afterAll(() => project.remove());

const GOING_ON = { continueOnError: true };

/** `a`, which is deleted before it is made again, what needs it, and what doesn't. */
function replaced(kind: string): string {
  return `
    const a = new Thing("a", { kind: "${kind}" }, { deleteBeforeReplace: true });
    new Thing("needs", { value: a.id });
    new Thing("beside", { value: "${kind}" });`;
}

test("a deletion that comes first and fails holds up what needs the resource, and nothing else", async () => {
  await project.up(replaced("one"));
  project.calls();
  project.fault({ "delete a": "fail" });
  expect((await project.up(replaced("two"), GOING_ON)).result).toBe("failed");
  expect(project.calls().toSorted()).toEqual(["delete a", "update beside"]);
  expect(project.resource("a")).toMatchObject({ inputs: { kind: "one" } });
  project.fault({});
  expect((await project.up()).result).toBe("succeeded");
  expect(project.resource("a")).toMatchObject({ inputs: { kind: "two" } });
});

test("outputs that nobody knows are left out", async () => {
  project.fault({ "create a": "fail" });
  const body = 'const a = new Thing("a", { value: pulumi.secret(1) });';
  await project.up(
    `${body} exports.known = 1; exports.size = a.size; exports.deep = [{ in: a.secretly }];`,
    GOING_ON,
  );
  expect(await project.outputs()).toEqual({ known: 1 });
});
