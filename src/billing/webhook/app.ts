import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import Stripe from "stripe";
import type { Secret } from "../../core/secret.ts";
import type { Books } from "../books.ts";
import { type Handled, handleEvent } from "./handle.ts";

export interface WebhookOptions {
  readonly books: Books;
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
 * 2xx says that the event was applied, or needn't be; 400 that it isn't Stripe's, or is too old; after 500 Stripe sends it again.
 */
export function webhookApp({ books, secrets, log }: WebhookOptions): Hono {
  const app = new Hono();
  app.get("/health", (context) => context.json({ ok: true }));
  app.post("/stripe", bodyLimit({ maxSize: LARGEST_BODY }), async (context) => {
    const payload = await context.req.text();
    const event = verified(payload, context.req.header("stripe-signature") ?? "", secrets);
    if (event === undefined) {
      log("refused: the signature isn't Stripe's, or too old");
      return context.json({ error: "the signature isn't Stripe's, or too old" }, 400);
    }
    const outcome: Handled = await handleEvent(books, event);
    log(`${event.id} ${event.type}: ${outcome}`);
    return context.json({ outcome });
  });
  app.onError((error, context) => {
    log(`failed: ${error.message}`);
    return context.json({ error: "the event wasn't applied" }, 500);
  });
  return app;
}

/** The event, if one of the secrets signed it lately. A header that makes no sense fails in its own ways: it isn't Stripe's either. */
function verified(payload: string, signature: string, secrets: readonly Secret[]): Stripe.Event | undefined {
  for (const secret of secrets)
    try {
      return Stripe.webhooks.constructEvent(payload, signature, secret.reveal(), TOLERANCE_SECONDS);
    } catch {}
  return undefined;
}
