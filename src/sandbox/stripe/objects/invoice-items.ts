/** A proration that waits for the subscription's next invoice. */
export interface KeptInvoiceItem {
  readonly id: string;
  readonly subscription: string;
  readonly subscription_item: string;
  readonly description: string;
  readonly amount: number;
  readonly currency: string;
  readonly price: string;
  readonly quantity: number;
  readonly period: { readonly start: number; readonly end: number };
}
