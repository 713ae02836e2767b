import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OutputsDocument } from "../../src/cli/commands/outputs.ts";
import type { FleetReport } from "../../src/fleet/report.ts";
import { type ProductSandbox, startProductSandbox } from "../product-sandbox.ts";
import { folderWith, ORGANIZATION, PLATFORM, tenantry } from "./command-line.ts";

const ACME = "stacks/demo/orgs/acme.yaml";
const ONE_WORKSPACE = ORGANIZATION.replace(", staging: {}", "");

let folder: ReturnType<typeof folderWith>;
let sandbox: ProductSandbox;

beforeAll(async () => {
  folder = folderWith({ "stacks/demo/platform.yaml": PLATFORM, [ACME]: ONE_WORKSPACE });
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

test("creates an organization, refuses to lose a workspace, and destroys everything", async () => {
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

  writeFileSync(join(folder.path, ACME), ONE_WORKSPACE.replace("production", "other"));
  const lost = await run<FleetReport>("up", "demo.acme", "--yes");
  expect(lost.exitCode).toBe(1);
  expect(lost.document.stacks[0]).toMatchObject({
    outcome: "refused",
    changes: { removals: [{ kind: "workspace", workspace: "production" }] },
  });
  expect(writes()).toBe(before);

  const destroyed = await run<FleetReport>("destroy", "--yes");
  expect(outcomes(destroyed.document)).toEqual({ "demo.acme": "done", "demo.platform": "done" });
  expect(destroyed.exitCode).toBe(0);
}, 240_000);
