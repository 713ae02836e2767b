import type Stripe from "stripe";

declare const ENTRIES: unique symbol;

/**
 * A list as Stripe answers with it: its beginning, ten entries of an embedded one, and no way to them. `lists.ts` reads the
 * whole list.
 */
export interface Truncated<T> {
  readonly object: "list";
  readonly has_more: boolean;
  /** Never set: it keeps what the entries are. */
  readonly [ENTRIES]?: T;
}

/** An object as Stripe answers with it. Stripe's own type stands for one whose lists are whole. */
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
