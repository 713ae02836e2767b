import type { Currency } from "@tenantry/core/currencies";

/** What a platform limits, in the words of the manifest. */
export const COST_KINDS = ["revenue", "infrastructure"] as const;

/** What a limit is about. */
export type CostKind = (typeof COST_KINDS)[number];

/** The directions of a change, in the words of the manifest. */
export const DIRECTIONS = ["increase", "decrease"] as const;

/** Whether an amount rises or falls. */
export type Direction = (typeof DIRECTIONS)[number];

/** The largest change a month: an amount in the smallest unit of a currency, or a share of the amount before in percent. */
export type CostLimit =
  | { readonly amount: number; readonly currency: Currency }
  | { readonly percent: number };

/** By what is limited and its direction; null for no limit. */
export type CostLimits = Readonly<Record<CostKind, Readonly<Record<Direction, CostLimit | null>>>>;

/** The limits for one organization, and for all stacks of a run together. */
export interface CostPolicy {
  readonly perOrganization: CostLimits;
  readonly perRun: CostLimits;
}

const UNLIMITED: CostLimits = {
  revenue: { increase: null, decrease: null },
  infrastructure: { increase: null, decrease: null },
};

/** Limits nothing. The default. */
export const NO_COST_LIMITS: CostPolicy = { perOrganization: UNLIMITED, perRun: UNLIMITED };
