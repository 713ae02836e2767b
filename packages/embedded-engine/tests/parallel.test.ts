import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestProject } from "./project.ts";
import { serveProvider } from "./provider.ts";

const PARALLEL = 2;
const NAMES = Array.from({ length: 8 }, (_, index) => `thing-${index}`);

let project: TestProject;
let provider: Awaited<ReturnType<typeof serveProvider>>;
let running = 0;
let most = 0;

/** Counts the deletions at the same time, long enough for all of them to arrive. */
async function deleting(): Promise<void> {
  running += 1;
  most = Math.max(most, running);
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
  running -= 1;
}

beforeAll(async () => {
  project = new TestProject();
  provider = await serveProvider(project.world, deleting);
});
afterAll(() => {
  provider.close();
  project.remove();
});

function things(kind: string): string {
  return NAMES.map((name) => `new Thing("${name}", { kind: "${kind}", first: "delete" });`).join("\n");
}

test.each<[string, string]>([
  ["of undeclared resources", ""],
  ["before replacements", things("two")],
])("no more deletions than allowed run at the same time: %s", async (_, program) => {
  const options = { parallel: PARALLEL, attach: { test: `127.0.0.1:${provider.port}` } };
  expect((await project.up(things("one"), options)).result).toBe("succeeded");
  most = 0;
  expect((await project.up(program, options)).result).toBe("succeeded");
  expect(most).toBeLessThanOrEqual(PARALLEL);
});

test("destroy respects the limit too", async () => {
  const options = { parallel: PARALLEL, attach: { test: `127.0.0.1:${provider.port}` } };
  await project.up(things("one"), options);
  most = 0;
  expect((await project.destroy(options)).result).toBe("succeeded");
  expect(most).toBeLessThanOrEqual(PARALLEL);
});
