import { VendorError } from "@tenantry/core/errors";
import type { Query } from "../../vendors/postgres/database.ts";
import { type Account, accountsWhere } from "../accounts.ts";
import type { BillingContext } from "../billing-context.ts";
import type { Attempt } from "../failures.ts";
import { type Declined, NO_PAYMENT_METHOD, type Outcome, pay, type Reload, WRONG_AMOUNT } from "./payment.ts";
import { record } from "./record-payment.ts";

/** The result of processing one reload request. */
export interface ProcessedReload {
  readonly organization: string;
  readonly wallet: string;
  /** Credits. */
  readonly amount: number;
  /** `open`: the payment is processing, and the next run checks it again. */
  readonly outcome: Outcome["kind"] | "failed";
  /** Stripe's decline code, or the message of the failure. */
  readonly reason: string | null;
  /** Stripe's own words about a decline. */
  readonly message: string | null;
  /** Whether the wallet's reloads are paused until somebody acts. */
  readonly paused: boolean;
  /** Who has to do what before the wallet's reloads resume; null unless they are paused. */
  readonly remedy: string | null;
}

/** Processes all open requests, each by one worker at a time. A failure doesn't stop the others, and a later run retries it. */
export async function processReloads(context: BillingContext, attempt: Attempt): Promise<ProcessedReload[]> {
  const processed: ProcessedReload[] = [];
  for (;;) {
    // What was charged must be reported, even if the control plane then fails.
    const reload = await attempt("reloads", null, () => claim(context));
    if (reload === undefined) return processed;
    processed.push(await processOne(context, reload));
  }
}

async function processOne(context: BillingContext, reload: Reload): Promise<ProcessedReload> {
  const about = { organization: reload.organization, wallet: reload.wallet, amount: reload.amount };
  let account: Account | undefined;
  try {
    account = await accountOf(context, reload);
    const outcome: Outcome =
      account === undefined
        ? NO_PAYMENT_METHOD
        : await pay(
            context.stripe,
            account,
            reload,
            async () => (await accountOf(context, reload))?.isActive === true,
          );
    const paused = await context.database.transaction(async (query) => {
      await record(query, reload.id, outcome, context.now());
      return isPaused(query, reload);
    });
    const declined = outcome.kind === "declined" ? outcome : undefined;
    return {
      ...about,
      organization: account?.path ?? reload.organization,
      outcome: outcome.kind,
      reason: declined?.reason ?? null,
      message: declined?.message ?? null,
      paused,
      remedy: paused ? remedyOf(declined) : null,
    };
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    return {
      ...about,
      organization: account?.path ?? reload.organization,
      outcome: "failed",
      reason: error.message,
      message: null,
      paused: false,
      remedy: null,
    };
  }
}

function remedyOf(declined: Declined | undefined): string {
  if (declined === undefined) return "call private.resume_reloads once the dispute is settled";
  if (WRONG_AMOUNT.has(declined.reason))
    return "change `autoReload` of the wallet to an amount that Stripe charges";
  return declined.method === null
    ? "the customer adds a payment method, at the organization's `billingUrl`"
    : "the customer adds another payment method, at the organization's `billingUrl`";
}

async function claim({ database, now }: BillingContext): Promise<Reload | undefined> {
  const [row] = await database.transaction((query) =>
    query<Reload>(
      `select id, organization_id as organization, wallet, amount::float8 as amount,
         credit_amount::float8 as "creditAmount", currency,
         extract(epoch from requested_at)::float8 as "requestedAt"
       from private.claim_reload($1)`,
      [now().toISOString()],
    ),
  );
  return row && { ...row, requestedAt: Math.floor(row.requestedAt) };
}

async function isPaused(query: Query, { organization, wallet }: Reload): Promise<boolean> {
  const [row] = await query<{ paused: boolean }>(
    "select reload_paused as paused from public.wallets where organization_id = $1 and name = $2",
    [organization, wallet],
  );
  return row?.paused ?? false;
}

async function accountOf(
  { database }: BillingContext,
  { organization }: Reload,
): Promise<Account | undefined> {
  const [account] = await database.read((query) =>
    accountsWhere(query, "organizations.id = $1", [organization]),
  );
  return account;
}
