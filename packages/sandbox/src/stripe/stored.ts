import type Stripe from "stripe";

/** An object as the API returns it. */
export interface Shown {
  readonly object: string;
  readonly [field: string]: unknown;
}

/** https://docs.stripe.com/api/customers */
export interface StoredCustomer
  extends Omit<Stripe.Customer, "default_source" | "deleted" | "invoice_settings" | "test_clock"> {
  readonly default_source: null;
  readonly invoice_settings: Omit<Stripe.Customer.InvoiceSettings, "default_payment_method"> & {
    readonly default_payment_method: string | null;
  };
  readonly test_clock: null;
  /** A deleted customer stays stored, so that a request for its id returns `deleted: true`. */
  readonly deleted?: true;
}

/** https://docs.stripe.com/api/products */
export interface StoredProduct extends Omit<Stripe.Product, "default_price" | "tax_code"> {
  readonly default_price: string | null;
  readonly tax_code: string | null;
}

/** https://docs.stripe.com/api/prices */
export interface StoredPrice
  extends Omit<Stripe.Price, "product" | "unit_amount_decimal" | "currency_options" | "tiers"> {
  readonly product: string;
  readonly unit_amount_decimal: string | null;
}

/** https://docs.stripe.com/api/subscriptions */
export interface StoredSubscription
  extends Omit<
    Stripe.Subscription,
    | "customer"
    | "default_payment_method"
    | "default_source"
    | "discounts"
    | "items"
    | "latest_invoice"
    | "pending_setup_intent"
    | "pending_update"
    | "schedule"
  > {
  readonly customer: string;
  readonly default_payment_method: string | null;
  readonly default_source: null;
  readonly discounts: readonly string[];
  readonly latest_invoice: string | null;
  readonly pending_setup_intent: string | null;
  readonly pending_update:
    | (Omit<Stripe.Subscription.PendingUpdate, "subscription_items"> & {
        readonly subscription_items: readonly StoredSubscriptionItem[];
      })
    | null;
  readonly schedule: string | null;
}

/** https://docs.stripe.com/api/coupons */
export type StoredCoupon = Omit<Stripe.Coupon, "deleted">;

/** A coupon that was applied to a subscription: https://docs.stripe.com/api/discounts */
export interface StoredDiscount
  extends Omit<Stripe.Discount, "customer" | "deleted" | "promotion_code" | "source"> {
  readonly customer: string;
  readonly promotion_code: null;
  readonly source: { readonly coupon: string; readonly type: "coupon" };
  /** A copy of the coupon's terms, which stay valid after the coupon is deleted. The API doesn't return this field. */
  readonly terms: Pick<Stripe.Coupon, "amount_off" | "duration" | "percent_off">;
}

/** https://docs.stripe.com/api/tax_rates */
export type StoredTaxRate = Stripe.TaxRate;

/** https://docs.stripe.com/api/subscription_items */
export interface StoredSubscriptionItem extends Omit<Stripe.SubscriptionItem, "plan" | "price"> {
  readonly price: string;
}

/** https://docs.stripe.com/api/subscription_schedules */
export interface StoredSubscriptionSchedule
  extends Omit<
    Stripe.SubscriptionSchedule,
    "application" | "customer" | "phases" | "subscription" | "test_clock"
  > {
  readonly application: null;
  readonly customer: string;
  readonly phases: readonly StoredPhase[];
  readonly subscription: string | null;
  readonly test_clock: null;
}

export interface StoredPhase extends Omit<Stripe.SubscriptionSchedule.Phase, "items"> {
  readonly items: readonly StoredPhaseItem[];
}

interface StoredPhaseItem extends Omit<Stripe.SubscriptionSchedule.Phase.Item, "plan" | "price"> {
  readonly plan: string;
  readonly price: string;
}

