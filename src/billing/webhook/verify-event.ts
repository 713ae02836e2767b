import type Stripe from "stripe";
import * as z from "zod";

/** What is needed of an event before anything else of it is looked at. */
const envelope = z.looseObject({
  id: z.string().regex(/^evt_\w{1,250}$/),
  object: z.literal("event"),
  type: z.string().regex(/^[a-z0-9_.]{1,100}$/),
  data: z.looseObject({ object: z.looseObject({}) }),
});

/** The event that a signed body holds; undefined when it isn't one. */
export function verifyEvent(payload: string): Stripe.Event | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return envelope.safeParse(parsed).success ? (parsed as Stripe.Event) : undefined;
}
