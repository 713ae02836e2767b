import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { TAR_END, tarHeader, tarPadding } from "../src/tar.ts";

const LONGEST = `${"d".repeat(155)}/${"f".repeat(100)}`;

test("tar reads the written archive", () => {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-tar-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = { "a.txt": "a", "b/c": "", full: "x".repeat(512), [LONGEST]: "y".repeat(513) };
  const parts = Object.entries(files).flatMap(([name, text]) => [
    tarHeader(name, text.length) ?? Buffer.alloc(0),
    Buffer.from(text),
    tarPadding(text.length),
  ]);
  const file = join(folder, "made.tar");
  writeFileSync(file, Buffer.concat([...parts, TAR_END]));
  const tar = (...args: readonly string[]) => execFileSync("tar", args, { encoding: "utf8" });
  expect(tar("-tf", file).trim().split("\n")).toEqual(Object.keys(files));
  for (const [name, text] of Object.entries(files)) expect(tar("-xOf", file, name)).toBe(text);
});

test.each([
  ["101 characters without a slash", "f".repeat(101)],
  ["a slash too late", `${"d".repeat(156)}/f`],
  ["a slash too early", `d/${"f".repeat(101)}`],
  ["non-ASCII characters", "ü"],
])("a name of %s has no header", (_, name) => {
  expect(tarHeader(name, 1)).toBeUndefined();
});
