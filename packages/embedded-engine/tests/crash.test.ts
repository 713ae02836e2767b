import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunResult } from "../src/interface.ts";
import { PASSPHRASE, TestProject } from "./project.ts";

let project: TestProject;
beforeEach(() => {
  project = new TestProject();
});
afterEach(() => project.remove());

/** A program that prints its process id and then declares resources. */
function program(body: string): void {
  project.write(
    `require("fs").writeFileSync(process.env.TEST_WORLD + "/program.pid", String(process.pid)); ${body}`,
  );
}

/** Runs `up` in a separate process. */
function start(): ChildProcess {
  const spec = JSON.stringify({ ...project.spec(), passphrase: PASSPHRASE });
  return spawn(process.execPath, [fileURLToPath(new URL("./run-up.js", import.meta.url))], {
    env: { ...process.env, SPEC: spec },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function result(child: ChildProcess): Promise<RunResult> {
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(child, "close");
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

/** Resolves when the provider has received this call. */
async function asked(call: string): Promise<void> {
  const [operation, name] = call.split(" ");
  const isThere = () =>
    readdirSync(project.world).includes("calls.jsonl") &&
    readFileSync(join(project.world, "calls.jsonl"), "utf8").includes(
      `"call":"${operation}","name":"${name}"`,
    );
  const watcher = watch(project.world);
  while (!isThere()) await once(watcher, "change");
  watcher.close();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  await expect.poll(() => isAlive(pid)).toBe(false);
}

function pidOf(name: string): number {
  return Number(readFileSync(join(project.world, `${name}.pid`), "utf8"));
}

function locks(): readonly string[] {
  return readdirSync(join(project.backend, ".pulumi/locks/organization/trial/dev"));
}

describe("a run that is killed in the middle of a create", () => {
  test("leaves finished resources, the pending operation and the lock, and the next run continues", async () => {
    program('const a = new Thing("a", { value: pulumi.secret("hidden") }); new Thing("b", { value: a.id });');
    project.fault({ "create b": "hang" });
    const child = start();
    await asked("create b");
    child.kill("SIGKILL");
    await once(child, "close");

    await gone(pidOf("program"));
    await gone(pidOf("provider"));
    expect(project.resource("a")).toBeDefined();
    expect(project.state().pending).toEqual([
      { type: "creating", resource: expect.objectContaining({ urn: expect.stringMatching(/::b$/) }) },
    ]);
    expect(project.state().pending[0]?.resource.id).toBeUndefined();
    expect(locks()).toHaveLength(1);

    project.fault({});
    project.calls();
    const run = await project.up();
    expect(run).toMatchObject({ result: "succeeded", changes: { same: 2, create: 1 } });
    expect(run.diagnostics.map(({ severity, message }) => [severity, message.split("\n")[0]])).toEqual([
      ["warning", expect.stringContaining("Removed the lock of")],
      ["warning", expect.stringContaining("1 pending operations")],
    ]);
    expect(project.calls()).toEqual(["create b"]);
    expect(locks()).toEqual([]);

    // As with the Pulumi CLI, only a refresh with clearPendingCreates clears it.
    expect(project.state().pending).toHaveLength(1);
    await project.refresh();
    expect(project.state().pending).toHaveLength(1);
    await project.refresh({ clearPendingCreates: true });
    expect(project.state().pending).toEqual([]);
    expect((await project.up()).diagnostics).toEqual([]);
  });
});

test.each(["update", "delete"])(
  "a pending %s is forgotten by the next run, which does it again",
  async (operation) => {
    await project.up('new Thing("a", { value: 1 });');
    program(operation === "update" ? 'new Thing("a", { value: 2 });' : "");
    project.fault({ [`${operation} a`]: "hang" });
    project.calls();
    const child = start();
    await asked(`${operation} a`);
    child.kill("SIGKILL");
    await once(child, "close");
    expect(project.state().pending).toMatchObject([
      { type: operation === "update" ? "updating" : "deleting" },
    ]);
    project.fault({});
    project.calls();
    expect((await project.up()).result).toBe("succeeded");
    expect(project.calls()).toEqual([`${operation} a`]);
    expect(project.state().pending).toEqual([]);
  },
);

test("an interrupted run finishes and saves running operations, starts no new ones, and releases the lock", async () => {
  program('const a = new Thing("a", {}); new Thing("b", { value: a.id });');
  project.fault({ "create a": "until-cancelled" });
  const child = start();
  const ending = result(child);
  await asked("create a");
  child.kill("SIGINT");
  const run = await ending;
  expect(run.result).toBe("failed");
  expect(run.diagnostics).toEqual([
    expect.objectContaining({ severity: "error", message: "update canceled" }),
  ]);
  expect(project.calls()).toEqual(["create a"]);
  expect(project.resource("a")).toBeDefined();
  expect(project.state().pending).toEqual([]);
  expect(locks()).toEqual([]);
  await gone(pidOf("program"));
  await gone(pidOf("provider"));
  expect(await project.up()).toMatchObject({ result: "succeeded", changes: { same: 2, create: 1 } });
});
