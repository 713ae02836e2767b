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

/** `a`, which is deleted before its replacement, a resource that needs it, and one that doesn't. */
function replaced(kind: string): string {
  return `
    const a = new Thing("a", { kind: "${kind}" }, { deleteBeforeReplace: true });
    new Thing("needs", { value: a.id });
    new Thing("beside", { value: "${kind}" });`;
}

test("a failed deletion before a replacement stops only resources that need the replacement", async () => {
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

test("unknown outputs are omitted", async () => {
  project.fault({ "create a": "fail" });
  const body = 'const a = new Thing("a", { value: pulumi.secret(1) });';
  await project.up(
    `${body} exports.known = 1; exports.size = a.size; exports.deep = [{ in: a.secretly }];`,
    GOING_ON,
  );
  expect(await project.outputs()).toEqual({ known: 1 });
});
