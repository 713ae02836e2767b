import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { recorder, TestProject } from "./project.ts";

let project: TestProject;
beforeAll(() => {
  project = new TestProject();
});
beforeEach(async () => {
  project.fault({});
  await project.up("").catch(() => undefined);
  project.calls();
});
afterAll(() => project.remove());

function errors(run: { readonly diagnostics: readonly { severity: string; message: string }[] }): string {
  return run.diagnostics
    .flatMap(({ severity, message }) => (severity === "error" ? [message] : []))
    .join("\n");
}

test("a failed create records nothing; parallel operations are kept, and dependents aren't tried", async () => {
  project.fault({ "create a": "fail" });
  const { events, onEvent } = recorder();
  const run = await project.up(
    'const a = new Thing("a", {}); new Thing("needs", { value: a.id }); new Thing("beside", {});',
    { onEvent },
  );
  expect(run.result).toBe("failed");
  expect(errors(run)).toBe("create was refused");
  expect(events.find((event) => event.resOpFailedEvent)?.resOpFailedEvent?.metadata.urn).toMatch(/::a$/);
  expect(project.calls().toSorted()).toEqual(["create a", "create beside"]);
  expect(project.resource("a")).toBeUndefined();
  expect(project.resource("beside")).toBeDefined();
  expect(project.state().pending).toEqual([]);
});

test("a failed run deletes nothing", async () => {
  await project.up('new Thing("old", {});');
  project.fault({ "create a": "fail" });
  expect((await project.up('new Thing("a", {});')).result).toBe("failed");
  expect(project.resource("old")).toBeDefined();
});

test("a failed update or delete keeps the old state, and the next run continues", async () => {
  await project.up('new Thing("a", { value: 1 }); new Thing("b", {});');
  project.fault({ "update a": "fail" });
  expect((await project.up('new Thing("a", { value: 2 });')).result).toBe("failed");
  expect(project.resource("a")?.inputs).toEqual({ value: 1 });
  project.fault({ "delete b": "throw" });
  expect((await project.up()).result).toBe("failed");
  expect(project.resource("a")?.inputs).toEqual({ value: 2 });
  expect(project.resource("b")).toBeDefined();
  project.fault({});
  expect(await project.up()).toMatchObject({ result: "succeeded", changes: { same: 2, delete: 1 } });
});

test("a resource whose initialization failed is kept, and the next run completes it", async () => {
  project.fault({ "create a": "partial" });
  const run = await project.up('new Thing("a", { value: 1 });');
  expect(run.result).toBe("failed");
  expect(errors(run)).toContain("it is not ready yet");
  expect(project.resource("a")).toMatchObject({ initErrors: ["it is not ready yet"] });
  const { id } = project.resource("a") ?? {};
  project.fault({});
  project.calls();
  expect(await project.up()).toMatchObject({ result: "succeeded", changes: { update: 1, same: 1 } });
  expect(project.calls()).toEqual(["update a"]);
  expect(project.resource("a")).toMatchObject({ id, inputs: { value: 1 } });
  expect(project.resource("a")?.initErrors).toBeUndefined();
});

test("a partial update keeps the old inputs, so that it is tried again", async () => {
  await project.up('new Thing("a", { value: 1 });');
  project.fault({ "update a": "partial" });
  expect((await project.up('new Thing("a", { value: 2 });')).result).toBe("failed");
  expect(project.resource("a")).toMatchObject({ inputs: { value: 1 }, outputs: { value: 2 } });
  project.fault({});
  expect((await project.up()).changes).toEqual({ update: 1, same: 1 });
});

test("inputs that the provider refuses fail the resource, in a preview too", async () => {
  project.write('new Thing("a", { value: "invalid" });');
  for (const run of [await project.preview(), await project.up()]) {
    expect(run.result).toBe("failed");
    expect(errors(run)).toContain("property value has a problem: it is invalid");
  }
});

test.each(["crash", "hang-up"])(
  "a provider that ends unexpectedly (%s) fails the run, which shows its last output; the next run continues",
  async (fault) => {
    project.fault({ [`create ${fault}`]: fault });
    const run = await project.up(`new Thing("${fault}", {});`);
    expect(run.result).toBe("failed");
    expect(errors(run)).toContain("The provider of package test ended unexpectedly: it ended with code 7");
    project.fault({});
    expect((await project.up()).result).toBe("succeeded");
  },
);

describe("a program that fails", () => {
  test("after registrations: resources and stack outputs are kept, and nothing is deleted", async () => {
    await project.up('new Thing("a", { value: 1 }); new Thing("b", {}); exports.kept = "yes";');
    const run = await project.up(
      'const a = new Thing("a", { value: 2 }); a.id.apply(() => { throw new Error("oh no"); });',
    );
    expect(run.result).toBe("failed");
    expect(errors(run)).toContain("oh no");
    expect(project.resource("a")?.inputs).toEqual({ value: 2 });
    expect(project.resource("b")).toBeDefined();
    expect(await project.outputs()).toEqual({ kept: "yes" });
  });

  test("with an exit code", async () => {
    const run = await project.up("process.exitCode = 3;");
    expect(run.result).toBe("failed");
    expect(errors(run)).toContain("Program exited with non-zero exit code: 3");
  });

  test("with a syntax error", async () => {
    const run = await project.up("const = ;");
    expect(run.result).toBe("failed");
    expect(errors(run)).toContain("SyntaxError");
  });
});

test("no message shows a secret, even if the vendor's error quotes it", async () => {
  project.fault({ "create a": "quote" });
  const run = await project.up('new Thing("a", { value: pulumi.secret("planted-4711") });');
  expect(errors(run)).toContain("create was refused: [secret]");
  expect(JSON.stringify(run)).not.toContain("planted-4711");
});
