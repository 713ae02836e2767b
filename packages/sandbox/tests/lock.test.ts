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

test("of many that come at once one gets the folder, until it gives it back", async () => {
  const at = await folder();
  for (let round = 0; round < 100; round++) {
    const taken = await Promise.all(Array.from({ length: 8 }, () => lockFolder(at)));
    const [release, ...others] = taken.filter((one) => one !== undefined);
    expect(others).toEqual([]);
    await release?.();
    expect(await readdir(at)).toEqual([]);
  }
});

test("one that was killed has it no longer, wherever it was cut", async () => {
  const at = await folder();
  for (const left of ["", String(2 ** 22)]) {
    await writeFile(join(at, "sandbox.lock"), left);
    const release = await lockFolder(at);
    expect(await lockFolder(at)).toBeUndefined();
    await release?.();
  }
});
