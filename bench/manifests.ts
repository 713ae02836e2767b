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
