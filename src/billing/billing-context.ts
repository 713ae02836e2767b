import type Stripe from "stripe";
import type { PlatformModel } from "../model/model.ts";
import type { Context } from "../vendors/connections.ts";
import type { Database } from "../vendors/postgres/database.ts";

/** A platform's control plane and Stripe account. */
export interface BillingContext {
  /** The platform's slug. */
  readonly platform: string;
  readonly database: Database;
  readonly stripe: Stripe;
  /** The clock that decides when credits expire, cards are retried and grace periods end. */
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
