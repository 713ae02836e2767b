import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readSealed } from "../../src/archive/sealed-file.ts";
import { errorDocument } from "../../src/cli/errors.ts";
import { tenantry } from "./command-line.ts";

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

test.runIf(existsSync("/dev/full"))("a full disk is no bug, also as the cause of another error", () => {
  const full = thrownBy(() => writeFileSync("/dev/full", "text"));
  const wrapped = new Error("can't write the state", { cause: full });
  for (const error of [full, wrapped])
    expect(errorDocument(error)).toMatchObject({
      kind: "user",
      message: expect.stringContaining("ENOSPC: no space left on device"),
      remedy: expect.stringContaining("Free space"),
    });
});

test.each([["EDQUOT"], ["EROFS"], ["EACCES"], ["EMFILE"]])("%s is no bug", (code) => {
  const error = Object.assign(new Error(`${code}: refused, open '/x'`), { code });
  expect(errorDocument(error)).toMatchObject({ kind: "user", message: `${code}: refused, open '/x'` });
});

test("anything else is", () => {
  expect(errorDocument(new TypeError("x is undefined")).kind).toBe("bug");
  expect(errorDocument(Object.assign(new Error("no entry"), { code: "ENOENT" })).kind).toBe("bug");
});

test("an archive that doesn't exist is named, with where archives are looked for", async () => {
  await expect(readSealed("/nowhere/a.archive", [], async () => undefined)).rejects.toMatchObject({
    name: "UserError",
    message: "There is no archive /nowhere/a.archive.",
    remedy: expect.stringContaining("TENANTRY_ARCHIVES"),
  });
});

test.each([["up"], ["validate"], ["restore a.archive"]])("%s of a path below a file", async (command) => {
  const cwd = mkdtempSync(join(tmpdir(), "tenantry-errors-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, "acme.yaml"), "");
  const yes = command === "up" ? ["--yes"] : [];
  const target = command.startsWith("restore") ? "nobody/production" : "acme.yaml/production";
  const ran = await tenantry([...command.split(" "), target, ...yes], { cwd });
  expect(ran).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("There is no platform, manifest or stack"),
  });
});
