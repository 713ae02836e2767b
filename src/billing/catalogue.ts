import type { Offer } from "../model/effective-plan.ts";
import type { Entitlements, Limit } from "../model/model.ts";
import type { Query } from "../vendors/postgres/database.ts";

/** What a platform sells, with the credits of a month, as the control plane's catalogue has it. */
export interface CatalogueEntry extends Offer {
  readonly plans: Readonly<
    Record<
      string,
      Offer["plans"][string] & {
        /** False for one that is agreed by contract. */
        readonly isPriced: boolean;
        /** Granted each month, by wallet. */
        readonly credits: Readonly<Record<string, number>>;
      }
    >
  >;
}

interface PlanRow {
  readonly name: string;
  readonly product: string | null;
  readonly priced: boolean;
  readonly credits: Readonly<Record<string, number>>;
  readonly workspaces: Limit;
  readonly seats: Limit;
  readonly custom_domains: Limit;
  readonly rpm: Limit;
  readonly webhook_events: Limit;
  readonly per_workspace_access: boolean;
}

/** The offer of the platform that the control plane belongs to. */
export async function readCatalogueEntry(query: Query): Promise<CatalogueEntry> {
  const rows = await query<PlanRow & { default_plan: string }>(
    `select plans.name, stripe_product as product, monthly_amount is not null as priced, credits, workspaces, seats,
       custom_domains, rpm, webhook_events::float8 as webhook_events, per_workspace_access, default_plan
     from public.plans join public.platforms on platforms.id = platform_id`,
  );
  return {
    plans: Object.fromEntries(rows.map((row) => [row.name, planOf(row)])),
    defaultPlan: rows[0]?.default_plan ?? "",
  };
}

function planOf(row: PlanRow): CatalogueEntry["plans"][string] {
  return {
    productId: row.product,
    isPriced: row.priced,
    credits: row.credits,
    entitlements: {
      workspaces: row.workspaces,
      seats: row.seats,
      customDomains: row.custom_domains,
      rpm: row.rpm,
      webhookEvents: row.webhook_events,
      perWorkspaceAccess: row.per_workspace_access,
    },
  };
}

/** Makes an organization's quotas these limits; touches the row only where they differ. */
export async function keepQuotas(query: Query, organization: string, limits: Entitlements): Promise<void> {
  await query(
    `update public.quotas set workspaces = $2, seats = $3, custom_domains = $4, rpm = $5, webhook_events = $6,
       per_workspace_access = $7
     where organization_id = $1
       and (workspaces, seats, custom_domains, rpm, webhook_events, per_workspace_access)
         is distinct from ($2::int, $3::int, $4::int, $5::int, $6::bigint, $7::boolean)`,
    [
      organization,
      limits.workspaces,
      limits.seats,
      limits.customDomains,
      limits.rpm,
      limits.webhookEvents,
      limits.perWorkspaceAccess,
    ],
  );
}
