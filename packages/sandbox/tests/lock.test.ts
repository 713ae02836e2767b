import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdir, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { ownIdentity } from "@tenantry/core/process-identity";
import { expect, onTestFinished, test } from "vitest";
import { lockFolder } from "../src/lock.ts";
import { temporaryFolder } from "./local-sandbox.ts";

async function folder(): Promise<string> {
  const made = await temporaryFolder();
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

test("only one of several concurrent callers locks a folder until it is released", async () => {
  const at = await folder();
  for (let round = 0; round < 100; round++) {
    const taken = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(at)));
    const [release, ...others] = taken.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(others).toEqual([]);
    await release?.();
    expect(await readdir(at)).toEqual([]);
  }
});

const own = ownIdentity();

/** A lock of a process that has ended, in this process's namespace. */
const ended = () => ({
  hostname: hostname(),
  pid: 1,
  process: { ...own, pid: spawnSync(process.execPath, ["-e", ""]).pid },
});

test.skipIf(own === undefined)("the lock of a killed process is replaced", async () => {
  const at = await folder();
  await writeFile(join(at, "sandbox.lock"), JSON.stringify(ended()));
  const release = await lockFolder(at);
  await expect(lockFolder(at)).rejects.toMatchObject({ name: "UserError" });
  await release();
});

test.each([
  ["another host", () => JSON.stringify({ ...ended(), hostname: "elsewhere" })],
  ["another boot", () => JSON.stringify({ ...ended(), process: { ...ended().process, boot: "another" } })],
  [
    "another PID namespace",
    () => JSON.stringify({ ...ended(), process: { ...ended().process, pidNamespace: "pid:[1]" } }),
  ],
  ["an earlier version, with only a process id", () => String(2 ** 22)],
  ["nobody, because the disk was full", () => ""],
])("a lock of %s is kept, and the error says how to remove it", async (_, text) => {
  const at = await folder();
  await writeFile(join(at, "sandbox.lock"), text());
  await expect(lockFolder(at)).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining("holds its lock"),
    remedy: expect.stringContaining(`rm '${join(at, "sandbox.lock")}'`),
  });
  expect(await readdir(at)).toEqual(["sandbox.lock"]);
});

const UNSHARE = ["--fork", "--pid", "--mount-proc"];
const canUnshare = spawnSync("unshare", [...UNSHARE, "true"]).status === 0;

test.skipIf(!canUnshare)("a sandbox in a container with the same host name keeps its lock", async () => {
  const at = await folder();
  const program = `
    const { lockFolder } = await import(${JSON.stringify(join(import.meta.dirname, "../src/lock.ts"))});
    await lockFolder(${JSON.stringify(at)});
    console.log("held");
    process.stdin.resume();`;
  const node = [process.execPath, "--import", "tsx/esm", "--input-type=module", "-e", program];
  const container = spawn("unshare", [...UNSHARE, ...node], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(container, "exit");
  try {
    await once(container.stdout, "data");
    await expect(lockFolder(at)).rejects.toMatchObject({ name: "UserError" });
  } finally {
    container.stdin.end();
    container.kill();
    await exited;
  }
});