/** https://docs.stripe.com/api/invoices */
export interface StoredInvoice
  extends Omit<Stripe.Invoice, "customer" | "default_payment_method" | "deleted" | "lines" | "payments"> {
  readonly customer: string;
  readonly default_payment_method: string | null;
  readonly lines: readonly StoredInvoiceLine[];
}

export interface StoredInvoiceLine
  extends Omit<Stripe.InvoiceLineItem, "pricing" | "quantity_decimal" | "subscription"> {
  readonly pricing:
    | (Omit<Stripe.InvoiceLineItem.Pricing, "unit_amount_decimal"> & {
        readonly unit_amount_decimal: string | null;
      })
    | null;
  readonly quantity_decimal: string;
  readonly subscription: string | null;
}

/** A charge that waits for an invoice, or belongs to one: https://docs.stripe.com/api/invoiceitems */
export interface StoredInvoiceItem
  extends Omit<Stripe.InvoiceItem, "customer" | "deleted" | "invoice" | "pricing" | "quantity_decimal"> {
  readonly customer: string;
  /** Null until an invoice includes the item. */
  readonly invoice: string | null;
  readonly pricing: StoredInvoiceLine["pricing"];
  readonly quantity_decimal: string;
}

/** Links an invoice to its payment intent: https://docs.stripe.com/api/invoice-payment */
export interface StoredInvoicePayment extends Omit<Stripe.InvoicePayment, "invoice" | "payment"> {
  readonly invoice: string;
  readonly payment: { readonly type: "payment_intent"; readonly payment_intent: string };
}

/** https://docs.stripe.com/api/payment_methods */
export interface StoredPaymentMethod extends Omit<Stripe.PaymentMethod, "customer"> {
  readonly customer: string | null;
}

/** https://docs.stripe.com/api/setup_intents */
export interface StoredSetupIntent extends Omit<Stripe.SetupIntent, "customer" | "payment_method"> {
  readonly customer: string | null;
  readonly payment_method: string | null;
}

/** https://docs.stripe.com/api/payment_intents */
export interface StoredPaymentIntent
  extends Omit<Stripe.PaymentIntent, "customer" | "payment_method" | "latest_charge"> {
  readonly customer: string | null;
  readonly payment_method: string | null;
  readonly latest_charge: string | null;
}

/** https://docs.stripe.com/api/charges */
export interface StoredCharge
  extends Omit<Stripe.Charge, "balance_transaction" | "customer" | "payment_intent" | "refunds"> {
  readonly balance_transaction: string | null;
  readonly customer: string | null;
  readonly payment_intent: string;
}

/** https://docs.stripe.com/api/refunds */
export interface StoredRefund
  extends Omit<Stripe.Refund, "charge" | "customer" | "payment_intent" | "payment_method"> {
  readonly charge: string;
  readonly customer: string | null;
  readonly payment_intent: string;
  readonly payment_method: string | null;
}

/** https://docs.stripe.com/api/disputes */
export interface StoredDispute extends Omit<Stripe.Dispute, "charge" | "payment_intent"> {
  readonly charge: string;
  readonly payment_intent: string;
}

/** An event with a snapshot of its object: https://docs.stripe.com/api/events */
export interface StoredEvent extends Shown {
  readonly id: string;
  readonly object: "event";
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: object; readonly previous_attributes?: Record<string, unknown> };
  readonly livemode: false;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: string;
}

/** https://docs.stripe.com/api/customer_portal/configurations */
export type StoredPortalConfiguration = Stripe.BillingPortal.Configuration;

/** https://docs.stripe.com/api/webhook_endpoints */
export interface StoredWebhookEndpoint extends Omit<Stripe.WebhookEndpoint, "deleted"> {
  readonly secret: string;
}

/** A queued delivery of an event to an endpoint. It is stored until it succeeds or the last attempt fails. */
export interface StoredDelivery {
  readonly id: string;
  readonly event: string;
  readonly endpoint: string;
  readonly attempts: number;
}
