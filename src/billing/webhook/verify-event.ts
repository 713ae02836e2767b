import type Stripe from "stripe";
import * as z from "zod";

/** The fields that every event has. */
const envelope = z.looseObject({
  id: z.string().regex(/^evt_\w{1,250}$/),
  object: z.literal("event"),
  type: z.string().regex(/^[a-z0-9_.]{1,100}$/),
  data: z.looseObject({ object: z.looseObject({}) }),
});

/** Parses a signed body. Undefined if it isn't an event. */
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
