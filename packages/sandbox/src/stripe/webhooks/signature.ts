import { createHmac } from "node:crypto";

/**
 * Returns the `Stripe-Signature` header of a delivery: https://docs.stripe.com/webhooks/signature
 *
 * @param instant Unix seconds of the machine's clock, because receivers compare them with their own clock
 */
export function signatureOf(payload: string, secret: string, instant: number): string {
  const digest = createHmac("sha256", secret).update(`${instant}.${payload}`).digest("hex");
  return `t=${instant},v1=${digest}`;
}
