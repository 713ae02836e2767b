import type Stripe from "stripe";

declare const ENTRIES: unique symbol;

/**
 * A list in a response of Stripe, which may be incomplete: an embedded list has ten entries at most. The type hides the entries.
 * The functions of `lists.ts` read the whole list.
 */
export interface Truncated<T> {
  readonly object: "list";
  readonly has_more: boolean;
  /** Never set. Keeps the type of the entries. */
  readonly [ENTRIES]?: T;
}

/** An object in a response of Stripe, whose lists may be incomplete. Stripe's own type stands for an object with whole lists. */
export type Read<T> =
  T extends Stripe.ApiList<infer Entry>
    ? Truncated<Entry>
    : T extends Stripe.Subscription
      ? Omit<T, "items" | "latest_invoice"> & {
          readonly items: Truncated<Stripe.SubscriptionItem>;
          readonly latest_invoice: string | Read<Stripe.Invoice> | null;
        }
      : T extends Stripe.Invoice
        ? Omit<T, "lines"> & { readonly lines: Truncated<Stripe.InvoiceLineItem> }
        : T;
