import type Stripe from "stripe";
import type { Database } from "../postgres/database.ts";

/** One platform's money: its control plane, and the Stripe account that it sells with. */
export interface Books {
  /** The platform's slug. */
  readonly platform: string;
  readonly database: Database;
  readonly stripe: Stripe;
  /** The time by which credits expire, cards rest and grace ends. */
  now(): Date;
}

/** The day, as rules take it: `2026-11-22`. */
export function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}
