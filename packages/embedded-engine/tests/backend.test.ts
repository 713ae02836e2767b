import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { FileBackend } from "../src/backend.ts";

const STATE = JSON.stringify({
  version: 3,
  checkpoint: { stack: "organization/trial/dev", latest: { resources: [] } },
});

test.each<readonly [string, string | Buffer, string]>([
  ["empty", "", ""],
  ["cut", STATE.slice(0, 60), ""],
  ["cut, and compressed", gzipSync(STATE).subarray(0, 30), ".gz"],
  ["an empty object", "{}", ""],
  ["a list", "[]", ""],
  ["null", "null", ""],
  ["without a checkpoint", '{"version":3}', ""],
  ["without a list of resources", '{"version":3,"checkpoint":{"latest":{"resources":{}}}}', ""],
])("a state file that is %s is the user's to restore", async (_what, content, ending) => {
  const root = mkdtempSync(join(tmpdir(), "backend-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const backend = new FileBackend(`file://${root}`, "trial");
  const file = `${backend.stackFile("dev")}${ending}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  await expect(backend.read("dev")).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining(`The state file ${file} is damaged`),
    remedy: expect.stringContaining(`${file}.bak`),
  });
});
