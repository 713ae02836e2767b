import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { embeddedEngine } from "../src/engine.ts";
import { TestProject } from "./project.ts";

const engine = embeddedEngine();
const PROGRAM = `
  const group = new Group("group");
  const first = new Thing("first", { value: "one" }, { parent: group, protect: true });
  new Thing("second", { value: first.id, token: pulumi.secret("kept") }, { parent: group, dependsOn: [first] });
  exports.hidden = pulumi.secret("output");`;

let project: TestProject;
const copied = () => ["backend", "settings"].map((name) => join(project.folder, name));
beforeAll(async () => {
  project = new TestProject();
  await project.up(PROGRAM);
  for (const folder of copied()) cpSync(folder, `${folder}.kept`, { recursive: true });
});
beforeEach(() => {
  for (const folder of copied()) {
    rmSync(folder, { recursive: true, force: true });
    cpSync(`${folder}.kept`, folder, { recursive: true });
  }
  project.calls();
});
afterAll(() => project.remove());

const backendFile = (path: string) => join(project.backend, ".pulumi", path);
const settings = (stack: string) => join(project.folder, `settings/Pulumi.${stack}.yaml`);
const up = (stack: string) => engine.up(project.spec(stack));

describe("a renamed stack", () => {
  test("keeps its resources, secrets, settings, tags and history, and changes nothing afterwards", async () => {
    const spec = project.spec();
    await engine.setTag(spec, "team", "billing");
    const before = await engine.resources(spec);
    const salt = readFileSync(settings("dev"), "utf8");
    await engine.rename(spec, "prod");
    expect(await engine.stacks(spec)).toEqual(["prod"]);
    const after = await engine.resources(project.spec("prod"));
    const asText = JSON.stringify(before)
      .replaceAll("urn:pulumi:dev::", "urn:pulumi:prod::")
      .replaceAll("trial-dev", "trial-prod");
    expect(JSON.stringify(after)).toBe(asText);
    expect(readFileSync(backendFile("stacks/trial/prod.json"), "utf8")).not.toContain("pulumi:dev::");
    expect(await engine.outputs(project.spec("prod"))).toHaveProperty("hidden");
    expect(await engine.tags(project.spec("prod"))).toEqual({ team: "billing" });
    expect([existsSync(settings("dev")), readFileSync(settings("prod"), "utf8")]).toEqual([false, salt]);
    expect(readdirSync(backendFile("history/trial/prod")).every((name) => name.startsWith("prod-"))).toBe(
      true,
    );
    expect(existsSync(backendFile("history/trial/dev"))).toBe(false);
    expect(await up("prod")).toMatchObject({ result: "succeeded", changes: { same: 4 } });
    expect(project.calls()).toEqual([]);
  });

  test("is completed by a second call, if a crash left both names", async () => {
    const old = readFileSync(project.stateFile, "utf8");
    await engine.rename(project.spec(), "prod");
    writeFileSync(project.stateFile, old);
    expect(await engine.stacks(project.spec())).toEqual(["dev", "prod"]);
    await engine.rename(project.spec(), "prod");
    expect(await engine.stacks(project.spec())).toEqual(["prod"]);
  });

  test("replaces an empty stack with its new name, but not one with resources", async () => {
    const other = backendFile("stacks/trial/other.json");
    writeFileSync(other, project.stateText.replaceAll("one", "another"));
    await expect(engine.rename(project.spec(), "other")).rejects.toThrow(
      "there is a stack other with resources",
    );
    expect(await engine.stacks(project.spec())).toEqual(["dev", "other"]);
    writeFileSync(
      other,
      '{ "version": 3, "checkpoint": { "stack": "organization/trial/other", "latest": {} } }',
    );
    await engine.rename(project.spec(), "other");
    expect(await engine.stacks(project.spec())).toEqual(["other"]);
  });

  test.each([
    ["a stack that doesn't exist", "absent", "prod", "There is no stack absent to rename"],
    ["settings of the new name that differ", "dev", "prod", "has other settings"],
  ])("is refused for %s, and nothing changes", async (what, from, to, message) => {
    if (what.startsWith("settings")) writeFileSync(settings("prod"), "config: { trial:x: y }\n");
    const before = readFileSync(project.stateFile, "utf8");
    await expect(engine.rename(project.spec(from), to)).rejects.toThrow(message);
    expect(readFileSync(project.stateFile, "utf8")).toBe(before);
    expect(await engine.stacks(project.spec())).toEqual(["dev"]);
  });

  test("is refused while another run has a lock", async () => {
    const folder = backendFile("locks/organization/trial/prod");
    await engine.rename(project.spec(), "prod");
    writeFileSync(
      join(folder, "other.json"),
      JSON.stringify({ pid: 1, username: "a", hostname: "elsewhere" }),
    );
    await expect(engine.rename(project.spec("prod"), "dev")).rejects.toThrow("currently locked");
    expect(await engine.stacks(project.spec())).toEqual(["prod"]);
  });
});
