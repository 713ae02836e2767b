import { VendorError } from "@tenantry/core/errors";
import { type Account, accountsWhere } from "../accounts.ts";
import type { BillingContext } from "../billing-context.ts";
import { type Outcome, pay, type Reload } from "./payment.ts";
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
  /** Whether the wallet's reloads are paused until somebody resumes them: the cardholder must act or add another card. */
  readonly paused: boolean;
}

/** Processes all open requests, each by one worker at a time. A failure doesn't stop the others, and a later run retries it. */
export async function processReloads(
  context: BillingContext,
  signal: AbortSignal,
): Promise<ProcessedReload[]> {
  const processed: ProcessedReload[] = [];
  for (;;) {
    signal.throwIfAborted();
    const reload = await claim(context);
    if (reload === undefined) return processed;
    processed.push(await processOne(context, reload));
  }
}

async function processOne(context: BillingContext, reload: Reload): Promise<ProcessedReload> {
  const account = await accountOf(context, reload);
  const about = { organization: reload.organization, wallet: reload.wallet, amount: reload.amount };
  try {
    const outcome: Outcome =
      account === undefined
        ? { kind: "declined", reason: "no_payment_method", forGood: true }
        : await pay(
            context.stripe,
            account,
            reload,
            async () => (await accountOf(context, reload))?.isActive === true,
          );
    await context.database.transaction((query) => record(query, reload.id, outcome, context.now()));
    const declined = outcome.kind === "declined" ? outcome : undefined;
    return {
      ...about,
      organization: account?.path ?? reload.organization,
      outcome: outcome.kind,
      reason: declined?.reason ?? null,
      paused: declined?.forGood ?? false,
    };
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    return {
      ...about,
      organization: account?.path ?? reload.organization,
      outcome: "failed",
      reason: error.message,
      paused: false,
    };
  }
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

async function accountOf(
  { database }: BillingContext,
  { organization }: Reload,
): Promise<Account | undefined> {
  const [account] = await database.read((query) =>
    accountsWhere(query, "organizations.id = $1", [organization]),
  );
  return account;
}
