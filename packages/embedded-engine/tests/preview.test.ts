import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UNKNOWN } from "@tenantry/core/pulumi-value";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recorder, TestProject } from "./project.ts";

let project: TestProject;
beforeAll(() => {
  project = new TestProject();
});
afterAll(() => project.remove());

const CHAIN = `
  const a = new Thing("a", { value: "known" });
  const b = new Thing("b", { value: a.id });
  exports.size = b.size;`;

function files(): readonly string[] {
  const written = readdirSync(project.folder, { recursive: true }).map(String);
  // The test provider reports that it runs.
  return written.filter((file) => file !== "world/provider.pid").sort();
}

test("a preview of a new stack shows all resources and writes nothing", async () => {
  project.write(CHAIN);
  const before = files();
  const { events, onEvent } = recorder();
  const run = await project.preview({ onEvent });
  expect(run).toMatchObject({ result: "succeeded", changes: { create: 3 } });
  expect(project.calls()).toEqual([]);
  expect(files()).toEqual(before);
  expect(events.at(-2)?.summaryEvent?.isPreview).toBe(true);
  const made = events.flatMap(({ resOutputsEvent }) => resOutputsEvent?.metadata.new ?? []);
  expect(made.find(({ urn }) => urn.endsWith("::b"))).toMatchObject({
    id: UNKNOWN,
    inputs: { value: UNKNOWN },
  });
});

test("a preview of an existing stack matches the update that follows", async () => {
  await project.up(CHAIN);
  project.calls();
  project.write(
    CHAIN.replace('{ value: "known" }', '{ value: "known", kind: "new" }').replace(
      "exports",
      'new Thing("c", {}); exports',
    ),
  );
  const text = project.stateText;
  const before = files();
  const foreseen = await project.preview();
  expect(foreseen.changes).toEqual({ same: 1, create: 1, replace: 1, update: 1 });
  expect(project.calls()).toEqual([]);
  expect(files()).toEqual(before);
  expect(project.stateText).toBe(text);
  const done = await project.up();
  expect(done.changes).toEqual(foreseen.changes);
  expect(project.calls().toSorted()).toEqual(["create a", "create c", "delete a", "update b"]);
});

test("a preview runs while another run holds the lock", async () => {
  const locks = join(project.backend, ".pulumi/locks/organization/trial/dev");
  writeFileSync(
    join(locks, "held.json"),
    JSON.stringify({ pid: process.pid, username: "x", hostname: "y", timestamp: "z" }),
  );
  expect((await project.preview()).result).toBe("succeeded");
  await expect(project.up()).rejects.toMatchObject({ name: "UserError" });
  rmSync(join(locks, "held.json"));
});

test("a provider with unknown configuration isn't called", async () => {
  const body = (region: string) => `
    const source = new Thing("source", { ${region} });
    const provider = new Provider("p", { region: source.id });
    new Thing("made", { value: 1 }, { provider });`;
  project.write(body(""));
  const first = await project.preview();
  expect(first).toMatchObject({ result: "succeeded", changes: { create: 3 } });
  await project.up();
  project.write(body('kind: "other"'));
  const second = await project.preview();
  expect(second.result).toBe("succeeded");
  expect(second.diagnostics).toEqual([
    expect.objectContaining({
      severity: "warning",
      message: expect.stringContaining("not known during preview"),
    }),
  ]);
});
