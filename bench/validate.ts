import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Figure, median, rounded } from "./figure.ts";
import { writeFleet } from "./manifests.ts";
import { size } from "./size.ts";

const ORGANIZATIONS = size(10_000, 20);
const PAIRS = size(3, 1);

/** Compares validating a large fleet with only parsing the same files with `yaml`. Each runs in its own process. */
export async function measureValidate(): Promise<Figure[]> {
  const stacks = mkdtempSync(join(tmpdir(), "tenantry-bench-"));
  // The folders beside a platform's are platforms too.
  const folder = join(stacks, "fleet");
  try {
    writeFleet(folder, ORGANIZATIONS);
    const pairs: { ratio: number; mebibytes: number }[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const parse = await run("parse", folder);
      const validate = await run("validate", folder);
      pairs.push({ ratio: validate.seconds / parse.seconds, mebibytes: validate.mebibytes });
    }
    const name = `validate ${ORGANIZATIONS} organizations of 3 workspaces`;
    return [
      {
        name: `${name} / parse the same files with yaml`,
        value: rounded(median(pairs.map(({ ratio }) => ratio))),
        unit: "ratio",
        goal: 1.5,
        better: "lower",
      },
      {
        name: `${name}, peak memory`,
        value: Math.max(...pairs.map(({ mebibytes }) => Math.round(mebibytes))),
        unit: "MiB",
        goal: 1024,
        better: "lower",
      },
    ];
  } finally {
    rmSync(stacks, { recursive: true });
  }
}

async function run(
  mode: "parse" | "validate",
  folder: string,
): Promise<{ seconds: number; mebibytes: number }> {
  const script = join(import.meta.dirname, "validate-once.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--import",
    "tsx/esm",
    script,
    mode,
    folder,
  ]);
  return JSON.parse(stdout) as { seconds: number; mebibytes: number };
}
