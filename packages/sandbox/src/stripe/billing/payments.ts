import type { Account } from "../account.ts";
import { newId, random } from "../protocol/ids.ts";
import type { StoredCharge, StoredPaymentIntent } from "../stored.ts";
import { declineMessage, declineOf } from "./declines.ts";

interface Intended {
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description?: string | null;
  readonly metadata?: Record<string, string>;
}

/** Creates a payment intent without a payment attempt. */
export function newPaymentIntent(account: Account, intended: Intended): StoredPaymentIntent {
  const id = newId("pi");
  const intent: StoredPaymentIntent = {
    id,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount: intended.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: "automatic",
    client_secret: `${id}_secret_${random(25)}`,
    confirmation_method: "automatic",
    created: account.now(),
    currency: intended.currency,
    customer: intended.customer,
    customer_account: null,
    description: intended.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: intended.metadata ?? {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: "automatic" } } as NonNullable<
      StoredPaymentIntent["payment_method_options"]
    >,
    payment_method_types: ["card"],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "requires_payment_method",
    transfer_data: null,
    transfer_group: null,
  };
  account.paymentIntents.put(id, intent);
  account.emit("payment_intent.created", intent);
  return intent;
}

/** Records a payment attempt as a charge. */
function recordCharge(
  account: Account,
  intent: StoredPaymentIntent,
  method: string,
  declineCode: string | null,
): StoredCharge {
  const id = newId("ch");
  const good = declineCode === null;
  const found = account.paymentMethods.get(method);
  if (found === undefined) throw new Error(`Payment method ${method} doesn't exist`);
  const made: StoredCharge = {
    id,
    object: "charge",
    amount: intent.amount,
    amount_captured: good ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: good ? newId("txn") : null,
    billing_details: found.billing_details,
    calculated_statement_descriptor: "SANDBOX",
    captured: good,
    created: account.now(),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: good ? null : "card_declined",
    failure_message: good ? null : declineMessage(declineCode),
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: good
      ? { ...OUTCOME, network_status: "approved_by_network", reason: null, type: "authorized" }
      : { ...OUTCOME, network_status: "declined_by_network", reason: declineCode, type: "issuer_declined" },
    paid: good,
    payment_intent: intent.id,
    payment_method: method,
    payment_method_details: null,
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: good ? `https://pay.stripe.com/receipts/${id}` : null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: good ? "succeeded" : "failed",
    transfer_data: null,
    transfer_group: null,
  };
  account.emit(good ? "charge.succeeded" : "charge.failed", made);
  return account.charges.put(id, made);
}

const OUTCOME = {
  advice_code: null,
  network_advice_code: null,
  network_decline_code: null,
  risk_level: "normal",
  seller_message: null,
};

/**
 * Attempts a payment. The status of the returned intent is the result: `succeeded`, `processing`,
 * `requires_payment_method` after a decline, or `requires_action` if the customer must authenticate.
 */
export function attempt(
  account: Account,
  intent: StoredPaymentIntent,
  method: string,
  customerIsAway = false,
): StoredPaymentIntent {
  const card = account.paymentMethods.get(method)?.card;
  const behavior = account.cards.get(card?.fingerprint ?? "");
  if (behavior === undefined) throw new Error(`Payment method ${method} has no test card`);
  if (behavior.charge === "succeeds") return succeeded(account, { ...intent, payment_method: method });
  if (behavior.charge === "processes") return processing(account, { ...intent, payment_method: method });
  if (behavior.charge === "authenticates" && customerIsAway)
    return failed(account, intent, method, "authentication_required");
  if (behavior.charge === "authenticates") return needsAction(account, { ...intent, payment_method: method });
  return failed(account, intent, method, behavior.declineCode ?? "generic_decline");
}

/** @param intent the payment intent, with the payment method that paid */
export function succeeded(account: Account, intent: StoredPaymentIntent): StoredPaymentIntent {
  const charge = recordCharge(account, intent, intent.payment_method ?? "", null);
  const after: StoredPaymentIntent = {
    ...intent,
    amount_received: intent.amount,
    last_payment_error: null,
    latest_charge: charge.id,
    next_action: null,
    status: "succeeded",
  };
  account.emit("payment_intent.succeeded", after);
  return account.paymentIntents.put(after.id, after);
}

/** A delayed payment: https://docs.stripe.com/payments/paymentintents/lifecycle */
function processing(account: Account, intent: StoredPaymentIntent): StoredPaymentIntent {
  const after: StoredPaymentIntent = { ...intent, last_payment_error: null, status: "processing" };
  account.emit("payment_intent.processing", after);
  return account.paymentIntents.put(after.id, after);
}

function needsAction(account: Account, intent: StoredPaymentIntent): StoredPaymentIntent {
  const after: StoredPaymentIntent = {
    ...intent,
    next_action: {
      type: "use_stripe_sdk",
      use_stripe_sdk: { type: "three_d_secure_redirect", source: newId("src") },
    },
    status: "requires_action",
  };
  account.emit("payment_intent.requires_action", after);
  return account.paymentIntents.put(after.id, after);
}

export function failed(
  account: Account,
  intent: StoredPaymentIntent,
  method: string,
  declineCode: string,
): StoredPaymentIntent {
  const { code, message, decline_code } = declineOf(declineCode);
  const after: StoredPaymentIntent = {
    ...intent,
    last_payment_error: {
      code,
      ...(decline_code === undefined ? {} : { decline_code }),
      doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}`,
      message,
      payment_method: account.paymentMethods.get(method),
      type: "card_error",
    } as NonNullable<StoredPaymentIntent["last_payment_error"]>,
    latest_charge: recordCharge(account, intent, method, declineCode).id,
    next_action: null,
    payment_method: null,
    status: "requires_payment_method",
  };
  account.emit("payment_intent.payment_failed", after);
  return account.paymentIntents.put(after.id, after);
}
