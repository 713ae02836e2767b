import type { Currency } from "@tenantry/core/currencies";
import type Stripe from "stripe";
import { costOf } from "../../shared/currency.ts";
import type { Query } from "../../vendors/postgres/database.ts";
import { stripeCall } from "../../vendors/stripe/client.ts";
import { listAll } from "../../vendors/stripe/lists.ts";
import { lockAccountOf } from "../accounts.ts";
import type { BillingContext } from "../billing-context.ts";
import { creditsOf, disputedAmount, recordPayment } from "./record-payment.ts";

/** A bank may take months to decide a dispute: https://docs.stripe.com/disputes/how-disputes-work */
const LOOK_BACK_SECONDS = 180 * 24 * 60 * 60;

/** Refunds with these statuses return no money: https://docs.stripe.com/refunds#failed-refunds */
const WITHOUT_EFFECT: ReadonlySet<string | null> = new Set(["failed", "canceled"]);

/**
 * Records refunds, disputes and dispute decisions that no event reported. Events can be late or lost, and the webhook server
 * is optional.
 *
 * @returns the number of payments that changed
 */
export async function recordReversals(context: BillingContext, signal: AbortSignal): Promise<number> {
  const reversedAmounts = await amountsTakenBack(context);
  const due = (await paidReloads(context, [...reversedAmounts.keys()])).filter(
    ({ amount, creditAmount, currency, payment, reversed }) =>
      creditsOf(amount, reversedAmounts.get(payment) ?? 0, costOf(amount, creditAmount, currency)) !==
      reversed,
  );
  let changed = 0;
  for (const { payment, organization, customer, reversed } of due) {
    signal.throwIfAborted();
    const recorded = await context.database.transaction(async (query) => {
      await lockAccountOf(query, customer);
      const intent = await stripeCall(
        "paymentIntents.retrieve",
        context.stripe.paymentIntents.retrieve(payment),
      );
      await recordPayment(query, context.stripe, intent, organization, context.now());
      return reversedOf(query, organization, payment);
    });
    // 0.2.0 rounded some amounts differently. Each run reads their payments again and changes nothing.
    if (recorded !== reversed) changed += 1;
  }
  return changed;
}

async function reversedOf(query: Query, organization: string, payment: string): Promise<number | undefined> {
  const [reload] = await query<{ reversed: number }>(
    "select reversed::float8 as reversed from public.reloads where organization_id = $1 and payment = $2",
    [organization, payment],
  );
  return reload?.reversed;
}

/** Reversed amounts by payment id, in the currency's smallest unit. Zero if every reversal failed or was won. */
async function amountsTakenBack({ stripe, now }: BillingContext): Promise<ReadonlyMap<string, number>> {
  const created = { gte: Math.floor(now().getTime() / 1000) - LOOK_BACK_SECONDS };
  const amounts = new Map<string, number>();
  const add = (payment: string | Stripe.PaymentIntent | null, amount: number) => {
    const id = typeof payment === "object" ? payment?.id : payment;
    if (id !== undefined) amounts.set(id, (amounts.get(id) ?? 0) + amount);
  };
  for (const refund of await listAll("refunds.list", stripe.refunds.list({ created, limit: 100 })))
    add(refund.payment_intent, WITHOUT_EFFECT.has(refund.status) ? 0 : refund.amount);
  for (const dispute of await listAll("disputes.list", stripe.disputes.list({ created, limit: 100 })))
    add(dispute.payment_intent, disputedAmount([dispute]));
  return amounts;
}

interface PaidReload {
  readonly payment: string;
  readonly organization: string;
  /** The customer's id in Stripe. */
  readonly customer: string;
  /** Credits. */
  readonly amount: number;
  readonly creditAmount: number;
  readonly currency: Currency;
  /** The recorded number of credits whose payment was reversed. */
  readonly reversed: number;
}

function paidReloads(
  { database }: BillingContext,
  payments: readonly string[],
): Promise<readonly PaidReload[]> {
  return database.read((query) =>
    query<PaidReload>(
      `select payment, organization_id as organization, stripe_customer as customer, amount::float8 as amount,
         credit_amount::float8 as "creditAmount", currency, reversed::float8 as reversed
       from public.reloads join public.organizations on organizations.id = organization_id
       where payment = any ($1) and stripe_customer is not null order by payment`,
      [payments],
    ),
  );
}
