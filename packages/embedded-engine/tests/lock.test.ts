import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { ownIdentity } from "@tenantry/core/process-identity";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StackLock } from "../src/lock.ts";

let root: string;
let folder: string;
let warnings: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lock-"));
  folder = join(root, "locks");
  warnings = [];
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function acquire(): Promise<StackLock> {
  return StackLock.acquire(folder, (message) => warnings.push(message));
}

function leave(content: object): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "other.json");
  writeFileSync(
    file,
    JSON.stringify({ username: userInfo().username, hostname: hostname(), timestamp: "then", ...content }),
  );
  return file;
}

/** The pid of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

test("a second run is refused, and the error names the holder", async () => {
  const held = await acquire();
  await expect(acquire()).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringMatching(/currently locked by 1 lock.*pid \d+/s),
    remedy: expect.stringContaining("pulumi cancel"),
  });
  await held.release();
  await (await acquire()).release();
  expect(readdirSync(folder)).toEqual([]);
});

test("two parallel runs never both get it", async () => {
  for (let round = 0; round < 20; round++) {
    const results = await Promise.allSettled([acquire(), acquire()]);
    const held = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(held.length).toBeLessThanOrEqual(1);
    for (const lock of held) await lock.release();
    expect(readdirSync(folder)).toEqual([]);
  }
});

const own = ownIdentity();

/** The identity of a process that has ended, in this process's namespace. */
const ended = () => ({ ...own, pid: deadPid(), started: "1" });

test.each([
  ["that no longer exists", ended],
  ["whose id another process has now", () => ({ ...own, started: "1" })],
])("a lock is removed with a warning if it belongs to a process %s", async (_, identity) => {
  const file = leave({ pid: 1, process: identity() });
  await (await acquire()).release();
  expect(existsSync(file)).toBe(false);
  expect(warnings).toEqual([expect.stringMatching(/Removed the lock of .*, whose run was killed/)]);
});

test.each([
  ["a running process", () => ({ pid: process.pid, process: own })],
  ["another host", () => ({ pid: 1, hostname: "elsewhere", process: ended() })],
  ["another boot", () => ({ pid: 1, process: { ...ended(), boot: "another" } })],
  ["another PID namespace", () => ({ pid: 1, process: { ...ended(), pidNamespace: "pid:[1]" } })],
  ["the Pulumi CLI, which records only a process id", () => ({ pid: deadPid() })],
  ["a process whose identity is incomplete", () => ({ pid: 1, process: { pid: deadPid() } })],
])("the lock of %s is respected", async (_, content) => {
  leave(content());
  await expect(acquire()).rejects.toMatchObject({ name: "UserError" });
  expect(warnings).toEqual([]);
});

const UNSHARE = ["--fork", "--pid", "--mount-proc"];
const canUnshare = spawnSync("unshare", [...UNSHARE, "true"]).status === 0;

test.skipIf(!canUnshare)("a run in a container with the same host name keeps its lock", async () => {
  const program = `
    const { StackLock } = await import(${JSON.stringify(join(import.meta.dirname, "../src/lock.ts"))});
    await StackLock.acquire(${JSON.stringify(folder)}, () => {});
    console.log("held");
    process.stdin.resume();`;
  const node = [process.execPath, "--import", "tsx/esm", "--input-type=module", "-e", program];
  const container = spawn("unshare", [...UNSHARE, ...node], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(container, "exit");
  try {
    await once(container.stdout, "data");
    await expect(acquire()).rejects.toMatchObject({ name: "UserError" });
    expect(warnings).toEqual([]);
  } finally {
    container.stdin.end();
    container.kill();
    await exited;
  }
});

test("a lock file that can't be read is a lock", async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "other.json"), "");
  await expect(acquire()).rejects.toMatchObject({ name: "UserError" });
});
