import type Stripe from "stripe";
import { effectivePlan } from "../model/effective-plan.ts";
import type { Query } from "../vendors/postgres/database.ts";
import { listSubscriptions } from "../vendors/stripe/customers.ts";
import { subscriptionStatusOf } from "../vendors/stripe/subscription-status.ts";
import {
  isLive,
  isReplaceable,
  lastSubscription,
  liveSubscription,
  retrieveSubscription,
} from "../vendors/stripe/subscriptions.ts";
import type { Account } from "./accounts.ts";
import { readCatalogueEntry, syncQuotas } from "./catalogue.ts";

/**
 * Updates an organization's plan in force, quotas and workspace access from the current state in Stripe. The caller holds the
 * account's lock.
 *
 * @param today `2026-11-22`
 */
export async function applySubscriptionStatus(
  query: Query,
  stripe: Stripe,
  account: Account,
  today: string,
): Promise<void> {
  const catalogue = await readCatalogueEntry(query);
  const isPriced = catalogue.plans[account.declared.plan]?.isPriced ?? false;
  const subscription = await currentSubscription(stripe, account);
  // The organization's first `up` hasn't created the subscription yet.
  if (isPriced && subscription === undefined) return;
  const status =
    isPriced && subscription !== undefined ? await subscriptionStatusOf(stripe, subscription) : undefined;
  const { plan, entitlements } = effectivePlan(catalogue, account.declared, status, today);
  await query(
    `update public.organizations set subscription_status = $2, stripe_subscription = $3, plan_in_force = $4
     where id = $1 and (subscription_status, stripe_subscription, plan_in_force) is distinct from ($2, $3, $4)`,
    [account.id, status?.status ?? null, (isPriced && subscription?.id) || null, plan],
  );
  await syncQuotas(query, account.id, entitlements);
  await query("select private.open_workspaces($1)", [account.id]);
}

/**
 * The live subscription, or else the newest one. Subscriptions that other programs created for the same customer don't count.
 * The list is read only if the recorded one could have been replaced.
 */
async function currentSubscription(
  stripe: Stripe,
  { brand, customer, subscription: recorded }: Account,
): Promise<Stripe.Subscription | undefined> {
  const found = recorded === null ? undefined : await retrieveSubscription(stripe, recorded);
  if (found !== undefined && isLive(found, brand) && !isReplaceable(found)) return found;
  const all = await listSubscriptions(stripe, customer);
  return liveSubscription(all, brand, recorded) ?? lastSubscription(all, brand);
}
