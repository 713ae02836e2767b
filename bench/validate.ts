import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Figure, median, rounded } from "./figure.ts";
import { size } from "./size.ts";

const ORGANIZATIONS = size(10_000, 20);
const PAIRS = size(3, 1);

/** Compares validating a large fleet with only parsing the same files with `yaml`. Each runs in its own process. */
export async function measureValidate(): Promise<Figure[]> {
  const stacks = mkdtempSync(join(tmpdir(), "tenantry-bench-"));
  // The folders beside a platform's are platforms too.
  const folder = join(stacks, "fleet");
  try {
    writeFleet(folder);
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

function writeFleet(folder: string): void {
  mkdirSync(join(folder, "orgs"), { recursive: true });
  writeFileSync(join(folder, "platform.yaml"), PLATFORM);
  for (let index = 0; index < ORGANIZATIONS; index++)
    writeFileSync(join(folder, "orgs", `customer-${index}.yaml`), organization(index));
}

const PLATFORM = `apiVersion: tenantry/v1
kind: Platform
name: fleet
currency: usd
supabase: { organization: fleet, region: us-east-1, compute: micro }
plans:
  team:
    price: { monthly: 49 }
    credits: { data: 5000, ai: 2000 }
    entitlements: { workspaces: 3, seats: 10, perWorkspaceAccess: true, rpm: 600, webhookEvents: 250000 }
defaultPlan: team
wallets:
  data: { credit: { price: 0.01 } }
  ai: { credit: { price: 0.01 } }
security: { network: { allow: [198.51.100.0/24] } }
`;

function organization(index: number): string {
  return `apiVersion: tenantry/v1
kind: Organization
name: customer-${index}
displayName: Customer ${index}
plan: team
owner: owner@customer-${index}.example
members:
  - { email: admin@customer-${index}.example, role: admin, github: admin-${index} }
  - { email: one@customer-${index}.example, role: member, workspaces: [production] }
  - { email: two@customer-${index}.example, role: member, workspaces: [production, staging] }
billing: { email: billing@customer-${index}.example, collection: charge_automatically }
wallets:
  data: { autoReload: { below: 500, add: 2000, monthlyCap: 10000 } }
  ai: { autoReload: off }
llmProvider: { kind: anthropic, apiKey: { secret: customer-${index}-anthropic } }
workspaces:
  personal: {}
  production:
    region: eu-central-1
    apiKeys: { backend: {}, ci: { rotate: 2026-11, grace: 7d } }
    connections: { warehouse: { kind: bigquery, secret: customer-${index}-bigquery } }
    cron: { nightly: { schedule: "0 3 * * *", task: "rebuild the index" } }
  staging: { connections: { warehouse: { cloneOf: production/warehouse } } }
`;
}
