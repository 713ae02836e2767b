import { Secret } from "@tenantry/core/secret";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secrets } from "../../../../src/provider/resources/supabase/secrets.ts";
import { dataOf } from "../../../../src/vendors/supabase/client.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";

let live: Live;
let ref: string;

beforeAll(async () => {
  live = await startLive();
  ref = await live.project("secrets");
});
afterAll(() => live.stop());

const life = () => new Life(secrets, live.context());
const api = () => live.context()("write").supabase.api;
const params = () => ({ params: { path: { ref } } });
const writes = () => live.sandbox.requests().filter(({ write }) => write);

async function names(): Promise<string[]> {
  const found = await dataOf(api().GET("/v1/projects/{ref}/secrets", params()));
  return found
    .map(({ name }) => name)
    .filter((name) => !name.startsWith("SUPABASE_"))
    .sort();
}

describe("edge secrets", () => {
  test("are written, changed, left alone and removed; undeclared ones stay", async () => {
    const body = [{ name: "BY_HAND", value: "kept" }];
    await dataOf(api().POST("/v1/projects/{ref}/secrets", { ...params(), body }));
    const one = life();
    await one.up({ project: ref, secrets: { A: "first-value", B: new Secret("second-value") } });
    expect(await names()).toEqual(["A", "B", "BY_HAND"]);

    live.sandbox.clearRequests();
    await one.up({ project: ref, secrets: { A: "first-value", B: "another-value" } });
    expect(writes().map((it) => JSON.parse(it.body))).toEqual([[{ name: "B", value: "another-value" }]]);

    live.sandbox.clearRequests();
    await one.up({ project: ref, secrets: { A: "first-value", B: "another-value" } });
    expect(writes()).toEqual([]);
    expect(await one.refresh()).toEqual([]);

    await one.up({ project: ref, secrets: { A: "first-value" } });
    expect(await names()).toEqual(["A", "BY_HAND"]);
    await one.remove();
    expect(await names()).toEqual(["BY_HAND"]);
  });

  test("a value that was changed or removed outside tenantry is drift", async () => {
    const one = life();
    await one.up({ project: ref, secrets: { C: "declared", D: "declared too" } });
    const body = [{ name: "C", value: "tampered" }];
    await dataOf(api().POST("/v1/projects/{ref}/secrets", { ...params(), body }));
    await dataOf(api().DELETE("/v1/projects/{ref}/secrets", { ...params(), body: ["D"] }));
    const inputs = secrets.inputs.parse({ project: ref, secrets: { C: "declared", D: "declared too" } });
    const found = await secrets.observe(live.context()("look"), { id: ref, inputs, outputs: {} });
    expect(Object.keys(found?.inputs.secrets ?? {})).toEqual(["C"]);
    expect(found?.inputs.secrets.C?.reveal()).toMatch(/^changed elsewhere, SHA-256 [0-9a-f]{64}$/);
    await one.up({ project: ref, secrets: { C: "declared", D: "declared too" } });
    expect(await one.refresh()).toEqual([]);
  });

  test("aren't written if only the source's name changes, and the source shows an outside change", async () => {
    const one = life();
    const secretsBefore = { F: "same", G: "kept" };
    await one.up({ project: ref, secrets: secretsBefore, sources: { F: "acme-a", G: "acme-g" } });
    live.sandbox.clearRequests();
    await one.up({ project: ref, secrets: secretsBefore, sources: { F: "acme-b", G: "acme-g" } });
    expect(writes()).toEqual([]);
    expect(await one.refresh()).toEqual([]);

    const body = [{ name: "F", value: "tampered" }];
    await dataOf(api().POST("/v1/projects/{ref}/secrets", { ...params(), body }));
    await dataOf(api().DELETE("/v1/projects/{ref}/secrets", { ...params(), body: ["G"] }));
    const inputs = secrets.inputs.parse({
      project: ref,
      secrets: secretsBefore,
      sources: { F: "acme-b", G: "acme-g" },
    });
    const found = await secrets.observe(live.context()("look"), { id: ref, inputs, outputs: {} });
    expect(found?.inputs.sources).toEqual({ F: "changed elsewhere" });
  });

  test("take one call to create and one to refresh", async () => {
    const one = life();
    live.sandbox.clearRequests();
    await one.up({ project: ref, secrets: { E: "value" } });
    await one.refresh();
    expect(live.sandbox.requests().map(({ method }) => method)).toEqual(["POST", "GET"]);
  });
});
