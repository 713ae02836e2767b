import type { Query } from "../../vendors/postgres/database.ts";
import { accountsWhere } from "../accounts.ts";
import type { BillingContext } from "../billing-context.ts";
import type { Attempt } from "../failures.ts";
import { methodOf, WRONG_AMOUNT } from "./payment.ts";

interface PausedWallet {
  /** The organization's id. */
  readonly organization: string;
  /** `agntdata/acme` */
  readonly path: string;
  readonly wallet: string;
  /** Stripe's id of the payment method that was declined; null if there was none. */
  readonly method: string | null;
}

/**
 * Resumes wallets whose payment method was declined, once the customer has another one. A reload with a wrong amount waits for
 * other settings, and a disputed payment for somebody's decision. A failure doesn't stop the others.
 *
 * @returns the number of resumed wallets
 */
export async function resumeWithOtherMethod(context: BillingContext, attempt: Attempt): Promise<number> {
  let resumed = 0;
  const declined = await attempt("resumed reloads", null, () => context.database.read(declinedWallets));
  for (const paused of declined ?? []) {
    const isResumed = await attempt("resumed reloads", paused.path, async () => {
      const [account] = await context.database.read((query) =>
        accountsWhere(query, "organizations.id = $1", [paused.organization]),
      );
      if (account === undefined) return false;
      const current = await methodOf(context.stripe, account.customer);
      if (current === undefined || current === paused.method) return false;
      return context.database.transaction((query) => resumeIfUnchanged(query, paused));
    });
    if (isResumed === true) resumed += 1;
  }
  return resumed;
}

/**
 * Selects paused wallets whose last payment was declined. 0.2.0 didn't record the declined payment method, so whether the
 * customer has another one is unknown for its declines.
 *
 * $1 is the declines of a wrong amount.
 */
const DECLINED_WALLETS = `
  select wallets.organization_id as organization, platforms.name || '/' || organizations.name as path,
    wallets.name as wallet, last.payment_method as method
  from public.wallets
  join public.organizations on organizations.id = wallets.organization_id and organizations.state = 'active'
  join public.platforms on platforms.id = organizations.platform_id
  cross join lateral (
    select reloads.state, decline_reason, payment_method from public.reloads
    where reloads.organization_id = wallets.organization_id and reloads.wallet = wallets.name
      and reloads.state <> 'withdrawn'
    order by requested_at desc limit 1) as last
  where reload_enabled and reload_paused and last.state = 'declined' and last.decline_reason <> all ($1)
    and (last.payment_method is not null or last.decline_reason = 'no_payment_method')
    and not exists (select from public.reloads
      where reloads.organization_id = wallets.organization_id and reloads.wallet = wallets.name and reversed > 0)`;

function declinedWallets(query: Query): Promise<readonly PausedWallet[]> {
  return query<PausedWallet>(`${DECLINED_WALLETS} order by 1, 2`, [[...WRONG_AMOUNT]]);
}

/**
 * Resumes the wallet unless a dispute, a newer decline or somebody's settings changed it since it was read.
 *
 * @returns whether it was resumed
 */
async function resumeIfUnchanged(
  query: Query,
  { organization, wallet, method }: PausedWallet,
): Promise<boolean> {
  // Disputes and declines are recorded under this lock. The next statement sees those that were recorded meanwhile.
  await query("select from public.wallets where organization_id = $1 and name = $2 for no key update", [
    organization,
    wallet,
  ]);
  const resumed = await query(
    `select private.resume_reloads(organization, wallet) from (${DECLINED_WALLETS}) as declined
     where organization = $2 and wallet = $3 and method is not distinct from $4`,
    [[...WRONG_AMOUNT], organization, wallet, method],
  );
  return resumed.length > 0;
}
