import type { Currency } from "@tenantry/core/currencies";
import { VendorError } from "@tenantry/core/errors";
import type Stripe from "stripe";
import { costOf } from "../../shared/currency.ts";
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
  readonly currency: Currency;
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
  | Declined;

/** A payment that was declined. */
export interface Declined {
  readonly kind: "declined";
  /** Stripe's code. */
  readonly reason: string;
  /** Stripe's own words; null if it sent none. */
  readonly message: string | null;
  /** Stripe's id of the payment method that was declined; null if there was none. */
  readonly method: string | null;
  /** Whether a retry can't succeed before somebody acts. */
  readonly forGood: boolean;
}

/** Amounts that Stripe doesn't charge: https://docs.stripe.com/error-codes */
export const WRONG_AMOUNT: ReadonlySet<string> = new Set(["amount_too_large", "amount_too_small"]);

/** Declines that a retry of the same card can't resolve: https://docs.stripe.com/declines/codes */
const FOR_GOOD: ReadonlySet<string> = new Set([
  ...WRONG_AMOUNT,
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
  const error = intent.last_payment_error;
  const details = {
    message: error?.message ?? null,
    method: error?.payment_method?.id ?? idOf(intent.payment_method),
  };
  if (intent.status === "requires_action") return declined("authentication_required", details);
  if (intent.status === "canceled") return declined(intent.cancellation_reason ?? "canceled", details);
  if (intent.status !== "requires_payment_method" || error === null) return { kind: "open" };
  return declined(error.decline_code ?? error.code ?? "card_declined", details);
}

/** The result for a customer without a payment method. */
export const NO_PAYMENT_METHOD: Declined = declined("no_payment_method", { message: null, method: null });

function declined(reason: string, details: Pick<Declined, "message" | "method">): Declined {
  return { kind: "declined", reason, ...details, forGood: FOR_GOOD.has(reason) };
}

function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  return typeof reference === "string" ? reference : (reference?.id ?? null);
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
    if (method === undefined) return NO_PAYMENT_METHOD;
    try {
      return outcomeOf(await charge(stripe, account, reload, method, attempt));
    } catch (error) {
      const refused = refusal(error, method);
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
export async function methodOf(stripe: Stripe, id: string): Promise<string | undefined> {
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

function charge(
  stripe: Stripe,
  account: Account,
  reload: Reload,
  method: string,
  attempt: number,
): Promise<Stripe.PaymentIntent> {
  const params: Stripe.PaymentIntentCreateParams = {
    amount: costOf(reload.amount, reload.creditAmount, reload.currency),
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

/** The result of a failure that ends the request: a declined card, or an amount that Stripe doesn't charge. */
function refusal(error: unknown, method: string): Outcome | undefined {
  if (!(error instanceof VendorError)) return undefined;
  const code = error.code ?? "card_declined";
  if (error.status !== 402 && !WRONG_AMOUNT.has(code)) return undefined;
  return declined(code, { message: error.cause instanceof Error ? error.cause.message : null, method });
}
