import { createHmac } from "node:crypto";

/**
 * The `Stripe-Signature` of a delivery: https://docs.stripe.com/webhooks/signature
 *
 * @param instant unix seconds of the machine's clock, which receivers compare with theirs
 */
export function signatureOf(payload: string, secret: string, instant: number): string {
  const digest = createHmac("sha256", secret).update(`${instant}.${payload}`).digest("hex");
  return `t=${instant},v1=${digest}`;
}
