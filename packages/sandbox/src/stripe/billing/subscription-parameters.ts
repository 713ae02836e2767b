import type * as z from "zod";
import { discountList } from "../objects/coupons.ts";
import { invalid } from "../protocol/errors.ts";
import {
  boolean,
  currency,
  integer,
  list,
  metadata,
  nullable,
  oneOf,
  paging,
  parameters,
  range,
  text,
  timestamp,
  timestampOr,
} from "../protocol/parameters.ts";
import type { StoredSubscription } from "../stored.ts";

const trialSettings = parameters({
  end_behavior: parameters(
    { missing_payment_method: oneOf(["cancel", "create_invoice", "pause"]).optional() },
    ["billing_cycle_anchor"],
  ),
}).optional();

/** Automatic tax. The sandbox doesn't compute it. Invoices only show whether it is enabled. */
export const automaticTax = () => parameters({ enabled: boolean() }, ["liability"]).optional();

const fields = {
  automatic_tax: automaticTax(),
  cancel_at_period_end: boolean().optional(),
  collection_method: oneOf(["charge_automatically", "send_invoice"]).optional(),
  days_until_due: integer(0, 365).optional(),
  default_tax_rates: nullable(list(text(), 5)).optional(),
  discounts: nullable(discountList()).optional(),
  default_payment_method: text().optional(),
  metadata: metadata(),
  payment_behavior: oneOf([
    "allow_incomplete",
    "default_incomplete",
    "error_if_incomplete",
    "pending_if_incomplete",
  ]).optional(),
  payment_settings: parameters(
    {
      payment_method_types: list(oneOf(["card"])).optional(),
      save_default_payment_method: oneOf(["off", "on_subscription"]).optional(),
    },
    ["payment_method_options"],
  ).optional(),
  trial_end: timestampOr("now").optional(),
  trial_settings: trialSettings,
};

const notYet = [
  "add_invoice_items",
  "application_fee_percent",
  "billing_cycle_anchor_config",
  "billing_schedules",
  "billing_thresholds",
  "customer_account",
  "default_source",
  "invoice_settings",
  "off_session",
  "on_behalf_of",
  "pending_invoice_item_interval",
  "transfer_data",
  "trial_from_plan",
];

const itemNotYet = ["billing_thresholds", "current_trial", "discounts", "plan", "price_data", "tax_rates"];

const itemFields = { metadata: metadata(), price: text().optional(), quantity: integer(0).optional() };

export const subscriptionCreation = parameters(
  {
    ...fields,
    billing_mode: parameters({ type: oneOf(["classic", "flexible"]) }, ["flexible"]).optional(),
    cancel_at: timestamp().optional(),
    currency: currency().optional(),
    customer: text(),
    description: text(500).optional(),
    items: list(parameters({ ...itemFields, price: text() }, itemNotYet), 20),
    trial_period_days: integer(0, 730).optional(),
  },
  [...notYet, "backdate_start_date", "billing_cycle_anchor", "proration_behavior"],
);

export type SubscriptionCreation = z.output<typeof subscriptionCreation>;

export const subscriptionUpdate = parameters(
  {
    ...fields,
    billing_cycle_anchor: parameters({ type: oneOf(["now", "unchanged"]) }).optional(),
    cancel_at: nullable(timestampOr("min_period_end", "max_period_end")).optional(),
    cancellation_details: cancellationDetails(),
    description: nullable(text(500)).optional(),
    items: list(
      parameters({ ...itemFields, id: text().optional(), deleted: boolean().optional() }, [
        ...itemNotYet,
        "clear_usage",
      ]),
      20,
    ).optional(),
    pause_collection: nullable(
      parameters({
        behavior: oneOf(["keep_as_draft", "mark_uncollectible", "void"]),
        resumes_at: timestamp().optional(),
      }),
    ).optional(),
    proration_behavior: oneOf(["create_prorations", "always_invoice", "none"]).optional(),
    proration_date: timestamp().optional(),
  },
  notYet,
);

export const subscriptionListing = parameters(
  {
    ...paging,
    collection_method: oneOf(["charge_automatically", "send_invoice"]).optional(),
    created: range(),
    current_period_end: range(),
    current_period_start: range(),
    customer: text().optional(),
    price: text().optional(),
    status: oneOf([
      "active",
      "past_due",
      "unpaid",
      "canceled",
      "incomplete",
      "incomplete_expired",
      "trialing",
      "paused",
      "all",
      "ended",
    ]).optional(),
  },
  ["automatic_tax", "customer_account", "plan", "test_clock"],
);

export const subscriptionCancellation = parameters({ cancellation_details: cancellationDetails() }, [
  "invoice_now",
  "prorate",
]);

/** Resuming starts a new period, without prorations. */
export const subscriptionResumption = parameters({}, [
  "billing_cycle_anchor",
  "payment_behavior",
  "proration_behavior",
  "proration_date",
]);

function cancellationDetails() {
  return parameters(
    {
      comment: nullable(text()).optional(),
      feedback: nullable(
        oneOf([
          "customer_service",
          "low_quality",
          "missing_features",
          "other",
          "switched_service",
          "too_complex",
          "too_expensive",
          "unused",
        ]),
      ).optional(),
    },
    ["feedback_option"],
  ).optional();
}

/** @throws StripeError 400 if `days_until_due` doesn't match the collection method */
export function checkCollection(
  method: string,
  days: number | undefined | null,
  what = "a subscription",
): void {
  if (method === "send_invoice" && (days === undefined || days === null))
    throw invalid(
      `When creating ${what} with \`collection_method\` set to \`send_invoice\`, you must specify \`days_until_due\`.`,
      "days_until_due",
      "parameter_missing",
    );
  if (method === "charge_automatically" && days !== undefined && days !== null)
    throw invalid(
      "You cannot set `days_until_due` if `collection_method` is set to `charge_automatically`.",
      "days_until_due",
    );
}

export function trialSettingsOf(
  given: z.output<typeof trialSettings>,
): NonNullable<StoredSubscription["trial_settings"]> {
  return {
    end_behavior: {
      billing_cycle_anchor: null,
      missing_payment_method: given?.end_behavior.missing_payment_method ?? "create_invoice",
    },
  };
}

export function automaticTaxOf(given: { readonly enabled: boolean } | undefined) {
  return { disabled_reason: null, enabled: given?.enabled ?? false, liability: null };
}

export function paymentSettingsOf(
  given: SubscriptionCreation["payment_settings"],
): NonNullable<StoredSubscription["payment_settings"]> {
  return {
    payment_method_options: null,
    payment_method_types: given?.payment_method_types ?? null,
    save_default_payment_method: given?.save_default_payment_method ?? "off",
  };
}
