import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Figure, median, rounded } from "./figure.ts";
import { writeFleet } from "./manifests.ts";
import { size } from "./size.ts";

const ORGANIZATIONS = size(1_000, 20);
const RUNS = size(5, 1);
const run = promisify(execFile);

/** Measures `tenantry plan` of one changed organization among many, as a process in a git repository. */
export async function measurePlan(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-bench-"));
  const git = (...args: string[]) =>
    run("git", ["-c", "user.name=Ada", "-c", "user.email=ada@acme.example", ...args], { cwd: folder });
  try {
    writeFleet(join(folder, "stacks/fleet"), ORGANIZATIONS);
    await git("init", "--quiet", "--initial-branch=main");
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "Manifests");
    const file = join(folder, "stacks/fleet/orgs/customer-7.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("role: admin", "role: member"));
    const seconds: number[] = [];
    for (let turn = 0; turn < RUNS; turn++) seconds.push(await planOnce(folder));
    return [
      {
        name: `plan one change among ${ORGANIZATIONS} organizations of 3 workspaces`,
        value: rounded(median(seconds)),
        unit: "s",
        goal: 2,
        better: "lower",
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function planOnce(folder: string): Promise<number> {
  const begin = performance.now();
  const command = [join(import.meta.dirname, "../bin/tenantry"), "plan", "--since", "main"];
  const changes = 2;
  const code = await run(process.execPath, command, { cwd: folder }).then(
    () => 0,
    (error: { code: number }) => error.code,
  );
  if (code !== changes) throw new Error(`the plan ended with ${code}`);
  return (performance.now() - begin) / 1000;
}
