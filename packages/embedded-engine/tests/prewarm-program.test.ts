import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { selectEngine } from "../../../src/engine/select.ts";
import type { Engine } from "../src/interface.ts";
import { TestProject } from "./project.ts";

let engine: Engine | undefined;
let project: TestProject | undefined;
afterEach(async () => {
  await engine?.close();
  project?.remove();
});

async function startWith(body: string): Promise<{ engine: Engine; project: TestProject }> {
  project = new TestProject();
  project.write(body);
  engine = await selectEngine("embedded", {}, project.folder);
  return { engine, project };
}

const children = () => process.getActiveResourcesInfo().filter((name) => name === "ProcessWrap").length;

test("a prewarmed program has its own stack and environment", async () => {
  const { engine, project } = await startWith(
    "exports.seen = [pulumi.getStack(), pulumi.runtime.isDryRun(), process.env.TEST_WORLD];",
  );
  await engine.up(project.spec());
  expect(await engine.outputs(project.spec())).toEqual({ seen: ["dev", false, project.world] });
});

test("its Node.js child processes start normally", async () => {
  const { engine, project } = await startWith(
    'exports.said = require("child_process").execFileSync(process.execPath, ["-p", "6 * 7"]).toString();',
  );
  await engine.up(project.spec());
  expect(await engine.outputs(project.spec())).toEqual({ said: "42\n" });
});

test("each run has its own process", async () => {
  const { engine, project } = await startWith("exports.pid = String(process.pid);");
  await engine.up(project.spec("one"));
  await engine.up(project.spec("two"));
  const pids = await Promise.all(["one", "two"].map((stack) => engine.outputs(project.spec(stack))));
  expect(new Set(pids.map((outputs) => outputs?.pid)).size).toBe(2);
});

test("an unused process is ended", async () => {
  // Processes of previous tests may still be exiting.
  await expect.poll(children).toBe(0);
  const { engine } = await startWith("");
  await expect.poll(children).toBe(1);
  await engine.close();
  await expect.poll(children).toBe(0);
});

test("a project that can't be run fails its run, not the prewarming", async () => {
  const { engine, project } = await startWith("");
  await engine.close();
  rmSync(join(project.folder, "Pulumi.yaml"));
  const late = await selectEngine("embedded", {}, project.folder);
  await late.close();
  await expect(late.up(project.spec())).rejects.toThrow("There is no");
});
