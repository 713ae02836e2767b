import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestProject } from "./project.ts";

let project: TestProject;
beforeAll(() => {
  project = new TestProject();
});
afterAll(() => project.remove());

describe("protect", () => {
  const body = 'new Thing("kept", { value: 1, kind: "x" }, { protect: true });';

  test("keeps an undeclared resource, deletes the others, and fails", async () => {
    await project.up(`${body} new Thing("other", {});`);
    project.calls();
    const run = await project.up("");
    expect(run.result).toBe("failed");
    expect(run.diagnostics).toEqual([
      expect.objectContaining({
        severity: "error",
        message: expect.stringContaining("because it is protected"),
      }),
    ]);
    expect(project.calls()).toEqual(["delete other"]);
    expect(project.resource("kept")?.protect).toBe(true);
  });

  test("refuses a replacement, in a preview too", async () => {
    project.write(body.replace('"x"', '"y"'));
    const preview = await project.preview();
    expect(preview).toMatchObject({ result: "failed", changes: { replace: 1 } });
    const run = await project.up();
    expect(run.result).toBe("failed");
    expect(run.diagnostics[0]?.message).toContain("currently marked for protection");
    expect(project.calls()).toEqual([]);
  });

  test("prevents a destroy, unless it ignores protection", async () => {
    expect((await project.destroy()).result).toBe("failed");
    expect(project.calls()).toEqual([]);
    expect((await project.destroy({ ignoreProtect: true })).result).toBe("succeeded");
    expect(project.calls()).toEqual(["delete kept"]);
  });

  test("is inherited from a component", async () => {
    const made = 'const g = new Group("g", { protect: true }); new Thing("inside", {}, { parent: g });';
    await project.up(made);
    expect(project.resource("inside")?.protect).toBe(true);
    await project.up(made.replace("true", "false"));
    expect(project.resource("inside")?.protect).toBeUndefined();
  });
});

test("retainOnDelete removes a resource from the state without deleting it", async () => {
  await project.up('new Thing("retained", {}, { retainOnDelete: true });');
  project.calls();
  const run = await project.up("");
  expect(run).toMatchObject({ result: "succeeded", changes: { delete: 1 } });
  expect(project.calls()).toEqual([]);
});

test("deletedWith skips the deletion when the other resource is deleted", async () => {
  await project.up('const whole = new Thing("whole", {}); new Thing("part", {}, { deletedWith: whole });');
  project.calls();
  await project.up("");
  expect(project.calls()).toEqual(["delete whole"]);
});

test("ignoreChanges keeps the old values of its properties only", async () => {
  const body = (value: string) => `new Thing("a", { value: ${value} }, { ignoreChanges: ["value.x"] });`;
  await project.up(body("{ x: 1, y: 1 }"));
  project.calls();
  expect((await project.up(body("{ x: 2, y: 1 }"))).changes).toEqual({ same: 2 });
  expect((await project.up(body("{ x: 3, y: 2 }"))).changes).toEqual({ same: 1, update: 1 });
  expect(project.resource("a")?.inputs).toEqual({ value: { x: 1, y: 2 } });
});

test("additionalSecretOutputs are secret", async () => {
  await project.up('new Thing("s", { value: "a planted value" }, { additionalSecretOutputs: ["value"] });');
  expect(JSON.stringify(project.resource("s")?.outputs)).not.toContain("a planted value");
});

test("replaceOnChanges makes an update a replacement", async () => {
  await project.up('new Thing("r", { value: 1 });');
  project.calls();
  await project.up('new Thing("r", { value: 2 }, { replaceOnChanges: ["value"] });');
  expect(project.calls()).toEqual(["create r", "delete r"]);
});

describe("an unsupported feature is refused by name", () => {
  test.each([
    ["transforms", 'new Thing("a", {}, { transforms: [() => undefined] });'],
    ["hooks", 'new pulumi.ResourceHook("h", () => undefined); new Thing("a", {});'],
    [
      "an archive by its URI",
      'new Thing("a", { value: new pulumi.asset.RemoteArchive("https://a.example/b.zip") });',
    ],
    [
      "an archive file inside another archive",
      'new Thing("a", { value: new pulumi.asset.AssetArchive({ b: new pulumi.asset.FileArchive("b.zip") }) });',
    ],
    [
      'an archive with the file name "ü"',
      'new Thing("a", { value: new pulumi.asset.AssetArchive({ ü: new pulumi.asset.StringAsset("") }) });',
    ],
  ])("%s", async (option, body) => {
    project.write(body);
    const run = await project.preview();
    expect(run.result).toBe("failed");
    const said = run.diagnostics.map(({ message }) => message).join("\n");
    expect(said.toLowerCase()).toContain(option.toLowerCase().replace("transforms", "transform"));
  });
});

test("a change of an asset's content is detected", async () => {
  const body = (text: string) => `new Thing("asset", { value: new pulumi.asset.StringAsset("${text}") });`;
  await project.up(body("one"));
  expect(project.resource("asset")?.inputs?.value).toMatchObject({
    text: "one",
    hash: createHash("sha256").update("one").digest("hex"),
  });
  expect((await project.up(body("one"))).changes).toEqual({ same: 2 });
  expect((await project.up(body("two"))).changes).toEqual({ same: 1, update: 1 });
});

test("one name for two resources is refused", async () => {
  const run = await project.up('new Thing("twice", {}); new Thing("twice", {});');
  expect(run.result).toBe("failed");
  expect(run.diagnostics[0]?.message).toContain("Duplicate resource URN");
});
