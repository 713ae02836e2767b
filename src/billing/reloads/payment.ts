import { VendorError } from "@tenantry/core/errors";
import type Stripe from "stripe";
import { toMetadata } from "../../vendors/stripe/brand.ts";
import { idempotencyKey, stripeCall } from "../../vendors/stripe/client.ts";
import { retrieveCustomer } from "../../vendors/stripe/customers.ts";
import { findInList } from "../../vendors/stripe/lists.ts";
import type { Account } from "../accounts.ts";

/** The metadata key of a payment that names the id of its reload request. */
export const RELOAD_KEY = "tenantry_reload";

/** A request for credits, as recorded in the control plane. */
export interface Reload {
  readonly id: string;
  readonly organization: string;
  readonly wallet: string;
  /** Credits. */
  readonly amount: number;
  /** The price of one credit, in the currency's smallest unit. */
  readonly creditAmount: number;
  readonly currency: string;
  /** Unix seconds. */
  readonly requestedAt: number;
}

/**
 * The result of a payment. `open`: neither paid nor declined yet. `withdrawn`: nothing was charged, because the organization
 * isn't active any more.
 */
export type Outcome =
  | { readonly kind: "paid"; readonly payment: string }
  | { readonly kind: "open" }
  | { readonly kind: "withdrawn" }
  | { readonly kind: "declined"; readonly reason: string; readonly forGood: boolean };

/** Declines that a retry of the same card can't resolve: https://docs.stripe.com/declines/codes */
const FOR_GOOD: ReadonlySet<string> = new Set([
  "amount_too_small",
  "authentication_required",
  "expired_card",
  "fraudulent",
  "invalid_account",
  "lost_card",
  "no_payment_method",
  "pickup_card",
  "restricted_card",
  "stolen_card",
]);

const DAY_SECONDS = 24 * 60 * 60;

/** Maps a payment's status to a result: https://docs.stripe.com/payments/paymentintents/lifecycle */
export function outcomeOf(intent: Stripe.PaymentIntent): Outcome {
  if (intent.status === "succeeded") return { kind: "paid", payment: intent.id };
  if (intent.status === "requires_action") return declined("authentication_required");
  if (intent.status === "canceled") return declined(intent.cancellation_reason ?? "canceled");
  const error = intent.last_payment_error;
  if (intent.status !== "requires_payment_method" || error === null) return { kind: "open" };
  return declined(error.decline_code ?? error.code ?? "card_declined");
}

function declined(reason: string): Outcome {
  return { kind: "declined", reason, forGood: FOR_GOOD.has(reason) };
}

/**
 * Pays for a request off-session: https://docs.stripe.com/payments/save-and-reuse?platform=web#charge-saved-payment-method
 *
 * Searches for the payment of an earlier attempt before each charge, because Stripe forgets idempotency keys after a day. The
 * key belongs to the request, so two workers can't both charge. Stripe repeats a failure that it stored under the key for a
 * day. When a search shows that the failed attempt charged nothing, the next attempt uses another key.
 *
 * @param isActive whether the organization is still active; asked right before each charge
 */
export async function pay(
  stripe: Stripe,
  account: Account,
  reload: Reload,
  isActive: () => Promise<boolean>,
): Promise<Outcome> {
  for (let attempt = 0; ; attempt += 1) {
    const found = await findPayment(stripe, account, reload);
    if (found !== undefined) return outcomeOf(found);
    const method = await methodOf(stripe, account.customer);
    if (!(await isActive())) return { kind: "withdrawn" };
    if (method === undefined) return declined("no_payment_method");
    try {
      return outcomeOf(await charge(stripe, account, reload, method, attempt));
    } catch (error) {
      const refused = refusal(error);
      if (refused === undefined) {
        if (isUsedKey(error) && attempt < MOST_STORED_FAILURES) continue;
        throw error;
      }
      const payment = await findPayment(stripe, account, reload);
      return payment === undefined ? refused : outcomeOf(payment);
    }
  }
}

/** More than runs can cause in a day. */
const MOST_STORED_FAILURES = 1_000;

/**
 * Whether an earlier attempt used the key: Stripe repeated that attempt's failure, or refused the key because the attempt
 * named another card. Only one worker at a time processes a request, so the earlier attempt is over.
 */
function isUsedKey(error: unknown): boolean {
  return error instanceof VendorError && (error.isReplayed || error.code === "idempotency_error");
}

async function findPayment(
  stripe: Stripe,
  { customer }: Account,
  { id, requestedAt }: Reload,
): Promise<Stripe.PaymentIntent | undefined> {
  // A day of tolerance, since Stripe's clock and the database's may differ.
  const created = { gte: requestedAt - DAY_SECONDS };
  return findInList(
    "paymentIntents.list",
    stripe.paymentIntents.list({ customer, created, limit: 100 }),
    ({ metadata }) => metadata[RELOAD_KEY] === id,
  );
}

/** The customer's default payment method, or else the newest card. */
async function methodOf(stripe: Stripe, id: string): Promise<string | undefined> {
  const customer = await retrieveCustomer(stripe, id);
  if (customer === undefined) return undefined;
  const chosen = customer.invoice_settings.default_payment_method ?? customer.default_source;
  if (chosen !== null) return typeof chosen === "string" ? chosen : chosen.id;
  const newest = await findInList(
    "paymentMethods.list",
    stripe.paymentMethods.list({ customer: id, type: "card", limit: 1 }),
    () => true,
  );
  return newest?.id;
}

/** The price of a reload in the currency's smallest unit, rounded up. */
export function costOf({ amount, creditAmount }: Pick<Reload, "amount" | "creditAmount">): number {
  return Math.ceil(amount * creditAmount);
}

function charge(
  stripe: Stripe,
  account: Account,
  reload: Reload,
  method: string,
  attempt: number,
): Promise<Stripe.PaymentIntent> {
  const params: Stripe.PaymentIntentCreateParams = {
    amount: costOf(reload),
    currency: reload.currency,
    customer: account.customer,
    payment_method: method,
    off_session: true,
    confirm: true,
    description: `${reload.amount} ${reload.wallet} credits`,
    metadata: { ...toMetadata(account.brand), [RELOAD_KEY]: reload.id },
  };
  // The key doesn't contain the card. If the card changes between two attempts, Stripe refuses the key instead of charging twice.
  const options = { idempotencyKey: idempotencyKey(["reload", reload.id, attempt]) };
  return stripeCall("paymentIntents.create", stripe.paymentIntents.create(params, options));
}

/** The result of a failure that ends the request: a declined card, or an amount that is too small. */
function refusal(error: unknown): Outcome | undefined {
  if (!(error instanceof VendorError)) return undefined;
  if (error.status === 402) return declined(error.code ?? "card_declined");
  return error.code === "amount_too_small" ? declined(error.code) : undefined;
}
