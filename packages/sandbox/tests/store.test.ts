import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Store } from "../src/store.ts";

function journal(): string {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "store.journal");
}

test("documents are restored in their order, without deleted ones", () => {
  const file = journal();
  const first = new Store(file).collection<{ n: number }>("things");
  for (const [id, n] of [
    ["p/b", 1],
    ["p/a", 2],
    ["q/c", 3],
    ["p/b", 4],
  ] as const)
    first.put(id, { n });
  first.delete("q/c");
  const second = new Store(file).collection<{ n: number }>("things");
  expect(second.values()).toEqual([{ n: 4 }, { n: 2 }]);
  expect(second.under("p/a")).toEqual([{ n: 2 }]);
  expect(second.get("q/c")).toBeUndefined();
  expect(readFileSync(file, "utf8").split("\n")).toHaveLength(3);
});

test("an incomplete change of a killed process is ignored", () => {
  const file = journal();
  new Store(file).collection("things").put("a", { n: 1 });
  appendFileSync(file, '{"collection":"things","id":"b","value":{"n":{}');
  const again = new Store(file).collection("things");
  expect(again.values()).toEqual([{ n: 1 }]);
  again.put("c", { n: 3 });
  expect(new Store(file).collection("things").values()).toEqual([{ n: 1 }, { n: 3 }]);
});
