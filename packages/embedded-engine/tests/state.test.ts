import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { afterAll, beforeAll, expect, test } from "vitest";
import { embeddedEngine } from "../src/engine.ts";
import { TestProject } from "./project.ts";

const engine = embeddedEngine();
let project: TestProject;
beforeAll(async () => {
  project = new TestProject();
  await project.up('new Thing("a", { value: pulumi.secret("planted-secret") }); exports.x = 1;');
});
afterAll(() => project.remove());

function settingsOf(stack: string, folder = join(project.folder, "settings")): string {
  return readFileSync(join(folder, `Pulumi.${stack}.yaml`), "utf8");
}

test("the folder has the layout of Pulumi's file backend", () => {
  const root = join(project.backend, ".pulumi");
  expect(readdirSync(root).toSorted()).toEqual(["history", "locks", "meta.yaml", "stacks"]);
  expect(readFileSync(join(root, "meta.yaml"), "utf8")).toBe("version: 1\n");
  const checkpoint = JSON.parse(project.stateText);
  expect(checkpoint).toMatchObject({
    version: 3,
    checkpoint: {
      stack: "organization/trial/dev",
      latest: { secrets_providers: { type: "passphrase" }, metadata: {} },
    },
  });
  expect(existsSync(`${project.stateFile}.bak`)).toBe(true);
  expect(
    readdirSync(join(root, "history/trial/dev"))
      .map((file) => file.replace(/\d+/, "N"))
      .toSorted(),
  ).toEqual(["dev-N.checkpoint.json", "dev-N.history.json"]);
});

test("no file contains a secret in plain text", () => {
  for (const file of readdirSync(project.backend, { recursive: true, withFileTypes: true }))
    if (file.isFile())
      expect(readFileSync(join(file.parentPath, file.name), "utf8")).not.toContain("planted-secret");
});

test("resources can be listed without the passphrase, with secrets masked", async () => {
  const found = await engine.resources({ ...project.spec(), passphrase: new Secret("wrong") });
  expect(found?.map(({ urn }) => urn.split("::").at(-1))).toEqual(["trial-dev", "default", "a"]);
  expect(found?.at(-1)?.inputs).toEqual({ value: "[secret]" });
});

test("a wrong passphrase is refused before any operation", async () => {
  const spec = { ...project.spec(), passphrase: new Secret("wrong") };
  const before = project.stateText;
  for (const operation of ["up", "preview", "destroy", "refresh", "outputs"] as const)
    await expect(engine[operation](spec)).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringContaining("incorrect passphrase"),
    });
  expect(project.stateText).toBe(before);
  expect(readdirSync(join(project.backend, ".pulumi/locks/organization/trial/dev"))).toEqual([]);
});

test("new stacks share the salt of the others, also in parallel", async () => {
  project.write("");
  await Promise.all(["one", "two"].map((stack) => engine.up(project.spec(stack))));
  expect(settingsOf("one")).toBe(settingsOf("dev"));
  expect(settingsOf("two")).toBe(settingsOf("dev"));
  expect(await engine.stacks(project.spec())).toEqual(["dev", "one", "two"]);
});

test("settings can be in another folder", async () => {
  const folder = join(project.folder, "elsewhere");
  await engine.up({ ...project.spec("three"), settingsFolder: folder });
  expect(settingsOf("three", folder)).toMatch(/^encryptionsalt: v1:/);
  expect(settingsOf("three", folder)).not.toBe(settingsOf("dev"));
  expect(existsSync(join(project.folder, "settings/Pulumi.three.yaml"))).toBe(false);
});

test("settings without a salt get that of the state, and are otherwise unchanged", async () => {
  const salt = settingsOf("one");
  writeFileSync(join(project.folder, "settings/Pulumi.one.yaml"), "# ours\nconfig:\n  trial:a: 1\n");
  await engine.up(project.spec("one"));
  expect(settingsOf("one")).toBe(`# ours\nconfig:\n  trial:a: 1\n${salt}`);
});

test("a stack that was created by `pulumi stack init` can be applied", async () => {
  const file = join(dirname(project.stateFile), "fresh.json");
  writeFileSync(file, '{"version":3,"checkpoint":{"stack":"organization/trial/fresh","latest":null}}');
  expect(await engine.resources(project.spec("fresh"))).toEqual([]);
  expect(await engine.up(project.spec("fresh"))).toMatchObject({
    result: "succeeded",
    changes: { create: 1 },
  });
});

test("a missing stack has no outputs and no resources, and destroy and refresh refuse it", async () => {
  const spec = project.spec("nowhere");
  expect(await engine.outputs(spec)).toBeUndefined();
  expect(await engine.resources(spec)).toBeUndefined();
  await expect(engine.destroy(spec)).rejects.toMatchObject({ name: "UserError" });
  await expect(engine.refresh(spec)).rejects.toMatchObject({ name: "UserError" });
  expect(await engine.stacks(spec)).not.toContain("nowhere");
});

test.each([
  ["a newer format", { version: 5, checkpoint: { stack: "s" } }, "version 5"],
  ["a feature", { version: 4, features: ["views"], checkpoint: { stack: "s" } }, "views"],
  [
    "a cut manifest",
    { version: 3, checkpoint: { stack: "s", latest: { manifest: { magic: "0", version: "v3", time: "" } } } },
    "digest",
  ],
  [
    "a cloud's secrets",
    {
      version: 3,
      checkpoint: {
        stack: "s",
        latest: {
          secrets_providers: { type: "cloud" },
          resources: [{ urn: "u", custom: true, type: "t", inputs: { a: { ciphertext: "x" } } }],
        },
      },
    },
    "the secrets provider of the stack: cloud",
  ],
])("a state with %s is refused by name", async (_, content, said) => {
  writeFileSync(join(dirname(project.stateFile), "odd.json"), JSON.stringify(content));
  await expect(engine.preview(project.spec("odd"))).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining(said),
  });
});

test.each([
  ["another backend", { backendUrl: "s3://bucket" }, "only file backends"],
  ["a folder without a project", { projectFolder: "/" }, "no /Pulumi.yaml"],
])("%s is refused", async (_, other, said) => {
  await expect(engine.up({ ...project.spec(), ...other })).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining(said),
  });
});

test("a state with invalid JSON is refused, and the error names its backup", async () => {
  mkdirSync(dirname(project.stateFile), { recursive: true });
  const file = join(dirname(project.stateFile), "broken.json");
  writeFileSync(file, "{");
  await expect(engine.up(project.spec("broken"))).rejects.toMatchObject({
    remedy: expect.stringContaining(".bak"),
  });
  rmSync(file);
});
