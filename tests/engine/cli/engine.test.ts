import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { embeddedEngine } from "../../../packages/embedded-engine/src/engine.ts";
import { recorder, TestProject } from "../../../packages/embedded-engine/tests/project.ts";
import { cliEngine } from "../../../src/engine/cli/engine.ts";
import { findPulumi } from "../../../src/engine/cli/pulumi.ts";

const pulumi = await findPulumi(process.env);

const ABSENT = "the CLI engine's tests did NOT run: there is no Pulumi CLI on PATH or in PULUMI_HOME";
if (pulumi === undefined) process.stderr.write(`${ABSENT}\n`);
test.skipIf(pulumi !== undefined)(ABSENT, ({ skip }) => skip(ABSENT));

/** Two resources in a component; the second depends on the first. */
function program(value: string): string {
  return `
    const group = new Group("group");
    const first = new Thing("first", { value: ${value} }, { parent: group });
    new Thing("second", { value: first.id, token: pulumi.secret("kept token") }, { parent: group, protect: true });
    exports.id = first.id;
    exports.hidden = pulumi.secret({ deep: ["kept secret"] });`;
}

describe.skipIf(pulumi === undefined)("the CLI engine", () => {
  const engine = cliEngine(pulumi ?? "");
  let project: TestProject;
  beforeAll(() => {
    project = new TestProject("", engine);
  });
  afterAll(() => project.remove());

  /** All files except those of the test provider. */
  const files = () =>
    readdirSync(project.folder, { recursive: true })
      .map(String)
      .filter((file) => !file.startsWith("world"))
      .sort();

  test("previewing a new stack shows all changes and creates no backend, stack or settings", async () => {
    project.write(program('"one"'));
    rmSync(project.backend, { recursive: true });
    const before = files();
    const { events, onEvent } = recorder();
    const run = await project.preview({ onEvent });
    expect(run).toMatchObject({ result: "succeeded", changes: { create: 4 }, diagnostics: [] });
    expect(await engine.stacks(project.spec())).toEqual([]);
    expect(files()).toEqual(before);
    expect(project.calls()).toEqual([]);
    expect(events[0]?.preludeEvent).toBeDefined();
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
    expect(events.at(-2)?.summaryEvent).toMatchObject({ isPreview: true, resourceChanges: { create: 4 } });
    expect(events.at(-1)?.cancelEvent).toEqual({});
    expect(await engine.outputs(project.spec())).toBeUndefined();
    expect(await engine.resources(project.spec())).toBeUndefined();
  });

  test("up creates the stack, with the fleet's salt in its settings", async () => {
    const { events, onEvent } = recorder();
    const run = await project.up(program('"one"'), { onEvent });
    expect(run).toMatchObject({ result: "succeeded", changes: { create: 4 }, diagnostics: [] });
    expect(project.calls()).toEqual(["create first", "create second"]);
    expect(JSON.stringify(events)).not.toContain("kept secret");
    expect(existsSync(join(project.folder, "settings/Pulumi.dev.yaml"))).toBe(true);
    expect(await engine.stacks(project.spec())).toEqual(["dev"]);
  });

  test("outputs and resources equal those of the embedded engine, with secrets as secrets", async () => {
    const spec = project.spec();
    const outputs = (await engine.outputs(spec)) ?? {};
    expect(outputs.id).toMatch(/^first-/);
    expect((outputs.hidden as Secret).reveal()).toBe('{"deep":["kept secret"]}');
    const resources = await engine.resources(spec);
    expect(JSON.stringify(resources)).not.toContain("kept secret");
    expect(resources).toEqual(await embeddedEngine().resources(spec));
    expect(JSON.stringify(outputs)).toBe(JSON.stringify(await embeddedEngine().outputs(spec)));
  });

  test("either engine continues from the other's state", async () => {
    expect(await embeddedEngine().preview(project.spec())).toMatchObject({ changes: { same: 4 } });
    const byEmbedded = await embeddedEngine().up({ ...project.spec("other") });
    expect(byEmbedded.result).toBe("succeeded");
    expect(await engine.preview(project.spec("other"))).toMatchObject({ changes: { same: 4 } });
    project.calls();
  });

  test("either engine reads the other's tags, and a tag doesn't change the state's revision", async () => {
    const embedded = embeddedEngine();
    const spec = project.spec();
    const before = [await engine.revision(spec), await embedded.revision(spec)];
    await engine.setTag(spec, "test:one", "by the CLI");
    await embedded.setTag(spec, "test:two", "by the embedded");
    const both = { "test:one": "by the CLI", "test:two": "by the embedded" };
    expect(await engine.tags(spec)).toMatchObject(both);
    expect(await embedded.tags(spec)).toMatchObject(both);
    expect([await engine.revision(spec), await embedded.revision(spec)]).toEqual(before);
    const absent = project.spec("absent");
    expect([await engine.revision(absent), await engine.tags(absent)]).toEqual([undefined, {}]);
  });

  test("a change shows its differences, is applied, and changes the revision", async () => {
    const before = await engine.revision(project.spec());
    project.write(program('"two"'));
    const { events, onEvent } = recorder();
    expect((await project.preview({ onEvent })).changes).toEqual({ update: 1, same: 3 });
    const update = events.find(({ resourcePreEvent }) => resourcePreEvent?.metadata.op === "update");
    expect(update?.resourcePreEvent).toMatchObject({
      planning: true,
      metadata: { diffs: ["value"], old: { inputs: { value: "one" } }, new: { inputs: { value: "two" } } },
    });
    expect((await project.up(undefined, { refresh: true })).changes).toEqual({ update: 1, same: 3 });
    expect(await engine.revision(project.spec())).not.toBe(before);
  });

  test("a resource that fails is an error of that resource", async () => {
    project.calls();
    project.fault({ "update first": "fail" });
    const run = await project.up(program('"three"'));
    project.fault({});
    expect(run.result).toBe("failed");
    const failure = run.diagnostics.find(({ urn }) => urn?.endsWith("::first"));
    expect(failure).toMatchObject({
      severity: "error",
      message: expect.stringContaining("update was refused"),
    });
  });

  test("a program that throws fails the run immediately", async () => {
    const run = await project.up('throw new Error("the program broke");');
    expect(run.result).toBe("failed");
    expect(run.diagnostics.map(({ message }) => message).join()).toContain("the program broke");
    expect(run.durationSeconds).toBeLessThan(30);
    project.write(program('"two"'));
  });

  test("a locked stack is refused", async () => {
    const locks = join(project.backend, ".pulumi/locks/organization/trial/dev");
    mkdirSync(locks, { recursive: true });
    writeFileSync(
      join(locks, "other.json"),
      '{"pid":1,"username":"x","hostname":"h","timestamp":"2026-01-01T00:00:00Z"}',
    );
    await expect(project.up()).rejects.toThrow(/locked/);
    rmSync(locks, { recursive: true });
  });

  test("a wrong passphrase and a missing stack are user errors", async () => {
    const wrong = { ...project.spec(), passphrase: new Secret("wrong") };
    await expect(engine.preview(wrong)).rejects.toThrow(/incorrect passphrase/);
    await expect(engine.refresh(project.spec("nobody"))).rejects.toThrow(/no stack nobody/);
    expect(existsSync(join(project.folder, "settings/Pulumi.nobody.yaml"))).toBe(false);
  });

  test("an interrupted run finishes and saves running operations, and leaves no lock", async () => {
    project.fault({ "create slow": "until-cancelled" });
    const stop = new AbortController();
    const run = await project.up(`${program('"two"')}; new Thing("slow", {});`, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.resourcePreEvent?.metadata.urn.endsWith("::slow")) stop.abort();
      },
    });
    project.fault({});
    expect(run.result).toBe("failed");
    expect(run.diagnostics.map(({ message }) => message)).toContain("update canceled");
    expect(project.resource("slow")).toBeDefined();
    expect(project.state().pending).toEqual([]);
    expect(readdirSync(join(project.backend, ".pulumi/locks/organization/trial/dev"))).toEqual([]);
    project.write(program('"two"'));
  });

  test("settings can be in another folder, and the project's own are not changed", async () => {
    const settingsFolder = join(project.folder, "elsewhere");
    const spec = { ...project.spec("apart"), settingsFolder };
    const own = readdirSync(join(project.folder, "settings"));
    expect((await engine.up(spec)).result).toBe("succeeded");
    expect(readdirSync(settingsFolder)).toEqual(["Pulumi.apart.yaml"]);
    expect(readdirSync(join(project.folder, "settings"))).toEqual(own);
    expect((await engine.preview(spec)).changes).toEqual({ same: 4 });
  });

  test("destroy stops at protected resources, unless they are ignored", async () => {
    expect((await project.destroy()).result).toBe("failed");
    expect(project.resource("second")).toBeDefined();
    const run = await project.destroy({ ignoreProtect: true });
    expect(run).toMatchObject({ result: "succeeded" });
    expect(await engine.resources(project.spec())).toEqual([]);
  });
});
