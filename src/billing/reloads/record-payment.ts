import type Stripe from "stripe";
import { dividedUp } from "../../shared/currency.ts";
import type { Query } from "../../vendors/postgres/database.ts";
import { stripeCall } from "../../vendors/stripe/client.ts";
import { listAll } from "../../vendors/stripe/lists.ts";
import { type Outcome, outcomeOf, RELOAD_KEY, type Reload } from "./payment.ts";

/** Records the result of a request's payment. Repeating the call changes nothing. */
export async function record(query: Query, reload: string, outcome: Outcome, at: Date): Promise<void> {
  if (outcome.kind === "paid")
    await query("select private.book_reload($1, $2, $3)", [reload, outcome.payment, at.toISOString()]);
  if (outcome.kind === "withdrawn")
    await query("select private.withdraw_reload($1, $2)", [reload, at.toISOString()]);
  if (outcome.kind === "declined")
    await query("select private.decline_reload($1, $2, $3, $4, $5, $6)", [
      reload,
      outcome.reason,
      outcome.forGood,
      at.toISOString(),
      outcome.message,
      outcome.method,
    ]);
}

/**
 * Records a payment's result, refunds and disputes on its reload request.
 *
 * @param organization the organization that must own the request
 * @returns whether the payment belongs to a request of that organization
 */
export async function recordPayment(
  query: Query,
  stripe: Stripe,
  intent: Stripe.PaymentIntent,
  organization: string,
  at: Date,
): Promise<boolean> {
  const reload = await findReload(query, intent.metadata[RELOAD_KEY], organization);
  if (reload === undefined) return false;
  const outcome = outcomeOf(intent);
  const isSettled = reload.state === "done" && outcome.kind === "declined";
  if (!isSettled) await record(query, reload.id, outcome, at);
  if (outcome.kind === "paid") await reverse(query, stripe, intent, reload);
  return true;
}

async function reverse(
  query: Query,
  stripe: Stripe,
  intent: Stripe.PaymentIntent,
  { id, amount }: Pick<Reload, "id" | "amount">,
): Promise<void> {
  const charge = typeof intent.latest_charge === "string" ? intent.latest_charge : intent.latest_charge?.id;
  if (charge === undefined) return;
  const { amount_refunded } = await stripeCall("charges.retrieve", stripe.charges.retrieve(charge));
  const disputes = await listAll("disputes.list", stripe.disputes.list({ charge, limit: 100 }));
  const disputed = disputedAmount(disputes);
  const reversed = creditsOf(amount, amount_refunded + disputed, intent.amount);
  await query("select private.reverse_reload($1, $2, $3)", [id, reversed, disputed > 0]);
}

/** The amount that banks withdrew for disputes that are open or lost: https://docs.stripe.com/disputes/how-disputes-work */
export function disputedAmount(disputes: readonly Pick<Stripe.Dispute, "amount" | "status">[]): number {
  const taken = disputes.filter(({ status }) => TAKEN.has(status));
  return taken.reduce((sum, { amount }) => sum + amount, 0);
}

const TAKEN: ReadonlySet<string> = new Set(["needs_response", "under_review", "lost"]);

/** The share of credits whose payment was reversed, rounded up. */
export function creditsOf(credits: number, reversed: number, paid: number): number {
  return Math.min(credits, Number(dividedUp(BigInt(credits) * BigInt(reversed), BigInt(paid))));
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Finds a request of the organization only, since anyone with access to the Stripe account can write metadata. */
async function findReload(
  query: Query,
  id: string | undefined,
  organization: string,
): Promise<{ readonly id: string; readonly amount: number; readonly state: string } | undefined> {
  if (id === undefined || !UUID.test(id)) return undefined;
  const [found] = await query<{ id: string; amount: number; state: string }>(
    "select id, amount::float8 as amount, state from public.reloads where id = $1 and organization_id = $2",
    [id, organization],
  );
  return found;
}
