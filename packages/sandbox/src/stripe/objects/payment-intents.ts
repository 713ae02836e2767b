import { CURRENCIES, isCurrency } from "@tenantry/core/currencies";
import type * as z from "zod";
import type { Account } from "../account.ts";
import { settle } from "../billing/collection.ts";
import { declined } from "../billing/declines.ts";
import { paid } from "../billing/invoicing.ts";
import { attempt, failed, newPaymentIntent, succeeded } from "../billing/payments.ts";
import { invalid, missing, missingReference } from "../protocol/errors.ts";
import { matches, page } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import {
  boolean,
  currency,
  integer,
  list,
  metadata,
  nullable,
  oneOf,
  paging,
  parameters,
  range,
  text,
} from "../protocol/parameters.ts";
import type { StoredPaymentIntent } from "../stored.ts";
import { getCustomer } from "./find-customer.ts";
import { attach, automaticMethods, checkNotDetached, findPaymentMethod } from "./payment-methods.ts";

export const paymentIntent: Kind = {
  show: (account, id) => account.paymentIntents.get(id),
  expands: { customer: "customer", latest_charge: "charge", payment_method: "payment_method" },
};

const confirmation = {
  error_on_requires_action: boolean().optional(),
  off_session: boolean().optional(),
  payment_method: text().optional(),
  receipt_email: nullable(text()).optional(),
  setup_future_usage: nullable(oneOf(["off_session", "on_session"])).optional(),
};
const confirmationNotYet = [
  "capture_method",
  "confirmation_token",
  "mandate",
  "mandate_data",
  "payment_method_data",
  "payment_method_options",
  "radar_options",
  "return_url",
  "shipping",
  "use_stripe_sdk",
];
const notYet = [
  ...confirmationNotYet,
  "amount_details",
  "application_fee_amount",
  "confirmation_method",
  "customer_account",
  "on_behalf_of",
  "payment_details",
  "payment_method_configuration",
  "statement_descriptor",
  "statement_descriptor_suffix",
  "transfer_data",
  "transfer_group",
];
const creation = parameters(
  {
    ...confirmation,
    amount: integer(1, 99_999_999),
    automatic_payment_methods: parameters({
      allow_redirects: oneOf(["always", "never"]).optional(),
      enabled: boolean(),
    }).optional(),
    confirm: boolean().optional(),
    currency: currency(),
    customer: text().optional(),
    description: text(1000).optional(),
    metadata: metadata(),
    payment_method_types: list(oneOf(["card"])).optional(),
  },
  notYet,
);
const update = parameters(
  {
    amount: integer(1, 99_999_999).optional(),
    currency: currency().optional(),
    customer: text().optional(),
    description: text(1000).optional(),
    metadata: metadata(),
    payment_method: text().optional(),
    receipt_email: nullable(text()).optional(),
    setup_future_usage: nullable(oneOf(["off_session", "on_session"])).optional(),
  },
  notYet,
);
const listing = parameters({ ...paging, created: range(), customer: text().optional() }, [
  "customer_account",
]);
const cancellation = parameters({
  cancellation_reason: oneOf(["abandoned", "duplicate", "fraudulent", "requested_by_customer"]).optional(),
});

export const paymentIntentOperations: readonly Operation[] = [
  operation("post", "/v1/payment_intents", creation, ({ account, parameters: given }) => {
    checkAmount(given.amount, given.currency);
    if (given.customer !== undefined) getCustomer(account, given.customer, "customer");
    const { confirm, error_on_requires_action, off_session, payment_method, ...own } = given;
    if (confirm !== true && (off_session ?? error_on_requires_action) !== undefined)
      throw invalid("`off_session` and `error_on_requires_action` can only be used when `confirm=true`.");
    const blank = newPaymentIntent(account, {
      amount: given.amount,
      currency: given.currency,
      customer: given.customer ?? null,
      description: given.description ?? null,
      metadata: mergeMetadata({}, own.metadata),
    });
    const intent = account.paymentIntents.put(blank.id, {
      ...blank,
      automatic_payment_methods: automaticMethods(given),
      receipt_email: given.receipt_email ?? null,
      setup_future_usage: given.setup_future_usage ?? null,
      ...methodChange(account, blank, payment_method),
    });
    return confirm === true ? confirmed(account, intent, given) : intent;
  }),

  operation("get", "/v1/payment_intents", listing, ({ account, parameters: wanted }) => {
    const found = account.paymentIntents.values().filter((one) => matches(one, wanted, ["customer"]));
    return page("/v1/payment_intents", found, wanted, "payment_intent");
  }),

  operation("get", "/v1/payment_intents/:id", parameters({}), ({ account, id }) =>
    getPaymentIntent(account, id),
  ),

  operation("post", "/v1/payment_intents/:id", update, ({ account, id, parameters: given }) => {
    const before = getPaymentIntent(account, id);
    if (isOver(before)) throw unexpected(before, "update");
    if (given.customer !== undefined) getCustomer(account, given.customer, "customer");
    const { metadata, payment_method, ...plain } = given;
    const after = { ...before, ...plain, metadata: mergeMetadata(before.metadata, metadata) };
    checkAmount(after.amount, after.currency);
    return account.paymentIntents.put(id, { ...after, ...methodChange(account, after, payment_method) });
  }),

  operation(
    "post",
    "/v1/payment_intents/:id/confirm",
    parameters(confirmation, confirmationNotYet),
    ({ account, id, parameters: given }) => {
      const before = getPaymentIntent(account, id);
      if (isOver(before)) throw unexpected(before, "confirm");
      const { receipt_email = before.receipt_email, setup_future_usage = before.setup_future_usage } = given;
      const intended = { ...before, receipt_email, setup_future_usage };
      const intent = { ...intended, ...methodChange(account, intended, given.payment_method) };
      return confirmed(account, intent, given);
    },
  ),

  operation("post", "/v1/payment_intents/:id/cancel", cancellation, ({ account, id, parameters: given }) => {
    const before = getPaymentIntent(account, id);
    if (isOver(before)) throw unexpected(before, "cancel");
    const after: StoredPaymentIntent = {
      ...before,
      canceled_at: account.now(),
      cancellation_reason: given.cancellation_reason ?? null,
      next_action: null,
      status: "canceled",
    };
    account.emit("payment_intent.canceled", after);
    return account.paymentIntents.put(id, after);
  }),
];

