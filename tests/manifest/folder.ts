import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Writes files into a new folder, which is removed after the test. */
export function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const parent = mkdtempSync(join(tmpdir(), "tenantry-manifests-"));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  // The siblings of a platform's folder are the other platforms of its repository. Here there are none.
  const folder = join(parent, "stacks");
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** A platform with a cheap, a middle and an unlimited plan. */
export const PLATFORM = `apiVersion: tenantry/v1
kind: Platform
name: shop
currency: usd
supabase: { organization: shop, region: us-east-1 }
plans:
  free: { price: { monthly: 0 }, entitlements: { workspaces: 1, seats: 1, perWorkspaceAccess: false, customDomains: 0 } }
  team: { price: { monthly: 49 }, entitlements: { workspaces: 3, seats: 4, customDomains: 2 } }
  big: { price: { monthly: 499.5 }, entitlements: { workspaces: unlimited } }
defaultPlan: free
trial: { plan: team, days: 14, credits: { data: 100 } }
wallets: { data: { credit: { price: 0.01 } } }
apps: { domain: shop.example }
security: { network: { allow: [198.51.100.0/24] } }
`;

export const HEAD = "apiVersion: tenantry/v1\nkind: Organization\nname: acme\nowner: ada@acme.example\n";
