import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPolicyConfig } from "../src/policy-config.ts";

/** Errors of invalid files. `tests/conformance` tests the effect of valid ones. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tenantry-policy-config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["invalid JSON", "{", /JSON/],
  ["an unknown level", '{ "one": "sometimes" }', /→ at one/],
  ["a level that isn't text", '{ "one": { "enforcementLevel": 3 } }', /→ at one/],
  ["a number as settings", '{ "one": 3 }', /→ at one/],
  ["a list", "[]", /expected record/],
])("a file with %s is refused by its name", async (_, text, why) => {
  const file = join(folder, "config.json");
  writeFileSync(file, text);
  await expect(readPolicyConfig(file)).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringMatching(new RegExp(`config\\.json can't be used: .*${why.source}`, "s")),
    remedy: expect.stringContaining("enforcementLevel"),
  });
});

test("a missing file is refused by its name", async () => {
  await expect(readPolicyConfig(join(folder, "none.json"))).rejects.toThrow(
    /none\.json can't be used: ENOENT/,
  );
});
