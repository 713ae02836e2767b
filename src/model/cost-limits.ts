import type { Currency } from "@tenantry/core/currencies";
import type { PlatformManifest } from "../manifest/platform.ts";
import type { CostLimit, CostLimits, CostPolicy } from "../shared/cost-limits.ts";
import { smallestUnits } from "../shared/currency.ts";
import { SUPABASE_CURRENCY } from "../shared/supabase-prices.ts";

type Declared = NonNullable<NonNullable<PlatformManifest["cost"]>["perRun"]>;

/** The platform's limits of revenue, in its currency, and of infrastructure, in Supabase's. */
export function costPolicy({ cost = {}, currency }: PlatformManifest): CostPolicy {
  return {
    perOrganization: limitsOf(cost.perOrganization ?? {}, currency),
    perRun: limitsOf(cost.perRun ?? {}, currency),
  };
}

function limitsOf({ revenue = {}, infrastructure = {} }: Declared, currency: Currency): CostLimits {
  return {
    revenue: {
      increase: limitOf(revenue.increase, currency),
      decrease: limitOf(revenue.decrease, currency),
    },
    infrastructure: {
      increase: limitOf(infrastructure.increase, SUPABASE_CURRENCY),
      decrease: limitOf(infrastructure.decrease, SUPABASE_CURRENCY),
    },
  };
}

function limitOf(declared: number | string | undefined, currency: Currency): CostLimit | null {
  if (declared === undefined) return null;
  if (typeof declared === "string") return { percent: Number(declared.slice(0, -1)) };
  return { amount: smallestUnits(declared, currency) ?? 0, currency };
}
