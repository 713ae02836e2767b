import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { afterAll, expect, test } from "vitest";
import { selectEngine } from "../../src/engine/select.ts";

const folder = mkdtempSync(join(tmpdir(), "select-engine-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Creates a folder with a `pulumi` that only prints its version. */
function installed(name: string, version: string, mode = 0o755): string {
  const bin = join(folder, name, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "pulumi"), `#!/bin/sh\necho ${version}\n`);
  chmodSync(join(bin, "pulumi"), mode);
  return bin;
}

const NOWHERE = { PATH: join(folder, "empty"), HOME: folder };
const onPath = { ...NOWHERE, PATH: `${join(folder, "empty")}:${installed("path", "v3.260.0")}` };
installed("home", "v3.260.0");
const inHome = { ...NOWHERE, PULUMI_HOME: join(folder, "home") };

test.each([
  ["no engine is named, and no CLI is installed", undefined, NOWHERE, "embedded"],
  ["no engine is named, and a CLI is on PATH", undefined, onPath, "cli"],
  ["no engine is named, and a CLI is in PULUMI_HOME", undefined, inHome, "cli"],
  ["embedded is named", "embedded", onPath, "embedded"],
  ["cli is named", "cli", onPath, "cli"],
] as const)("selects the engine when %s", async (_, name, env, expected) => {
  expect((await selectEngine(name, env)).name).toBe(expected);
});

test("a file that isn't executable is ignored", async () => {
  const env = { ...NOWHERE, PATH: installed("data", "v3.260.0", 0o644) };
  // The file is executable for no one, so root can't run it either.
  expect((await selectEngine(undefined, env)).name).toBe("embedded");
});

test("naming cli without a CLI is an error with the searched folders and the way to install it", async () => {
  await expect(selectEngine("cli", NOWHERE)).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining("PATH"),
    remedy: expect.stringContaining("https://www.pulumi.com/docs/iac/download-install/"),
  });
});

test("a CLI that is too old is refused before it runs a command", async () => {
  const env = { ...NOWHERE, PATH: installed("old", "v3.200.0") };
  const engine = await selectEngine(undefined, env);
  const stack = {
    projectFolder: join(import.meta.dirname, "../.."),
    settingsFolder: join(folder, "settings"),
    stack: "tiny.acme",
    backendUrl: `file://${folder}/state`,
    passphrase: new Secret(""),
    env: {},
  };
  await expect(engine.preview(stack)).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining("is version 3.200.0, but 3.256.0 or later is required"),
  });
});
