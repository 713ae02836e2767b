import type Stripe from "stripe";
import type { Account } from "../account.ts";
import { missing } from "../protocol/errors.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import { parameters } from "../protocol/parameters.ts";

/** https://docs.stripe.com/api/payment_intents */
export interface KeptPaymentIntent
  extends Omit<Stripe.PaymentIntent, "customer" | "payment_method" | "latest_charge"> {
  readonly customer: string | null;
  readonly payment_method: string | null;
  readonly latest_charge: string | null;
}

export const paymentIntent: Kind = {
  show: (account, id) => account.paymentIntents.get(id),
  expands: { customer: "customer", payment_method: "payment_method" },
};

export const paymentIntentOperations: readonly Operation[] = [
  operation("get", "/v1/payment_intents/:id", parameters({}), ({ account, id }) => get(account, id)),
];

function get(account: Account, id: string): KeptPaymentIntent {
  const found = account.paymentIntents.get(id);
  if (found === undefined) throw missing("payment_intent", id, "intent");
  return found;
}
