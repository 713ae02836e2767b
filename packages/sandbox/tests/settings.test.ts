import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readSettings } from "../src/settings.ts";

test("a sandbox of an earlier version keeps its root secret under the variable's present name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const env = { STRIPE_API_KEY: "sk", TENANTRY_SECRET_ROOT: "kept" };
  writeFileSync(join(folder, "sandbox.json"), JSON.stringify({ id: "x", env }));
  expect((await readSettings(folder))?.env).toEqual({ STRIPE_API_KEY: "sk", TENANTRY_ROOT_SECRET: "kept" });
});
