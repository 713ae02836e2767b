import type { Context, Hono } from "hono";
import type { Account } from "./account.ts";
import { runDueWork } from "./billing/due-work.ts";
import { decideDispute, openDispute } from "./objects/disputes.ts";
import { authenticatePayment, finishPayment } from "./objects/payment-intents.ts";
import { StripeError } from "./protocol/errors.ts";
import { newId } from "./protocol/ids.ts";

/**
 * Adds routes that simulate the passage of time and the actions of customers and banks.
 *
 * - `GET /_sandbox/clock`: returns the account's time.
 * - `POST /_sandbox/clock` with `advance` (seconds) or `to` (Unix seconds): advances the account's clock.
 * - `POST /_sandbox/payment_intents/:id/authenticate` with `succeeds`: completes the customer's authentication.
 * - `POST /_sandbox/payment_intents/:id/finish` with `succeeds`: completes a payment whose status is `processing`.
 * - `POST /_sandbox/charges/:id/dispute`: opens a dispute for a charge.
 * - `POST /_sandbox/disputes/:id/decide` with `won`: closes a dispute.
 * - `POST /_sandbox/events/:id/deliver`: delivers an event to every endpoint again.
 */
export function addSandboxRoutes(app: Hono, account: Account, changed: () => void): void {
  app.get("/_sandbox/clock", (context) => context.json({ now: account.now() }));

  app.post("/_sandbox/clock", async (context) => {
    const given = await bodyOf(context);
    const seconds = typeof given.to === "number" ? given.to - account.now() : given.advance;
    if (typeof seconds !== "number" || !Number.isInteger(seconds) || seconds < 0)
      return context.json(
        { error: "`advance` must be whole seconds, or `to` Unix seconds that aren't in the past" },
        400,
      );
    account.clock.advance(seconds);
    runDueWork(account);
    changed();
    return context.json({ now: account.now() });
  });

  app.post("/_sandbox/payment_intents/:id/authenticate", async (context) => {
    const { succeeds } = await bodyOf(context);
    return act(context, () => authenticatePayment(account, context.req.param("id"), succeeds !== false));
  });

  app.post("/_sandbox/payment_intents/:id/finish", async (context) => {
    const { succeeds } = await bodyOf(context);
    return act(context, () => finishPayment(account, context.req.param("id"), succeeds !== false));
  });

  app.post("/_sandbox/charges/:id/dispute", (context) =>
    act(context, () => openDispute(account, context.req.param("id"))),
  );

  app.post("/_sandbox/disputes/:id/decide", async (context) => {
    const { won } = await bodyOf(context);
    return act(context, () => decideDispute(account, context.req.param("id"), won === true ? "won" : "lost"));
  });

  app.post("/_sandbox/events/:id/deliver", (context) => {
    const event = account.events.get(context.req.param("id"));
    if (event === undefined) return context.json({ error: "No such event" }, 404);
    for (const endpoint of account.webhookEndpoints.values()) {
      const id = newId("delivery");
      account.deliveries.put(id, { id, event: event.id, endpoint: endpoint.id, attempts: 0 });
    }
    changed();
    return context.json(event);
  });

  function act(context: Context, work: () => object): Response {
    try {
      return context.json(work());
    } catch (error) {
      if (!(error instanceof StripeError)) throw error;
      return context.json({ error: error.message }, 400);
    } finally {
      changed();
    }
  }
}

async function bodyOf(context: Context): Promise<Record<string, unknown>> {
  const text = await context.req.text();
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
