import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

/** What reads a list page by page. A list that is awaited as it is would be its first page. */
const READERS = /(listAll|findInList)\(\s*"[\w.]+",\s*$/;

test("every list of Stripe's is read to its end", async () => {
  const entries = await readdir("src", { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    // It looks at a sandbox by Stripe's own client, apart from tenantry's code.
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
