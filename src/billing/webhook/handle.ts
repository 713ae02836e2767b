import type Stripe from "stripe";
import { dayOf } from "../../shared/today.ts";
import type { Query } from "../../vendors/postgres/database.ts";
import { stripeCall, stripeFind } from "../../vendors/stripe/client.ts";
import { wholeInvoice } from "../../vendors/stripe/lists.ts";
import { type Account, lockAccountOf } from "../accounts.ts";
import type { BillingContext } from "../billing-context.ts";
import { paidPeriods, postPlanCredits } from "../plan-credits.ts";
import { recordPayment } from "../reloads/record-payment.ts";
import { applySubscriptionStatus } from "../subscription-status.ts";
import { type EventTarget, eventTargetOf } from "./event-target.ts";

/** How an event was handled. `foreign`: it concerns no organization of the platform. `ignored`: tenantry doesn't use it. */
export type Handled = "applied" | "duplicate" | "foreign" | "ignored";

/**
 * Applies an event once. Everything is committed when it returns.
 *
 * The organization's row is locked before Stripe is read, so the event that is applied last has read the newest state,
 * whatever the order of delivery.
 */
export async function handleEvent(context: BillingContext, event: Stripe.Event): Promise<Handled> {
  const target = eventTargetOf(event);
  if (target === undefined) return "ignored";
  const payment = target.about === "payment" ? await findPayment(context, target.payment) : undefined;
  const customer = target.about === "payment" ? customerOf(payment) : target.customer;
  if (customer === undefined) return "foreign";
  return context.database.transaction(async (query) => {
    const account = await lockAccountOf(query, customer);
    if (account === undefined) return "foreign";
    if (!(await isNew(query, event))) return "duplicate";
    return (await apply(query, context, account, target)) ? "applied" : "ignored";
  });
}

async function apply(
  query: Query,
  context: BillingContext,
  account: Account,
  target: EventTarget,
): Promise<boolean> {
  const { stripe } = context;
  if (target.about === "payment") {
    const intent = await stripeCall(
      "paymentIntents.retrieve",
      stripe.paymentIntents.retrieve(target.payment),
    );
    return recordPayment(query, stripe, intent, account.id, context.now());
  }
  await applySubscriptionStatus(query, stripe, account, dayOf(context.now()));
  if (target.about === "invoice") await grantPeriod(query, stripe, target);
  return true;
}

async function grantPeriod(
  query: Query,
  stripe: Stripe,
  { customer, invoice: id }: EventTarget & { readonly about: "invoice" },
): Promise<void> {
  const invoice = await stripeFind("invoices.retrieve", stripe.invoices.retrieve(id));
  if (invoice === undefined) return;
  for (const { product, since } of paidPeriods(await wholeInvoice(stripe, invoice)))
    await postPlanCredits(query, { product, since, customer });
}

function findPayment({ stripe }: BillingContext, id: string): Promise<Stripe.PaymentIntent | undefined> {
  return stripeFind("paymentIntents.retrieve", stripe.paymentIntents.retrieve(id));
}

function customerOf(payment: Stripe.PaymentIntent | undefined): string | undefined {
  const customer = payment?.customer;
  return typeof customer === "object" ? customer?.id : customer;
}

/** Waits for a concurrent delivery of the same event to commit or roll back. */
async function isNew(query: Query, { id, type }: Stripe.Event): Promise<boolean> {
  const rows = await query(
    "insert into private.stripe_events (id, type) values ($1, $2) on conflict do nothing returning id",
    [id, type],
  );
  return rows.length > 0;
}
