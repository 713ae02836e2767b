import { accountsWhere } from "../accounts.ts";
import type { BillingContext } from "../billing-context.ts";
import { methodOf, WRONG_AMOUNT } from "./payment.ts";

interface PausedWallet {
  /** The organization's id. */
  readonly organization: string;
  readonly wallet: string;
  /** Stripe's id of the payment method that was declined; null if there was none. */
  readonly method: string | null;
}

/**
 * Resumes wallets whose payment method was declined, once the customer has another one. A reload with a wrong amount waits for
 * other settings, and a disputed payment for somebody's decision.
 *
 * @returns the number of resumed wallets
 */
export async function resumeWithOtherMethod(context: BillingContext, signal: AbortSignal): Promise<number> {
  let resumed = 0;
  for (const { organization, wallet, method } of await declinedWallets(context)) {
    signal.throwIfAborted();
    const [account] = await context.database.read((query) =>
      accountsWhere(query, "organizations.id = $1", [organization]),
    );
    const current = account && (await methodOf(context.stripe, account.customer));
    if (current === undefined || current === method) continue;
    await context.database.transaction((query) =>
      query("select private.resume_reloads($1, $2)", [organization, wallet]),
    );
    resumed += 1;
  }
  return resumed;
}

function declinedWallets({ database }: BillingContext): Promise<readonly PausedWallet[]> {
  return database.read((query) =>
    query<PausedWallet>(
      `select wallets.organization_id as organization, wallets.name as wallet, last.payment_method as method
       from public.wallets
       join public.organizations on organizations.id = wallets.organization_id and organizations.state = 'active'
       cross join lateral (
         select reloads.state, decline_reason, payment_method from public.reloads
         where reloads.organization_id = wallets.organization_id and reloads.wallet = wallets.name
           and reloads.state <> 'withdrawn'
         order by requested_at desc limit 1) as last
       where reload_enabled and reload_paused and last.state = 'declined' and last.decline_reason <> all ($1)
         and not exists (select from public.reloads
           where reloads.organization_id = wallets.organization_id and reloads.wallet = wallets.name and reversed > 0)
       order by 1, 2`,
      [[...WRONG_AMOUNT]],
    ),
  );
}
