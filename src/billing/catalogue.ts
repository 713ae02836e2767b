import type { Columns } from "../control-plane/field.ts";
import { plans } from "../control-plane/tables/catalogue.ts";
import { quotas } from "../control-plane/tables/organization.ts";
import type { PlanCatalogue } from "../model/effective-plan.ts";
import { allEntitlements, type Entitlements, presentEntitlements } from "../shared/entitlements.ts";
import type { Query } from "../vendors/postgres/database.ts";

/** What a platform sells, with the credits of a month, as the control plane's catalogue has it. */
export interface CatalogueEntry extends PlanCatalogue {
  readonly plans: Readonly<
    Record<
      string,
      PlanCatalogue["plans"][string] & {
        /** False for one that is agreed by contract. */
        readonly isPriced: boolean;
        /** Granted each month, by wallet. */
        readonly credits: Readonly<Record<string, number>>;
      }
    >
  >;
}

/** The offer of the platform that the control plane belongs to. */
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

/** Sets an organization's quotas. */
export async function syncQuotas(query: Query, organization: string, limits: Entitlements): Promise<void> {
  const row = quotas.rowFrom(presentEntitlements(limits));
  await quotas.patch(query, { organization_id: organization }, row);
}
