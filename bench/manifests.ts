import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a platform `fleet` and its organizations, with 3 workspaces each. */
export function writeFleet(folder: string, organizations: number): void {
  mkdirSync(join(folder, "orgs"), { recursive: true });
  writeFileSync(join(folder, "platform.yaml"), PLATFORM);
  for (let index = 0; index < organizations; index++)
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

/** A change of the organization that {@link writeLargest} writes. */
export type LargestChange = "none" | "one member leaves" | "one role changes" | "half of the file is lost";

/**
 * Writes a platform `largest` with one organization of the largest shape that is public: 1,276 people in 284 teams, and 16
 * workspaces. The teams that a person is in decide which workspaces they may enter. All names are generated.
 */
export function writeLargest(
  folder: string,
  people: number,
  workspaces: number,
  change: LargestChange,
): void {
  mkdirSync(join(folder, "orgs"), { recursive: true });
  writeFileSync(join(folder, "platform.yaml"), LARGEST_PLATFORM);
  const names = Array.from({ length: workspaces }, (_, index) => `area-${index}`);
  const members = Array.from({ length: people - 1 }, (_, index) => memberLine(index + 1, names));
  const middle = Math.floor(members.length / 2);
  const changed = {
    none: members,
    "one member leaves": members.toSpliced(middle, 1),
    "one role changes": members.with(middle, members[middle]?.replace(/role: .*$/, "role: admin }") ?? ""),
    "half of the file is lost": members.slice(0, middle),
  }[change];
  writeFileSync(join(folder, "orgs/acme.yaml"), largestOrganization(changed, names));
}

const TEAMS = 284;
/** Every 25th person is an admin. */
const ADMINS = 25;

function memberLine(index: number, workspaces: readonly string[]): string {
  const email = `person-${index}@acme.example`;
  if (index % ADMINS === 0) return `  - { email: ${email}, role: admin }`;
  const team = index % TEAMS;
  const granted = workspaces.filter((_, position) => (team * 7 + position * 3) % 5 === 0);
  return `  - { email: ${email}, role: member, workspaces: [${granted.join(", ")}] }`;
}

function largestOrganization(members: readonly string[], workspaces: readonly string[]): string {
  return `apiVersion: tenantry/v1
kind: Organization
name: acme
plan: free
owner: person-0@acme.example
workspaces:
${workspaces.map((name) => `  ${name}: {}`).join("\n")}
members:
${members.join("\n")}
`;
}

const LARGEST_PLATFORM = `apiVersion: tenantry/v1
kind: Platform
name: largest
currency: usd
supabase: { organization: largest, region: us-east-1, compute: micro }
plans:
  free: { price: { monthly: 0 }, entitlements: { workspaces: unlimited } }
defaultPlan: free
security: { network: { allow: [198.51.100.0/24] } }
`;
