import type Stripe from "stripe";
import type { Query } from "../vendors/postgres/database.ts";
import { isoTime } from "../vendors/stripe/time.ts";

/** A period for which a plan's credits are due. */
export interface PaidPeriod {
  /** Stripe's id of the plan's product. */
  readonly product: string;
  /** Its first day, `2026-11-22`. */
  readonly since: string;
}

/** A period that an invoice starts, of one item of its subscription. */
export interface ItemsPeriod extends PaidPeriod {
  /** Stripe's id of the subscription item. */
  readonly item: string;
}

/**
 * The periods that a paid invoice starts: those of the plan's item, and of the items that others added. Only a plan's product
 * has credits.
 *
 * The first invoice of a free plan or a trial starts none: trials have their own credits, and every organization is created
 * with the default plan's credits. Prorations start none either: after a change within a period, the new plan's credits are
 * posted with the next period.
 */
export function paidPeriods({ status, billing_reason: reason, lines }: Stripe.Invoice): ItemsPeriod[] {
  if (status !== "paid") return [];
  return lines.data.flatMap(({ amount, parent, period, pricing }) => {
    const { proration, subscription_item: item } = parent?.subscription_item_details ?? {};
    const product = pricing?.price_details?.product;
    if (item === undefined || proration !== false || product === undefined) return [];
    if (reason === "subscription_create" && amount === 0) return [];
    return [{ item, product, since: isoTime(period.start).slice(0, 10) }];
  });
}

/** A paid period of a Stripe customer. */
export interface CustomersPeriod extends PaidPeriod {
  readonly customer: string;
}

/** The plan credits of periods of active organizations, one row for each wallet. $1 to $3: customers, products and first days. */
const DUE = `
  select customer, product, since, organizations.id as organization_id, wallets.name as wallet,
    plans.name as plan, plans.monthly_amount is null as by_contract, month.credits::bigint as credits,
    'plan:' || platforms.name || '/' || organizations.name || ':' || wallets.name || ':' || since as key
  from unnest($1::text[], $2::text[], $3::text[]) as period (customer, product, since)
  join public.organizations on stripe_customer = customer and organizations.state = 'active'
  join public.platforms on platforms.id = organizations.platform_id
  join public.plans on stripe_product = product
  cross join jsonb_each_text(plans.credits) as month (wallet, credits)
  join public.wallets on wallets.organization_id = organizations.id and wallets.name = month.wallet`;

/**
 * Two plans can be paid on one day, for example a free period and then a more expensive plan. The description is the plan.
 * Releases before 0.3.0 left it empty, and posted one plan a day.
 *
 * The periods of all contract plans begin on the first day of a month, so another contract plan waits for the next one.
 *
 * The amount isn't compared, since the plan's credits may have changed after they were posted.
 */
const POSTED = `exists (select from public.wallet_entries as entry
  where entry.organization_id = due.organization_id
    and (entry.key = due.key and (by_contract or entry.description in ('', due.plan)) or entry.key = due.key || ':' || due.plan))`;

/** The key of the day's first plan is the same as in earlier releases, which may still run as a webhook server. */
const KEY = `case when exists (select from public.wallet_entries as entry
  where entry.organization_id = due.organization_id and entry.key = due.key)
  then due.key || ':' || due.plan else due.key end`;

/** The periods with credits that haven't been posted. */
export async function unpostedPeriods(
  query: Query,
  periods: readonly CustomersPeriod[],
): Promise<readonly CustomersPeriod[]> {
  return query<CustomersPeriod>(
    `select distinct customer, product, since from (${DUE}) as due where credits > 0 and not ${POSTED}`,
    columnsOf(periods),
  );
}

/**
 * Posts the plan credits of a paid period, once for each plan, day and wallet. The caller holds the organization's lock, so that concurrent
 * callers see each other's entries.
 *
 * @returns the number of posted credits
 */
export async function postPlanCredits(query: Query, period: CustomersPeriod): Promise<number> {
  const posted = await query<{ credits: number }>(
    `select credits::float8 as credits,
       private.post_wallet_entry(${KEY}, organization_id, wallet, 'plan', credits, 'app', null, null, plan)
     from (${DUE}) as due where credits > 0 and not ${POSTED}`,
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
