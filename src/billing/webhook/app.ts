import type { Secret } from "@tenantry/core/secret";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import Stripe from "stripe";
import type { BillingContext } from "../billing-context.ts";
import { type Handled, handleEvent } from "./handle.ts";
import { verifyEvent } from "./verify-event.ts";

export interface WebhookOptions {
  readonly billing: BillingContext;
  /** The endpoint's signing secrets. There is more than one during a rotation. */
  readonly secrets: readonly Secret[];
  /** Receives one line for each event, refusal and failure. */
  readonly log: (line: string) => void;
}

/** In bytes. Stripe's events are far smaller. */
const LARGEST_BODY = 1024 * 1024;
/** The default of Stripe's libraries: https://docs.stripe.com/webhooks#replay-attacks */
const TOLERANCE_SECONDS = 300;

/**
 * The webhook server: `POST /stripe` for Stripe's events, and `GET /health`.
 *
 * Status 2xx: the event was applied, or needs no action. 400: the signature is invalid or too old, or the body isn't an event.
 * 413: the body is too large, and the rest isn't read. 500: the event wasn't applied, so Stripe sends it again.
 */
export function webhookApp({ billing, secrets, log }: WebhookOptions): Hono {
  const app = new Hono();
  app.get("/health", (context) => context.json({ ok: true }));
  const refuse = (context: Context, status: 400 | 413, reason: string) => {
    log(`refused: ${reason}`);
    return context.json({ error: reason }, status);
  };
  const limit = bodyLimit({
    maxSize: LARGEST_BODY,
    onError: (context) => refuse(context, 413, "the body is larger than 1 MiB"),
  });
  app.post("/stripe", limit, async (context) => {
    const payload = await context.req.text();
    if (!isSigned(payload, context.req.header("stripe-signature") ?? "", secrets))
      return refuse(context, 400, "the signature isn't Stripe's or is too old");
    const event = verifyEvent(payload);
    if (event === undefined) return refuse(context, 400, "the body isn't a Stripe event");
    const outcome: Handled = await handleEvent(billing, event);
    log(`${event.id} ${event.type}: ${outcome}`);
    return context.json({ outcome });
  });
  app.onError((error, context) => {
    log(`failed: ${error.message}`);
    return context.json({ error: "the event wasn't applied" }, 500);
  });
  return app;
}

/** Whether one of the secrets signed the payload recently. Stripe's library throws on a header that it can't parse. */
function isSigned(payload: string, signature: string, secrets: readonly Secret[]): boolean {
  const { signature: signatures } = Stripe.webhooks;
  if (signatures === null) throw new Error("Stripe's library has no signature check");
  return secrets.some((secret) => {
    try {
      return signatures.verifyHeader(payload, signature, secret.reveal(), TOLERANCE_SECONDS);
    } catch {
      return false;
    }
  });
}
