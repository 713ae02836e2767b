import type Stripe from "stripe";
import type { Query } from "../postgres/database.ts";
import type { Account } from "./accounts.ts";
import { readOffer } from "./offer.ts";

/** A period for which a plan's credits are due. */
export interface PaidPeriod {
  /** Stripe's id of the plan's product. */
  readonly product: string;
  /** Its first day, `2026-11-22`. */
  readonly since: string;
}

/**
 * The period that a paid invoice opens; undefined for one that opens none.
 *
 * A beginning that costs nothing opens none: a trial has its own credits, and every organization begins with the default plan's.
 * Neither do prorations: after a change in the middle of a period, the next one brings the new plan's credits.
 */
export function paidPeriod(invoice: Stripe.Invoice): PaidPeriod | undefined {
  if (invoice.status !== "paid") return undefined;
  const line = invoice.lines.data.find(
    ({ parent }) => parent?.subscription_item_details != null && !parent.subscription_item_details.proration,
  );
  const product = line?.pricing?.price_details?.product;
  if (line === undefined || product === undefined) return undefined;
  if (invoice.billing_reason === "subscription_create" && line.amount === 0) return undefined;
  return { product, since: new Date(line.period.start * 1000).toISOString().slice(0, 10) };
}

/**
 * Posts a month's credits of the plan that a period was paid for, each wallet's once for each period. The caller holds the
 * account's lock, so that the second of two sees what the first has posted.
 *
 * @returns how many credits were posted
 */
export async function postPlanCredits(query: Query, account: Account, period: PaidPeriod): Promise<number> {
  const { plans } = await readOffer(query);
  const plan = Object.values(plans).find(({ productId }) => productId === period.product);
  let posted = 0;
  for (const [wallet, credits] of Object.entries(plan?.credits ?? {})) {
    if (credits === 0) continue;
    const key = `plan:${account.path}:${wallet}:${period.since}`;
    // By the key alone: what a month is worth may have changed since it was posted.
    const entries = await query(
      `select private.post_wallet_entry($3, wallets.organization_id, wallets.name, 'plan', $4, 'app')
       from public.wallets
       where organization_id = $1 and name = $2 and not exists (
         select from public.wallet_entries where organization_id = $1 and key = $3)`,
      [account.id, wallet, key, credits],
    );
    if (entries.length > 0) posted += credits;
  }
  return posted;
}
