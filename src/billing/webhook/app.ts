import type { Secret } from "@tenantry/core/secret";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import Stripe from "stripe";
import type { BillingContext } from "../billing-context.ts";
import { type Handled, handleEvent } from "./handle.ts";
import { verifyEvent } from "./verify-event.ts";

export interface WebhookOptions {
  readonly billing: BillingContext;
  /** Of the endpoint; several while one takes another's place. */
  readonly secrets: readonly Secret[];
  /** Gets a line for each event, and for each that failed. */
  readonly log: (line: string) => void;
}

/** Stripe's events are far smaller. */
const LARGEST_BODY = 1024 * 1024;
/** As Stripe's libraries have it: https://docs.stripe.com/webhooks#replay-attacks */
const TOLERANCE_SECONDS = 300;

/**
 * What Stripe's webhook endpoint calls: `POST /stripe`; and `GET /health`.
 *
 * 2xx says that the event was applied, or needn't be; 400 that the signature isn't Stripe's or is too old, or that the body isn't
 * an event; 413 that the body is too large, and wasn't read further. After 500 Stripe sends the event again.
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
      return refuse(context, 400, "the signature isn't Stripe's, or too old");
    const event = verifyEvent(payload);
    if (event === undefined) return refuse(context, 400, "the body isn't an event of Stripe");
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

/** Whether one of the secrets signed it lately. A header of another form fails in other ways, and isn't Stripe's either. */
function isSigned(payload: string, signature: string, secrets: readonly Secret[]): boolean {
  const { signature: signatures } = Stripe.webhooks;
  if (signatures === null) throw new Error("Stripe's library has no check of signatures");
  return secrets.some((secret) => {
    try {
      return signatures.verifyHeader(payload, signature, secret.reveal(), TOLERANCE_SECONDS);
    } catch {
      return false;
    }
  });
}
