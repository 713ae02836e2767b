import type Stripe from "stripe";

/** https://docs.stripe.com/api/setup_intents */
export interface KeptSetupIntent extends Omit<Stripe.SetupIntent, "customer" | "payment_method"> {
  readonly customer: string | null;
  readonly payment_method: string | null;
}
