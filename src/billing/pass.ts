import { stripeCall } from "../stripe/client.ts";
import { accountsWhere, lockAccountOf } from "./accounts.ts";
import { type Books, dayOf } from "./books.ts";
import { type PaidPeriod, paidPeriod, postPlanCredits } from "./plan-credits.ts";
import { type WorkedReload, workReloads } from "./reloads/work.ts";
import { applyStanding } from "./standing.ts";

/** What one pass over a platform's money did. */
export interface PassReport {
  readonly platform: string;
  /** Credits that lapsed. */
  readonly expired: number;
  /** Credits of plans, posted for periods that were paid for. */
  readonly granted: number;
  readonly reloads: readonly WorkedReload[];
  /** Credits that were owed since a payment was taken back, and are taken now. */
  readonly settled: number;
}

/** Longer than a month: each organization's running period is looked at. */
const LOOK_BACK_SECONDS = 35 * 24 * 60 * 60;

/**
 * Does what is due of a platform's money, once; meant for a cron. Whatever of it was done is not done again, by a pass that runs at
 * the same time neither, so that one that was killed is mended by the next.
 */
export async function runPass(books: Books, signal: AbortSignal): Promise<PassReport> {
  const expired = await callNumber(books, "private.expire_credits($1)", [books.now().toISOString()]);
  const granted = (await grantPaidPeriods(books, signal)) + (await grantByContract(books));
  await endGraces(books);
  const reloads = await workReloads(books, signal);
  const settled = await callNumber(books, "private.settle_reversals()");
  return { platform: books.platform, expired, granted, reloads, settled };
}

/** Webhooks may be late, lost, or ahead of the organization's first rows: the invoices tell all the same. */
async function grantPaidPeriods(books: Books, signal: AbortSignal): Promise<number> {
  const { stripe } = books;
  const created = { gte: Math.floor(books.now().getTime() / 1000) - LOOK_BACK_SECONDS };
  const paid: { customer: string; period: PaidPeriod }[] = [];
  const collect = async () => {
    for await (const invoice of stripe.invoices.list({ status: "paid", created, limit: 100 })) {
      const period = paidPeriod(invoice);
      const customer = typeof invoice.customer === "object" ? invoice.customer?.id : invoice.customer;
      if (period !== undefined && customer !== undefined) paid.push({ customer, period });
    }
  };
  await stripeCall("invoices.list", collect());
  let granted = 0;
  for (const { customer, period } of paid) {
    signal.throwIfAborted();
    granted += await grantTo(books, customer, period);
  }
  return granted;
}

/** A plan that is agreed by contract has no invoices of ours: its periods are the calendar's months, in UTC. */
async function grantByContract(books: Books): Promise<number> {
  const accounts = await books.database.read((query) =>
    query<{ customer: string; product: string }>(
      `select stripe_customer as customer, stripe_product as product
       from public.organizations join public.plans on plans.name = plan
       where monthly_amount is null and stripe_customer is not null and stripe_product is not null`,
    ),
  );
  const since = `${dayOf(books.now()).slice(0, 7)}-01`;
  let granted = 0;
  for (const { customer, product } of accounts) granted += await grantTo(books, customer, { product, since });
  return granted;
}

function grantTo({ database }: Books, customer: string, period: PaidPeriod): Promise<number> {
  return database.transaction(async (query) => {
    const account = await lockAccountOf(query, customer);
    return account === undefined ? 0 : postPlanCredits(query, account, period);
  });
}

/** A grace ends by the calendar, of which no event tells. */
async function endGraces({ database, stripe, now }: Books): Promise<void> {
  const late = await database.read((query) => accountsWhere(query, "subscription_status = 'past_due'"));
  for (const { customer } of late)
    await database.transaction(async (query) => {
      const account = await lockAccountOf(query, customer);
      if (account !== undefined) await applyStanding(query, stripe, account, dayOf(now()));
    });
}

async function callNumber(
  { database }: Books,
  call: string,
  values: readonly unknown[] = [],
): Promise<number> {
  const [row] = await database.transaction((query) =>
    query<{ result: number }>(`select ${call}::float8 as result`, values),
  );
  return row?.result ?? 0;
}