function getPaymentIntent(account: Account, id: string): StoredPaymentIntent {
  const found = account.paymentIntents.get(id);
  if (found === undefined) throw missing("payment_intent", id, "intent");
  return found;
}

/** Completes the customer's authentication. */
export function authenticatePayment(account: Account, id: string, succeeds: boolean): StoredPaymentIntent {
  const intent = getPaymentIntent(account, id);
  if (intent.status !== "requires_action") throw unexpected(intent, "authenticate");
  if (!succeeds) return failed(account, intent, intent.payment_method ?? "", "generic_decline");
  return settleInvoice(account, succeeded(account, intent));
}

/** Completes a payment whose status is `processing`. */
export function finishPayment(account: Account, id: string, succeeds: boolean): StoredPaymentIntent {
  const intent = getPaymentIntent(account, id);
  if (intent.status !== "processing") throw unexpected(intent, "finish");
  if (!succeeds) return failed(account, intent, intent.payment_method ?? "", "insufficient_funds");
  return settleInvoice(account, succeeded(account, intent));
}

type Confirmation = z.output<z.ZodObject<typeof confirmation>>;

/** @throws StripeError 402 for a decline, which the payment intent records */
function confirmed(account: Account, intent: StoredPaymentIntent, given: Confirmation): StoredPaymentIntent {
  if (intent.payment_method === null)
    throw invalid(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
      undefined,
      "payment_intent_unexpected_state",
    );
  const away = given.off_session === true || given.error_on_requires_action === true;
  const after = attempt(account, intent, intent.payment_method, away);
  if (after.status === "requires_payment_method") {
    const error = after.last_payment_error;
    throw declined(error?.decline_code ?? error?.code, {
      payment_intent: after,
      payment_method: account.paymentMethods.get(intent.payment_method),
    }).keepingEffects();
  }
  return settleInvoice(account, after);
}

/** Marks the invoice of a succeeded payment intent as paid. */
function settleInvoice(account: Account, intent: StoredPaymentIntent): StoredPaymentIntent {
  if (intent.status !== "succeeded") return intent;
  const link = account.invoicePayments.values().find((one) => one.payment.payment_intent === intent.id);
  const invoice = account.invoices.get(link?.invoice ?? "");
  if (invoice?.status === "open" || invoice?.status === "uncollectible")
    settle(account, paid(account, invoice));
  return intent;
}

function methodChange(
  account: Account,
  intent: StoredPaymentIntent,
  id: string | undefined,
): Pick<StoredPaymentIntent, "payment_method" | "status"> {
  if (id === undefined) return { payment_method: intent.payment_method, status: intent.status };
  const method = findPaymentMethod(account, id);
  if (method === undefined) throw missingReference("PaymentMethod", id, "payment_method");
  checkNotDetached(account, method.id);
  if (method.customer !== null && method.customer !== intent.customer)
    throw invalid(
      intent.customer === null
        ? "The provided PaymentMethod belongs to a Customer. Please include the Customer in the `customer` parameter on the PaymentIntent."
        : "The provided PaymentMethod belongs to a different Customer than the one of this PaymentIntent.",
      "payment_method",
    );
  if (intent.setup_future_usage !== null && intent.customer !== null)
    attach(account, method, intent.customer);
  return { payment_method: method.id, status: "requires_confirmation" };
}

function checkAmount(amount: number, currency: string): void {
  const { minimum, step } = isCurrency(currency) ? CURRENCIES[currency] : CURRENCIES.usd;
  if (amount < minimum)
    throw invalid(
      `Amount must be at least ${minimum} of the smallest unit of ${currency}`,
      "amount",
      "amount_too_small",
    );
  // https://docs.stripe.com/currencies#special-cases
  if (amount % step !== 0)
    throw invalid(`Amounts in ${currency} must be evenly divisible by ${step}`, "amount");
}

function isOver(intent: StoredPaymentIntent): boolean {
  return intent.status === "succeeded" || intent.status === "canceled";
}

function unexpected(intent: StoredPaymentIntent, verb: string): Error {
  return invalid(
    `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`,
    undefined,
    "payment_intent_unexpected_state",
  );
}
