import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mapToSource } from "../../src/cli/stack-trace.ts";

const ONE = `export const one = (): string => {
  throw new Error("here");
};
`;

const MAIN = `import { one } from "./one.ts";
try {
  one();
} catch ({ stack }) {
  console.log(stack);
}
`;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tenantry-trace-"));
  writeFileSync(join(folder, "one.ts"), ONE);
  writeFileSync(join(folder, "main.ts"), MAIN);
  await build({
    entryPoints: [join(folder, "main.ts")],
    outfile: join(folder, "dist/main.mjs"),
    bundle: true,
    format: "esm",
    sourcemap: "linked",
    sourcesContent: false,
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a stack trace names the source's files and lines", () => {
  const stack = execFileSync(process.execPath, [join(folder, "dist/main.mjs")], { encoding: "utf8" });
  expect(stack).toContain("dist/main.mjs");
  const trace = mapToSource(stack);
  expect(trace).toContain(`at one (${join(folder, "one.ts")}:2:`);
  expect(trace).toContain(`${join(folder, "main.ts")}:3:`);
  expect(trace).not.toContain("dist/main.mjs");
});

test.each([
  ["of a file without a source map", "    at run (file:///nowhere/dist/chunk.js:3:4)"],
  ["of Node.js itself", "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"],
  ["of a package in CommonJS", "    at Client.call (/app/node_modules/pg/lib/client.js:526:17)"],
])("a place %s is not changed", (_, line) => {
  expect(mapToSource(`Error: x\n${line}`)).toBe(`Error: x\n${line}`);
});
