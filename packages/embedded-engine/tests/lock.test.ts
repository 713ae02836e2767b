import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
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

test("one run holds it; the next has to wait, and is told whom for", async () => {
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

test("of two that come at once, never both get it", async () => {
  for (let round = 0; round < 20; round++) {
    const results = await Promise.allSettled([acquire(), acquire()]);
    const held = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(held.length).toBeLessThanOrEqual(1);
    for (const lock of held) await lock.release();
    expect(readdirSync(folder)).toEqual([]);
  }
});

test("the lock of a killed run is removed with a warning", async () => {
  const file = leave({ pid: deadPid() });
  await (await acquire()).release();
  expect(existsSync(file)).toBe(false);
  expect(warnings).toEqual([expect.stringMatching(/Removed the lock of .*, whose run was killed/)]);
});

test.each([
  ["a process that runs", { pid: process.pid }],
  ["another host, whatever its process", { pid: 2 ** 22, hostname: "elsewhere" }],
  ["another user", { pid: 2 ** 22, username: "someone" }],
])("the lock of %s stands", async (_, content) => {
  leave(content);
  await expect(acquire()).rejects.toMatchObject({ name: "UserError" });
  expect(warnings).toEqual([]);
});

test("a lock file that can't be read is a lock", async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "other.json"), "");
  await expect(acquire()).rejects.toMatchObject({ name: "UserError" });
});
