import type { Columns } from "../control-plane/field.ts";
import { plans } from "../control-plane/tables/catalogue.ts";
import { quotas } from "../control-plane/tables/organization.ts";
import type { PlanCatalogue } from "../model/effective-plan.ts";
import { allEntitlements, type Entitlements, presentEntitlements } from "../shared/entitlements.ts";
import type { Query } from "../vendors/postgres/database.ts";

/** A platform's plans and their monthly credits, as recorded in the control plane. */
export interface CatalogueEntry extends PlanCatalogue {
  readonly plans: Readonly<
    Record<
      string,
      PlanCatalogue["plans"][string] & {
        /** False for a contract plan. */
        readonly isPriced: boolean;
        /** Monthly credits by wallet. */
        readonly credits: Readonly<Record<string, number>>;
      }
    >
  >;
}

/** Reads the catalogue of the control plane's platform. */
export async function readCatalogueEntry(query: Query): Promise<CatalogueEntry> {
  const rows = await query<{ plan: Columns; default_plan: string }>(
    `select to_jsonb(plans) as plan, default_plan
     from public.plans join public.platforms on platforms.id = platform_id`,
  );
  const entries = rows.map(({ plan }) => plans.parse(plan)).map((plan) => [plan.name, planOf(plan)] as const);
  return { plans: Object.fromEntries(entries), defaultPlan: rows[0]?.default_plan ?? "" };
}

function planOf(plan: ReturnType<typeof plans.parse>): CatalogueEntry["plans"][string] {
  return {
    productId: plan.productId ?? null,
    isPriced: plan.monthlyAmount !== undefined,
    credits: plan.credits,
    entitlements: allEntitlements(plan.limits),
  };
}

export async function syncQuotas(query: Query, organization: string, limits: Entitlements): Promise<void> {
  const row = quotas.rowFrom(presentEntitlements(limits));
  await quotas.patch(query, { organization_id: organization }, row);
}
