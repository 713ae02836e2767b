import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { afterAll, describe, expect, it } from "vitest";
import { exportToCommand, exportToFile } from "../../src/cli/export-secret.ts";
import { folderWith } from "./command-line.ts";

const KEY = new Secret("tnt_the-plain-value");

describe("delivering to a file", () => {
  const { path: folder, remove } = folderWith({});
  afterAll(remove);

  it("writes a file that only its owner can read, and overwrites it", async () => {
    const file = join(folder, "key");
    await exportToFile(new Secret("older"), file);
    await exportToFile(KEY, file);
    expect(readFileSync(file, "utf8")).toBe("tnt_the-plain-value");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["key"]);
  });

  it.each([
    [
      "a file that others can read",
      (path: string) => {
        writeFileSync(path, "");
        chmodSync(path, 0o644);
      },
      "chmod 600",
    ],
    ["a link", (path: string) => symlinkSync("/dev/null", path), "A link could lead"],
    ["a folder", (path: string) => mkdirSync(path), "Choose a regular file"],
  ])("refuses %s", async (what, make, remedy) => {
    const path = join(folder, what);
    make(path);
    await expect(exportToFile(KEY, path)).rejects.toMatchObject({ remedy: expect.stringContaining(remedy) });
  });

  it("refuses a folder that doesn't exist", async () => {
    await expect(exportToFile(KEY, join(folder, "nowhere/key"))).rejects.toThrow("can't be written");
  });
});

describe("delivering to a command", () => {
  const { path: folder, remove } = folderWith({});
  afterAll(remove);
  const options = { cwd: folder, env: { PATH: process.env.PATH }, signal: new AbortController().signal };

  it("passes the value on standard input, and masks it in the output", async () => {
    expect(await exportToCommand(KEY, "cat > got; cat got; echo stored >&2", options)).toBe("[secret]stored");
    expect(readFileSync(join(folder, "got"), "utf8")).toBe("tnt_the-plain-value");
  });

  it("reports the failure of a command, without the value", async () => {
    const failure = exportToCommand(KEY, "cat; exit 3", options);
    await expect(failure).rejects.toThrow("The command exited with 3: cat; exit 3\n[secret]");
    await expect(failure).rejects.not.toThrow("the-plain-value");
  });

  it("accepts a command that doesn't read its input", async () => {
    expect(await exportToCommand(new Secret("x".repeat(1_000_000)), "true", options)).toBe("");
  });
});
