import { dayOf } from "../shared/today.ts";
import { listAll, wholeInvoice } from "../vendors/stripe/lists.ts";
import { accountsWhere, lockAccountOf } from "./accounts.ts";
import type { BillingContext } from "./billing-context.ts";
import { type Attempt, attempts, type BillingFailure } from "./failures.ts";
import { type CustomersPeriod, paidPeriods, postPlanCredits, unpostedPeriods } from "./plan-credits.ts";
import { type ProcessedReload, processReloads } from "./reloads/process-reloads.ts";
import { resumeWithOtherMethod } from "./reloads/resume.ts";
import { recordReversals } from "./reloads/reversals.ts";
import { applySubscriptionStatus } from "./subscription-status.ts";

/** The result of one run of a platform's billing job. */
export interface BillingJobReport {
  readonly platform: string;
  /** The number of expired credits. */
  readonly expired: number;
  /** The number of plan credits posted for paid periods. */
  readonly granted: number;
  /** The number of wallets whose reloads were resumed because the customer has another payment method. */
  readonly resumed: number;
  readonly reloads: readonly ProcessedReload[];
  /** The number of payments whose refund, dispute or won dispute was recorded. */
  readonly reversals: number;
  /** The number of owed credits that were collected. They were spent before their payment was reversed. */
  readonly settledCredits: number;
  /** What failed, apart from reloads. The next run tries it again. */
  readonly failures: readonly BillingFailure[];
}

/** Covers the current period of each organization, invoices that are paid late, and weeks in which the job didn't run. */
const LOOK_BACK_SECONDS = 100 * 24 * 60 * 60;

/**
 * Runs a platform's billing job once. Meant for cron.
 *
 * Every part is idempotent, also between runs at the same time. A run that follows a killed one completes its work. A failure
 * of Stripe or the database about one organization or one part doesn't stop the rest.
 */
export async function runBillingJob(context: BillingContext, signal: AbortSignal): Promise<BillingJobReport> {
  const failures: BillingFailure[] = [];
  const attempt = attempts(failures, signal);
  const expired = await attempt("expired credits", null, () =>
    callNumber(context, "private.expire_credits($1)", [context.now().toISOString()]),
  );
  // Nothing works without the control plane's database.
  if (expired === undefined) return nothingDone(context.platform, failures);
  const granted = await grantPeriods(context, attempt);
  await endGraces(context, attempt);
  // Before any charge, so that no customer who disputes a payment is charged again. If it fails, the run makes no charges.
  const reversals = await attempt("refunds and disputes", null, () => recordReversals(context, signal));
  const charges = reversals === undefined ? NO_CHARGES : await charge(context, attempt);
  const settle = () => callNumber(context, "private.settle_reversals()");
  const settledCredits = (await attempt("owed credits", null, settle)) ?? 0;
  await attempt("old events", null, () => forgetEvents(context));
  const { platform } = context;
  return { platform, expired, granted, reversals: reversals ?? 0, ...charges, settledCredits, failures };
}

/** The report of a platform whose control plane can't be used. */
export function nothingDone(platform: string, failures: readonly BillingFailure[]): BillingJobReport {
  return { platform, expired: 0, granted: 0, reversals: 0, ...NO_CHARGES, settledCredits: 0, failures };
}

const NO_CHARGES = { resumed: 0, reloads: [] } as const;

async function charge(context: BillingContext, attempt: Attempt) {
  const resumed = await resumeWithOtherMethod(context, attempt);
  return { resumed, reloads: await processReloads(context, attempt) };
}

async function grantPeriods(context: BillingContext, attempt: Attempt): Promise<number> {
  const periods = [
    ...(await periodsOfInvoices(context, attempt)),
    ...((await attempt("contracts", null, () => periodsByContract(context))) ?? []),
  ];
  const due = await attempt("plan credits", null, () =>
    context.database.read((query) => unpostedPeriods(query, periods)),
  );
  let granted = 0;
  for (const period of due ?? [])
    granted += (await attempt("plan credits", period.customer, () => grant(context, period))) ?? 0;
  return granted;
}

/** Reads paid periods from the invoices, since events may be late, lost, or older than the organization's row. */
async function periodsOfInvoices(
  { stripe, now }: BillingContext,
  attempt: Attempt,
): Promise<CustomersPeriod[]> {
  const created = { gte: Math.floor(now().getTime() / 1000) - LOOK_BACK_SECONDS };
  const paid = await attempt("invoices", null, () =>
    listAll("invoices.list", stripe.invoices.list({ status: "paid", created, limit: 100 })),
  );
  const found: CustomersPeriod[] = [];
  for (const invoice of paid ?? []) {
    const customer = typeof invoice.customer === "object" ? invoice.customer?.id : invoice.customer;
    if (customer == null) continue;
    const whole = await attempt("invoices", customer, () => wholeInvoice(stripe, invoice));
    const periods = whole === undefined ? [] : paidPeriods(whole);
    found.push(...periods.map(({ product, since }) => ({ customer, product, since })));
  }
  return found;
}

/** tenantry doesn't invoice contract plans, so their periods are calendar months in UTC. */
async function periodsByContract({ database, now }: BillingContext): Promise<readonly CustomersPeriod[]> {
  return database.read((query) =>
    query<CustomersPeriod>(
      `select stripe_customer as customer, stripe_product as product, $1 as since
       from public.organizations join public.plans on plans.name = plan
       where monthly_amount is null and stripe_customer is not null and stripe_product is not null`,
      [`${dayOf(now()).slice(0, 7)}-01`],
    ),
  );
}

function grant({ database }: BillingContext, period: CustomersPeriod): Promise<number> {
  return database.transaction(async (query) => {
    const account = await lockAccountOf(query, period.customer);
    return account === undefined ? 0 : postPlanCredits(query, period);
  });
}

/** Ends grace periods. Stripe sends no event when one ends. */
async function endGraces({ database, stripe, now }: BillingContext, attempt: Attempt): Promise<void> {
  const late = await attempt("grace period", null, () =>
    database.read((query) => accountsWhere(query, "subscription_status = 'past_due'")),
  );
  for (const { customer, path } of late ?? [])
    await attempt("grace period", path, () =>
      database.transaction(async (query) => {
        const account = await lockAccountOf(query, customer);
        if (account !== undefined) await applySubscriptionStatus(query, stripe, account, dayOf(now()));
      }),
    );
}

/** Deletes old event ids. Stripe doesn't resend an event after a month. */
async function forgetEvents({ database }: BillingContext): Promise<void> {
  await database.transaction((query) =>
    query("delete from private.stripe_events where created_at < now() - interval '60 days'"),
  );
}

async function callNumber(
  { database }: BillingContext,
  call: string,
  values: readonly unknown[] = [],
): Promise<number> {
  const [row] = await database.transaction((query) =>
    query<{ result: number }>(`select ${call}::float8 as result`, values),
  );
  return row?.result ?? 0;
}
