import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const REPOSITORY = join(import.meta.dirname, "../..");

/** Text that the figures of each benchmark contain. */
const FIGURES = [
  "parse the same files with yaml",
  "unchanged organizations, peak memory",
  "planning it alone and reading git's index",
  "previewing it alone and reading git's index",
  "one member leaves among",
  "Management API calls of a new workspace",
  "row-secured query",
  "after an expired invitation, median",
  "after the only process was killed",
  "debits per second",
];

// It runs what `npm run bench` runs, without building again: the tests of a suite share one build.
test("every benchmark runs to its end on tiny sizes", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx/esm", "bench/main.ts"], {
    cwd: REPOSITORY,
    env: { ...process.env, TENANTRY_BENCH: "tiny" },
  });
  const figures = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { name: string; value: number });
  const names = figures.map(({ name }) => name).join("\n");
  for (const text of FIGURES) expect(names).toContain(text);
  for (const { name, value } of figures) expect(value, name).toBeTypeOf("number");
});
