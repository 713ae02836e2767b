import type { Account } from "../account.ts";
import type { KeptPaymentIntent } from "../objects/payment-intents.ts";
import { declineMessage } from "../objects/payment-methods.ts";
import { newId, random } from "../protocol/ids.ts";

interface Intended {
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description?: string | null;
  readonly metadata?: Record<string, string>;
}

/** A payment that nothing has been tried for yet. */
export function newPaymentIntent(account: Account, intended: Intended): KeptPaymentIntent {
  const id = newId("pi");
  const intent: KeptPaymentIntent = {
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
      KeptPaymentIntent["payment_method_options"]
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

/**
 * Tries to take the money. The intent's status says how it went: `succeeded`, `requires_payment_method` after a decline,
 * `requires_action` when the customer must authenticate.
 */
export function attempt(account: Account, intent: KeptPaymentIntent, method: string): KeptPaymentIntent {
  const card = account.paymentMethods.get(method)?.card;
  const behavior = account.cards.get(card?.fingerprint ?? "");
  if (behavior === undefined) throw new Error(`Payment method ${method} has no test card`);
  if (behavior.charge === "succeeds") return succeeded(account, { ...intent, payment_method: method });
  if (behavior.charge === "authenticates") return needsAction(account, { ...intent, payment_method: method });
  return failed(account, intent, method, behavior.declineCode ?? "generic_decline");
}

export function succeeded(account: Account, intent: KeptPaymentIntent): KeptPaymentIntent {
  const after: KeptPaymentIntent = {
    ...intent,
    amount_received: intent.amount,
    last_payment_error: null,
    latest_charge: newId("ch"),
    next_action: null,
    status: "succeeded",
  };
  account.emit("payment_intent.succeeded", after);
  return account.paymentIntents.put(after.id, after);
}

function needsAction(account: Account, intent: KeptPaymentIntent): KeptPaymentIntent {
  const after: KeptPaymentIntent = {
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
  intent: KeptPaymentIntent,
  method: string,
  declineCode: string,
): KeptPaymentIntent {
  const named = declineCode === "expired_card" || declineCode === "processing_error";
  const authentication = declineCode === "authentication_required";
  const after: KeptPaymentIntent = {
    ...intent,
    last_payment_error: {
      code: named || authentication ? declineCode : "card_declined",
      ...(named ? {} : { decline_code: declineCode }),
      doc_url: "https://stripe.com/docs/error-codes/card-declined",
      message: authentication ? AUTHENTICATION_REQUIRED : declineMessage(declineCode),
      payment_method: account.paymentMethods.get(method),
      type: "card_error",
    } as NonNullable<KeptPaymentIntent["last_payment_error"]>,
    latest_charge: newId("ch"),
    next_action: null,
    payment_method: null,
    status: "requires_payment_method",
  };
  account.emit("payment_intent.payment_failed", after);
  return account.paymentIntents.put(after.id, after);
}

export const AUTHENTICATION_REQUIRED = "Your card was declined. This transaction requires authentication.";
