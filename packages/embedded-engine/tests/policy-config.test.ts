import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPolicyConfig } from "../src/policy-config.ts";

/** What a file does to policies is `tests/conformance`'s matter; here is what is said of one that can't be used. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tenantry-policy-config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["no JSON", "{", /JSON/],
  ["a level that there is not", '{ "one": "sometimes" }', /→ at one/],
  ["a level that is no word", '{ "one": { "enforcementLevel": 3 } }', /→ at one/],
  ["no settings", '{ "one": 3 }', /→ at one/],
  ["a list", "[]", /expected record/],
])("a file with %s is refused by its name", async (_, text, why) => {
  const file = join(folder, "config.json");
  writeFileSync(file, text);
  await expect(readPolicyConfig(file)).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringMatching(new RegExp(`config\\.json says: .*${why.source}`, "s")),
    remedy: expect.stringContaining("enforcementLevel"),
  });
});

test("a file that is not there is refused by its name", async () => {
  await expect(readPolicyConfig(join(folder, "none.json"))).rejects.toThrow(/none\.json says: ENOENT/);
});
