import type Stripe from "stripe";

/** The object that an event concerns. Only ids are taken from the event; the state is read from Stripe. */
export type EventTarget =
  | { readonly about: "subscription"; readonly customer: string }
  | { readonly about: "invoice"; readonly customer: string; readonly invoice: string }
  | { readonly about: "payment"; readonly payment: string };

/** The events that an endpoint subscribes to. */
export const EVENTS = [
  "customer.subscription.created",
  "customer.subscription.deleted",
  "customer.subscription.paused",
  "customer.subscription.resumed",
  "customer.subscription.updated",
  "invoice.paid",
  "invoice.payment_failed",
  "payment_intent.canceled",
  "payment_intent.payment_failed",
  "payment_intent.succeeded",
  "charge.refunded",
  "charge.dispute.closed",
  "charge.dispute.created",
  "charge.dispute.funds_reinstated",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.updated",
] as const satisfies readonly Stripe.Event.Type[];

/** Undefined for an event that tenantry doesn't use. */
export function eventTargetOf(event: Pick<Stripe.Event, "type" | "data">): EventTarget | undefined {
  if (!EVENTS.some((type) => type === event.type)) return undefined;
  const object: Readonly<Record<string, unknown>> = { ...event.data.object };
  const customer = idOf(object.customer);
  if (event.type.startsWith("customer.subscription."))
    return customer === undefined ? undefined : { about: "subscription", customer };
  if (event.type.startsWith("invoice.")) {
    const invoice = idOf(object.id);
    return customer === undefined || invoice === undefined
      ? undefined
      : { about: "invoice", customer, invoice };
  }
  const payment = idOf(event.type.startsWith("payment_intent.") ? object.id : object.payment_intent);
  return payment === undefined ? undefined : { about: "payment", payment };
}

/** The id, whether the field holds an id or an expanded object. */
function idOf(value: unknown): string | undefined {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : value;
  return typeof id === "string" && /^\w{1,255}$/.test(id) ? id : undefined;
}
