import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OutputsDocument } from "../../src/cli/commands/outputs.ts";
import type { FleetReport } from "../../src/fleet/report.ts";
import { type ProductSandbox, startProductSandbox } from "../product-sandbox.ts";
import { folderWith, ORGANIZATION, PLATFORM, tenantry } from "./command-line.ts";

const ACME = "stacks/demo/orgs/acme.yaml";
const PLATFORM_FILE = "stacks/demo/platform.yaml";
const ONE_WORKSPACE = ORGANIZATION.replace(", staging: {}", "");

let folder: ReturnType<typeof folderWith>;
let sandbox: ProductSandbox;

beforeAll(async () => {
  folder = folderWith({ [PLATFORM_FILE]: PLATFORM, [ACME]: ONE_WORKSPACE });
  sandbox = await startProductSandbox({
    folder: join(folder.path, ".tenantry/sandbox"),
    readinessMilliseconds: 1,
  });
});

afterAll(async () => {
  await sandbox.stop();
  folder.remove();
});

/** Runs a command that joins the sandbox, and parses its JSON output. */
async function run<Document>(...args: string[]): Promise<{ exitCode: number; document: Document }> {
  const ran = await tenantry([...args, "--json", "--sandbox"], { cwd: folder.path });
  return { exitCode: ran.exitCode, document: JSON.parse(ran.stdout) as Document };
}

const outcomes = ({ stacks }: FleetReport) =>
  Object.fromEntries(stacks.map((stack) => [stack.stack, stack.outcome]));

const writes = () => sandbox.requests().filter((request) => request.write).length;

test("creates an organization, and a second run changes nothing", async () => {
  const preview = await run<FleetReport>("preview");
  expect(preview.exitCode).toBe(2);
  expect(outcomes(preview.document)).toEqual({ "demo.platform": "changes", "demo.acme": "changes" });
  expect(writes()).toBe(0);

  const up = await run<FleetReport>("up", "--yes");
  expect(outcomes(up.document)).toEqual({ "demo.platform": "done", "demo.acme": "done" });
  expect(up.exitCode).toBe(0);
  expect(JSON.stringify(up.document)).not.toContain(sandbox.env.TENANTRY_ROOT_SECRET);

  const before = writes();
  const again = await run<FleetReport>("up", "--yes");
  expect(outcomes(again.document)).toEqual({ "demo.platform": "unchanged", "demo.acme": "unchanged" });
  expect(again.exitCode).toBe(0);
  expect(writes()).toBe(before);

  const outputs = await run<OutputsDocument>("outputs", "demo.acme");
  expect(outputs.document.stacks[0]?.outputs).toMatchObject({ plan: "free" });
}, 240_000);

test("runs the others beside a broken manifest, which isn't taken as removed", async () => {
  const state = async () => (await run<OutputsDocument>("outputs", "demo.acme")).document;
  const before = await state();
  writeFileSync(join(folder.path, ACME), `${ONE_WORKSPACE}ownr: x\n`);
  writeFileSync(join(folder.path, "stacks/demo/orgs/beta.yaml"), ONE_WORKSPACE.replaceAll("acme", "beta"));

  const preview = await run<FleetReport>("preview");
  const others = { "demo.platform": "unchanged", "demo.beta": "changes" };
  expect(outcomes(preview.document)).toEqual({ ...others, "demo.acme": "failed" });
  expect(preview.exitCode).toBe(1);
  expect(preview.document.stacks.at(-1)?.changes).toMatchObject({
    removals: [],
    problems: [{ severity: "error", message: expect.stringContaining("acme.yaml:6:1: unknown key `ownr`") }],
  });
  const saved = await tenantry(["preview", "--sandbox", "--save", "plan.json"], { cwd: folder.path });
  expect(saved).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("demo.acme failed") });

  const up = await run<FleetReport>("up", "--yes");
  expect(outcomes(up.document)).toEqual({ ...others, "demo.beta": "done", "demo.acme": "failed" });
  expect(up.exitCode).toBe(1);
  expect(await state()).toEqual(before);

  // With an error in the platform's own manifest, none of its stacks runs.
  writeFileSync(join(folder.path, PLATFORM_FILE), `${PLATFORM}curency: usd\n`);
  const written = writes();
  const none = await run<FleetReport>("up", "--yes");
  expect(outcomes(none.document)).toEqual({
    "demo.platform": "failed",
    "demo.acme": "failed",
    "demo.beta": "not started",
  });
  expect(none.exitCode).toBe(1);
  expect(writes()).toBe(written);
  writeFileSync(join(folder.path, PLATFORM_FILE), PLATFORM);
}, 240_000);

test("refuses to lose a workspace, and destroys everything", async () => {
  const before = writes();
  writeFileSync(join(folder.path, ACME), ONE_WORKSPACE.replace("production", "other"));
  const lost = await run<FleetReport>("up", "demo.acme", "--yes");
  expect(lost.exitCode).toBe(1);
  expect(lost.document.stacks[0]).toMatchObject({
    outcome: "refused",
    changes: { removals: [{ kind: "workspace", workspace: "production" }] },
  });
  expect(writes()).toBe(before);

  const destroyed = await run<FleetReport>("destroy", "--yes");
  expect(outcomes(destroyed.document)).toEqual({
    "demo.acme": "done",
    "demo.beta": "done",
    "demo.platform": "done",
  });
  expect(destroyed.exitCode).toBe(0);
}, 240_000);
