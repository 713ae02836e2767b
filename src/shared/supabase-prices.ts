import type { ComputeSize } from "./supabase-catalogue.ts";

/** Prices of Supabase, from one page of its documentation. */
interface PriceList<Name extends string> {
  readonly source: string;
  /** When the page was read, and the commit of https://github.com/supabase/supabase that contained it. */
  readonly read: { readonly on: string; readonly commit: string };
  /** By name, in cents of `usd` a month. What isn't listed has no published price. */
  readonly monthly: Readonly<Partial<Record<Name, number>>>;
}

/** Supabase charges in US dollars only. */
export const SUPABASE_CURRENCY = "usd";

/**
 * The price of a project by its compute size. Supabase charges by the hour, and publishes these amounts for a month.
 *
 * `nano` has no price here: it is free in a free organization, and costs as much as `micro` in a paid one. Supabase publishes no
 * price above `16xlarge`.
 */
export const COMPUTE_PRICES: PriceList<ComputeSize> = {
  source: "https://supabase.com/docs/guides/platform/manage-your-usage/compute",
  read: { on: "2026-11-29", commit: "05f954086972e5fc33ae1697b31e5b51f3c31d44" },
  monthly: {
    micro: 1_000,
    small: 1_500,
    medium: 6_000,
    large: 11_000,
    xlarge: 21_000,
    "2xlarge": 41_000,
    "4xlarge": 96_000,
    "8xlarge": 187_000,
    "12xlarge": 280_000,
    "16xlarge": 373_000,
  },
};
