import type Stripe from "stripe";
import type { Query } from "../vendors/postgres/database.ts";

/** A period for which a plan's credits are due. */
export interface PaidPeriod {
  /** Stripe's id of the plan's product. */
  readonly product: string;
  /** Its first day, `2026-11-22`. */
  readonly since: string;
}

/**
 * The period that a paid invoice starts, or undefined if it starts none.
 *
 * The first invoice of a free plan or a trial starts none: trials have their own credits, and every organization is created
 * with the default plan's credits. Prorations start none either: after a change within a period, the new plan's credits are
 * posted with the next period.
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

/** A paid period of a Stripe customer. */
export interface CustomersPeriod extends PaidPeriod {
  readonly customer: string;
}

/** The plan credits of periods, one row for each wallet. $1 to $3: customers, products and first days. */
const UNPOSTED = `
  select customer, product, since, organizations.id as organization_id, wallets.name as wallet,
    month.credits::bigint as credits,
    'plan:' || platforms.name || '/' || organizations.name || ':' || wallets.name || ':' || since as key
  from unnest($1::text[], $2::text[], $3::text[]) as period (customer, product, since)
  join public.organizations on stripe_customer = customer
  join public.platforms on platforms.id = organizations.platform_id
  join public.plans on stripe_product = product
  cross join jsonb_each_text(plans.credits) as month (wallet, credits)
  join public.wallets on wallets.organization_id = organizations.id and wallets.name = month.wallet`;

// By the key alone, since the plan's credits may have changed after they were posted.
const POSTED = `exists (select from public.wallet_entries as entry
  where entry.organization_id = due.organization_id and entry.key = due.key)`;

/** The periods with credits that haven't been posted. */
export async function unpostedPeriods(
  query: Query,
  periods: readonly CustomersPeriod[],
): Promise<readonly CustomersPeriod[]> {
  return query<CustomersPeriod>(
    `select distinct customer, product, since from (${UNPOSTED}) as due where credits > 0 and not ${POSTED}`,
    columnsOf(periods),
  );
}

/**
 * Posts the plan credits of a paid period, once for each wallet. The caller holds the organization's lock, so that concurrent
 * callers see each other's entries.
 *
 * @returns the number of posted credits
 */
export async function postPlanCredits(query: Query, period: CustomersPeriod): Promise<number> {
  const posted = await query<{ credits: number }>(
    `select credits::float8 as credits, private.post_wallet_entry(key, organization_id, wallet, 'plan', credits, 'app')
     from (${UNPOSTED}) as due where credits > 0 and not ${POSTED}`,
    columnsOf([period]),
  );
  return posted.reduce((sum, { credits }) => sum + credits, 0);
}

function columnsOf(periods: readonly CustomersPeriod[]): string[][] {
  return [
    periods.map(({ customer }) => customer),
    periods.map(({ product }) => product),
    periods.map(({ since }) => since),
  ];
}
