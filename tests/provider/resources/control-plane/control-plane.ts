import pg from "pg";
import { databaseDefinition } from "../../../../infra/database.ts";
import { catalogue } from "../../../../src/provider/resources/control-plane/catalogue.ts";
import { access } from "../../../../src/provider/resources/postgres/access.ts";
import { schema } from "../../../../src/provider/resources/postgres/schema.ts";
import { projectName, stableId } from "../../../../src/shared/ids.ts";
import { Life } from "../../life.ts";
import { type Live, SUPABASE_ORGANIZATION } from "../../live.ts";

/** A database with the tables of its kind, before any row. */
export async function withTables(live: Live, platform: string, kind: "control-plane" | "workspace") {
  const project = await live.project(platform);
  await new Life(access, live.context()).up({
    project,
    roles: { tenantry_policy: { bypassRowSecurity: true }, tenantry_gateway: {} },
    schemas: { private: { usage: ["authenticated", "tenantry_policy", "supabase_auth_admin"] } },
  });
  await new Life(schema, live.context()).up({ project, ...databaseDefinition(kind).schema });
  return project;
}

/** What a small platform sells. */
export function catalogueOf(platform: string) {
  const limits = { workspaces: 3, seats: 5, rpm: 600, perWorkspaceAccess: true };
  return {
    controlPlane: controlPlaneOf(platform),
    platform: {
      id: stableId(platform),
      name: platform,
      displayName: "A Platform",
      currency: "usd",
      defaultPlan: "build",
      appsDomain: "apps.example",
    },
    plans: {
      build: {
        displayName: "Build",
        monthlyAmount: 0,
        productId: `${platform}_build`,
        priceLookupKey: `${platform}--build--monthly--usd-0`,
        credits: { data: 100 },
        limits,
      },
      launch: {
        displayName: "Launch",
        monthlyAmount: 4900,
        productId: `${platform}_launch`,
        priceLookupKey: `${platform}--launch--monthly--usd-4900`,
        credits: { data: 5000 },
        limits: { ...limits, webhookEvents: 250_000, customDomains: 2 },
      },
    },
    wallets: { data: { creditAmount: 1 }, ai: { creditAmount: 0.5 } },
    trial: { plan: "launch", days: 14, credits: { data: 100 } },
  };
}

export function controlPlaneOf(platform: string) {
  return { organization: SUPABASE_ORGANIZATION, name: projectName([platform], stableId(platform)) };
}

/** A control plane that sells something. */
export async function withCatalogue(live: Live, platform: string): Promise<string> {
  const project = await withTables(live, platform, "control-plane");
  await new Life(catalogue, live.context()).up(catalogueOf(platform));
  return project;
}

/** Runs while the product is in the middle of a change, which holds the organization's lock; it ends once the run waits for it. */
export async function whileTheProduct(
  url: string,
  change: string,
  run: () => Promise<unknown>,
): Promise<void> {
  const product = new pg.Client(url);
  await product.connect();
  try {
    await product.query("begin");
    await product.query("select from public.organizations for no key update");
    await product.query(change);
    let ended = false;
    const running = run().finally(() => (ended = true));
    const waiting = "select from pg_locks where not granted";
    while (!ended && (await product.query(waiting)).rowCount === 0);
    await product.query("commit");
    await running;
  } finally {
    await product.end();
  }
}

/** An organization of the platform, with an owner, an admin and a member. */
export function organizationOf(platform: string, name = "acme", generation = 1) {
  return {
    controlPlane: controlPlaneOf(platform),
    platform: stableId(platform),
    organizationId: stableId(`${platform}/${name}`, generation),
    name,
    generation,
    displayName: "Acme Robotics",
    plan: "launch",
    planInForce: "build",
    limits: { workspaces: 3, seats: 5, rpm: 600, perWorkspaceAccess: true },
    billingEmail: "billing@acme.example",
    stripeCustomer: `cus_${name}_${generation}`,
    members: {
      "ada@acme.example": { role: "owner" as const },
      "grace@acme.example": { role: "admin" as const, github: "grace" },
      "alan@acme.example": { role: "member" as const },
    } as Record<string, { role: "owner" | "admin" | "member"; github?: string }>,
    invitations: {
      "new@acme.example": { role: "member" as const, workspaces: ["staging"], expires: "2099-12-31" },
    } as Record<string, { role: "admin" | "member"; workspaces: string[]; expires: string }>,
    wallets: { data: { autoReload: { below: 500, add: 2000, monthlyCap: 10_000 } }, ai: {} } as Record<
      string,
      { autoReload?: { below: number; add?: number; upTo?: number; monthlyCap?: number } }
    >,
    trial: { plan: "launch", started: "2026-11-22T09:00:00Z", ends: "2026-12-06T09:00:00Z" },
  };
}

/** A workspace of the organization. */
export function workspaceOf(platform: string, name = "production") {
  return {
    controlPlane: controlPlaneOf(platform),
    organization: stableId(`${platform}/acme`),
    workspaceId: stableId(`${platform}/acme/${name}`),
    name,
    generation: 1,
    displayName: "Production",
    state: "active" as "active" | "suspended",
    projectRef: `${name}ref`,
    projectUrl: `https://${name}ref.supabase.co`,
    region: "eu-central-1",
    email: `${name}@platform.example` as string | undefined,
    slack: { team: "T012AB", channel: `C0${name.toUpperCase()}` } as
      | { team: string; channel: string }
      | undefined,
    access: {
      "ada@acme.example": { role: "owner" },
      "alan@acme.example": { role: "member" },
    } as Record<string, { role: "owner" | "admin" | "member" }>,
    apps: { store: { domain: "store.acme.example" } } as Record<string, { url?: string; domain?: string }>,
    connections: { warehouse: { kind: "bigquery" } } as Record<string, { kind: string; cloneOf?: string }>,
    cron: { nightly: { schedule: "0 3 * * *", task: "rebuild the index" } },
  };
}
