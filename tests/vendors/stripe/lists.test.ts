import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

/** The functions that read all pages of a list. Awaiting a list directly returns its first page only. */
const READERS = /(listAll|findInList)\(\s*"[\w.]+",\s*$/;

test("every Stripe list is read to its end", async () => {
  const entries = await readdir("src", { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    // The demo inspects a sandbox with Stripe's client, independently of tenantry's code.
    .filter((file) => !file.startsWith("src/demo"));
  const calls = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, "utf8");
      return [...text.matchAll(/\b(context\.)?stripe(\.\w+)+\.(list\w*)\(/g)].map(({ index, 0: call }) => ({
        call: `${file}: ${call}`,
        isWhole: READERS.test(text.slice(0, index)),
      }));
    }),
  );
  expect(calls.flat().length).toBeGreaterThan(10);
  expect(calls.flat().filter(({ isWhole }) => !isWhole)).toEqual([]);
});
