import { charge, chargeOperations } from "./objects/charges.ts";
import { coupon, couponOperations, discount } from "./objects/coupons.ts";
import { customer, customerOperations } from "./objects/customers.ts";
import { dispute, disputeOperations } from "./objects/disputes.ts";
import { eventOperations } from "./objects/events.ts";
import { invoiceItem, invoiceItemOperations } from "./objects/invoice-items.ts";
import { invoicePayment, invoicePaymentOperations } from "./objects/invoice-payments.ts";
import { invoice, invoiceLine, invoiceOperations } from "./objects/invoices.ts";
import { paymentIntent, paymentIntentOperations } from "./objects/payment-intents.ts";
import { paymentMethod, paymentMethodOperations } from "./objects/payment-methods.ts";
import { portalConfigurationOperations } from "./objects/portal-configurations.ts";
import { price, priceOperations } from "./objects/prices.ts";
import { product, productOperations } from "./objects/products.ts";
import { refund, refundOperations } from "./objects/refunds.ts";
import { searchOperations } from "./objects/search.ts";
import { setupIntent, setupIntentOperations } from "./objects/setup-intents.ts";
import { subscriptionItem, subscriptionItemOperations } from "./objects/subscription-items.ts";
import { subscriptionSchedule, subscriptionScheduleOperations } from "./objects/subscription-schedules.ts";
import { subscription, subscriptionOperations } from "./objects/subscriptions.ts";
import { taxRate, taxRateOperations } from "./objects/tax-rates.ts";
import { webhookEndpointOperations } from "./objects/webhook-endpoints.ts";
import type { Kind, Operation } from "./protocol/operation.ts";

/** All routes of the API that the sandbox has. */
export const OPERATIONS: readonly Operation[] = [
  ...searchOperations,
  ...customerOperations,
  ...productOperations,
  ...priceOperations,
  ...couponOperations,
  ...taxRateOperations,
  ...subscriptionOperations,
  ...subscriptionItemOperations,
  ...subscriptionScheduleOperations,
  ...paymentMethodOperations,
  ...setupIntentOperations,
  ...paymentIntentOperations,
  ...chargeOperations,
  ...refundOperations,
  ...disputeOperations,
  ...invoiceOperations,
  ...invoiceItemOperations,
  ...invoicePaymentOperations,
  ...eventOperations,
  ...portalConfigurationOperations,
  ...webhookEndpointOperations,
];

/** The object types whose fields can be expanded, by name. */
export const KINDS: Readonly<Record<string, Kind>> = {
  charge,
  coupon,
  customer,
  discount,
  dispute,
  invoice,
  invoice_payment: invoicePayment,
  invoiceitem: invoiceItem,
  line_item: invoiceLine,
  payment_intent: paymentIntent,
  payment_method: paymentMethod,
  price,
  product,
  refund,
  setup_intent: setupIntent,
  subscription,
  subscription_item: subscriptionItem,
  subscription_schedule: subscriptionSchedule,
  tax_rate: taxRate,
};
