import { VendorError } from "@tenantry/core/errors";
import type Stripe from "stripe";
import { toMetadata } from "../../vendors/stripe/brand.ts";
import { idempotencyKey, stripeCall } from "../../vendors/stripe/client.ts";
import { retrieveCustomer } from "../../vendors/stripe/customers.ts";
import { findInList } from "../../vendors/stripe/lists.ts";
import type { Account } from "../accounts.ts";

/** On a payment: the request for credits that it pays, by its id. */
export const RELOAD_KEY = "tenantry_reload";

/** A request for credits, as the control plane has it. */
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

/** What became of a payment: `open` is neither paid nor refused yet. */
export type Outcome =
  | { readonly kind: "paid"; readonly payment: string }
  | { readonly kind: "open" }
  | { readonly kind: "declined"; readonly reason: string; readonly forGood: boolean };

/** Declines after which the same card, untouched by its holder, will never pay: https://docs.stripe.com/declines/codes */
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

/** What a payment's status means for the request: https://docs.stripe.com/payments/paymentintents/lifecycle */
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
 * Pays for a request while its customer is away: https://docs.stripe.com/payments/save-and-reuse?platform=web#charge-saved-payment-method
 *
 * Looks for the payment of an earlier attempt before each charge, because Stripe forgets idempotency keys after a day. The
 * key belongs to the request and keeps two workers from charging at the same moment. Stripe repeats a stored failure of that
 * key for a day; once a look shows that it charged nothing, the next attempt gets another key.
 */
export async function pay(stripe: Stripe, account: Account, reload: Reload): Promise<Outcome> {
  for (let attempt = 0; ; attempt += 1) {
    const found = await findPayment(stripe, account, reload);
    if (found !== undefined) return outcomeOf(found);
    const method = await methodOf(stripe, account.customer);
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

/** More than passes can leave behind in a day. */
const MOST_STORED_FAILURES = 1_000;

/**
 * Whether an earlier attempt used up the key: Stripe repeated its failure, or refused the key since that attempt named
 * another card. A request is handed to one worker at a time, so that attempt is over.
 */
function isUsedKey(error: unknown): boolean {
  return error instanceof VendorError && (error.isReplayed || error.code === "idempotency_error");
}

async function findPayment(
  stripe: Stripe,
  { customer }: Account,
  { id, requestedAt }: Reload,
): Promise<Stripe.PaymentIntent | undefined> {
  // Stripe's clock and the database's may differ.
  const created = { gte: requestedAt - DAY_SECONDS };
  return findInList(
    "paymentIntents.list",
    stripe.paymentIntents.list({ customer, created, limit: 100 }),
    ({ metadata }) => metadata[RELOAD_KEY] === id,
  );
}

/** The customer's default, else the card that was added last. */
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

/** In the currency's smallest unit; a part of one counts as one. */
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
  // Without the card: if it changes between two attempts, Stripe refuses the key rather than charge twice.
  const options = { idempotencyKey: idempotencyKey(["reload", reload.id, attempt]) };
  return stripeCall("paymentIntents.create", stripe.paymentIntents.create(params, options));
}

/** What ends the request: a declined card, or an amount that is too small and would be again. */
function refusal(error: unknown): Outcome | undefined {
  if (!(error instanceof VendorError)) return undefined;
  if (error.status === 402) return declined(error.code ?? "card_declined");
  return error.code === "amount_too_small" ? declined(error.code) : undefined;
}
