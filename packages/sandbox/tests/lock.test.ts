import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
    const taken = await Promise.all(Array.from({ length: 8 }, () => lockFolder(at)));
    const [release, ...others] = taken.filter((one) => one !== undefined);
    expect(others).toEqual([]);
    await release?.();
    expect(await readdir(at)).toEqual([]);
  }
});

test("the lock of a killed process is replaced, even an empty lock file", async () => {
  const at = await folder();
  for (const left of ["", String(2 ** 22)]) {
    await writeFile(join(at, "sandbox.lock"), left);
    const release = await lockFolder(at);
    expect(await lockFolder(at)).toBeUndefined();
    await release?.();
  }
});
