import type Stripe from "stripe";
import type { PlatformModel } from "../model/model.ts";
import type { Context } from "../vendors/connections.ts";
import type { Database } from "../vendors/postgres/database.ts";

/** One platform's money: its control plane, and the Stripe account that it sells with. */
export interface BillingContext {
  /** The platform's slug. */
  readonly platform: string;
  readonly database: Database;
  readonly stripe: Stripe;
  /** The time by which credits expire, cards rest and grace ends. */
  now(): Date;
}

/** @throws UserError when the platform isn't up, or a token is missing */
export async function openBillingContext(
  context: Context,
  { name, project }: PlatformModel,
): Promise<BillingContext> {
  const database = await context.controlPlane(project);
  return { platform: name, database, stripe: context.stripe, now: () => new Date() };
}
