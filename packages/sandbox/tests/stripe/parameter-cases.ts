// The cases of parameters.test.ts: a value for each parameter of each route that changes something.

export interface Case {
  /** The parameter's value. */
  readonly value: string;
  /** Other parameters, with which the parameter has an effect. */
  readonly with?: string;
  /** The path, instead of the route's usual one. */
  readonly on?: string;
  /** The whole form, instead of the route's usual one. */
  readonly instead?: string;
}

export interface RouteCases {
  /** The path with `{name}` for the id of an object, if it isn't the route's own. */
  readonly on?: string;
  /** A form that the route accepts. A parameter that it contains is also tested by its absence. */
  readonly form?: string;
  readonly cases?: Readonly<Record<string, string | Case>>;
}

const customer = {
  "address[city]": "Rome",
  "address[country]": "IT",
  "address[line1]": "Via A",
  "address[line2]": "2",
  "address[postal_code]": "00100",
  "address[state]": "RM",
  balance: "-500",
  description: "d",
  email: "new@a.example",
  invoice_prefix: "ABC",
  "invoice_settings[footer]": "Thanks",
  metadata: "1",
  name: "Ada",
  next_invoice_sequence: "7",
  phone: "555",
  "preferred_locales[]": "it",
  tax_exempt: "reverse",
};

const product = {
  active: "false",
  "images[]": "https://a.example/i.png",
  metadata: "1",
  shippable: "false",
  statement_descriptor: "LAUNCH",
  name: "Other",
  description: "d",
  tax_code: "txcd_10000000",
  unit_label: "seat",
  url: "https://b.example",
};

const subscription = {
  "automatic_tax[enabled]": "true",
  cancel_at: "{end}",
  cancel_at_period_end: "true",
  collection_method: { value: "send_invoice", with: "days_until_due=5" },
  days_until_due: { value: "5", with: "collection_method=send_invoice" },
  "default_tax_rates[]": "{tax}",
  "discounts[][coupon]": "{coupon2}",
  default_payment_method: "{mastercard}",
  description: "d",
  metadata: "1",
  "payment_settings[save_default_payment_method]": "on_subscription",
  "payment_settings[payment_method_types][]": "card",
  "trial_settings[end_behavior][missing_payment_method]": "cancel",
};

const features = {
  "features[customer_update][allowed_updates][]": {
    value: "email",
    with: "features[customer_update][enabled]=true",
  },
  "features[customer_update][enabled]": "true",
  "features[invoice_history][enabled]": "false",
  "features[payment_method_update][enabled]": "true",
  "features[subscription_cancel][enabled]": "true",
  "features[subscription_cancel][mode]": {
    value: "immediately",
    with: "features[subscription_cancel][enabled]=true",
  },
  "features[subscription_update][enabled]": "true",
  "features[subscription_update][default_allowed_updates][]": {
    value: "price",
    with: "features[subscription_update][enabled]=true",
  },
};
const portal = {
  "business_profile[headline]": "h",
  "business_profile[privacy_policy_url]": "https://a.example/p",
  "business_profile[terms_of_service_url]": "https://a.example/t",
  default_return_url: "https://a.example",
  "login_page[enabled]": "true",
  metadata: "1",
  ...features,
};

const items = "items[0][id]={item}&items[0][price]={large}";

export const CASES: Readonly<Record<string, RouteCases>> = {
  "POST /v1/customers": {
    cases: {
      ...customer,
      "invoice_settings[default_payment_method]": {
        value: "pm_card_visa",
        with: "payment_method=pm_card_visa",
      },
      payment_method: "pm_card_visa",
    },
  },
  "GET /v1/customers": { cases: { email: "ada@a.example" } },
  "POST /v1/customers/:id": {
    on: "/v1/customers/{ada}",
    cases: { ...customer, "invoice_settings[default_payment_method]": "{mastercard}" },
  },

  "POST /v1/products": {
    form: "name=New",
    cases: {
      ...product,
      id: "prod_mine",
      type: "good",
      "default_price_data[currency]": { value: "usd", with: "default_price_data[unit_amount]=5" },
      "default_price_data[tax_behavior]": {
        value: "inclusive",
        with: "default_price_data[unit_amount]=5&default_price_data[currency]=usd",
      },
      "default_price_data[unit_amount]": { value: "5", with: "default_price_data[currency]=usd" },
      "default_price_data[unit_amount_decimal]": { value: "0.5", with: "default_price_data[currency]=usd" },
      "default_price_data[metadata]": {
        value: "1",
        with: "default_price_data[unit_amount]=5&default_price_data[currency]=usd",
      },
      "default_price_data[recurring][interval]": {
        value: "month",
        with: "default_price_data[unit_amount]=5&default_price_data[currency]=usd",
      },
      "default_price_data[recurring][interval_count]": {
        value: "3",
        with: "default_price_data[unit_amount]=5&default_price_data[currency]=usd&default_price_data[recurring][interval]=month",
      },
    },
  },
  "GET /v1/products": {
    cases: { active: "false", "ids[]": "{spare}", shippable: "true", type: "good", url: "https://a.example" },
  },
  "POST /v1/products/:id": {
    on: "/v1/products/{product}",
    cases: { ...product, default_price: "{price}" },
  },

  "POST /v1/prices": {
    form: "product={spare}&currency=usd&unit_amount=5",
    cases: {
      tax_behavior: "inclusive",
      unit_amount_decimal: { value: "0.5", instead: "product={spare}&currency=usd" },
      active: "false",
      billing_scheme: "tiered",
      lookup_key: "mine",
      metadata: "1",
      nickname: "n",
      "recurring[interval]": "month",
      "recurring[interval_count]": { value: "3", with: "recurring[interval]=month" },
      "recurring[trial_period_days]": { value: "3", with: "recurring[interval]=month" },
      "recurring[usage_type]": { value: "metered", with: "recurring[interval]=month" },
      transfer_lookup_key: { value: "true", with: "lookup_key=launch" },
      "transform_quantity[divide_by]": { value: "2", with: "transform_quantity[round]=up" },
      "transform_quantity[round]": { value: "up", with: "transform_quantity[divide_by]=2" },
    },
  },
  "GET /v1/prices": {
    cases: {
      active: "false",
      currency: "eur",
      "lookup_keys[]": "launch",
      product: "{spare}",
      "recurring[interval]": "year",
      "recurring[usage_type]": "metered",
      type: "one_time",
    },
  },
  "POST /v1/prices/:id": {
    on: "/v1/prices/{large}",
    cases: {
      active: "false",
      lookup_key: "mine",
      metadata: "1",
      nickname: "n",
      tax_behavior: "inclusive",
      transfer_lookup_key: { value: "true", with: "lookup_key=launch" },
    },
  },

  "POST /v1/coupons": {
    form: "percent_off=10",
    cases: {
      id: "mine",
      amount_off: { value: "5", instead: "currency=usd" },
      currency: { value: "usd", instead: "amount_off=5" },
      duration: "forever",
      duration_in_months: { value: "3", with: "duration=repeating" },
      max_redemptions: "1",
      metadata: "1",
      name: "n",
    },
  },
  "POST /v1/coupons/:id": { on: "/v1/coupons/{coupon}", cases: { metadata: "1", name: "n" } },

  "POST /v1/tax_rates": {
    form: "display_name=VAT&inclusive=false&percentage=20",
    cases: { description: "d", jurisdiction: "IT", metadata: "1" },
  },

  "POST /v1/subscriptions": {
    form: "customer={ada}&items[0][price]={price}",
    cases: {
      ...subscription,
      "payment_settings[save_default_payment_method]": {
        value: "on_subscription",
        instead: "customer={ada}&items[0][price]={price}&default_payment_method={mastercard}",
      },
      "billing_mode[type]": "classic",
      currency: "eur",
      "discounts[][discount]": "{discount}",
      "items[][metadata]": "1",
      "items[][quantity]": "3",
      payment_behavior: "default_incomplete",
      trial_end: "{end}",
      trial_period_days: "7",
      "trial_settings[end_behavior][missing_payment_method]": {
        value: "cancel",
        instead: "customer={bob}&items[0][price]={price}&trial_period_days=7",
      },
    },
  },
  "GET /v1/subscriptions": {
    cases: { collection_method: "send_invoice", customer: "{bob}", price: "{yearly}", status: "paused" },
  },
  "POST /v1/subscriptions/:id": {
    on: "/v1/subscriptions/{active}",
    cases: {
      ...subscription,
      "payment_settings[save_default_payment_method]": "on_subscription",
      "billing_cycle_anchor[type]": "now",
      "cancellation_details[comment]": "c",
      "cancellation_details[feedback]": "unused",
      "discounts[][discount]": { value: "{discount}", with: "discounts[1][coupon]={coupon2}" },
      "items[][metadata]": { value: "1", with: "items[0][id]={item}" },
      "items[][price]": { value: "{large}", with: "items[0][id]={item}" },
      "items[][quantity]": { value: "3", with: "items[0][id]={item}" },
      "items[][id]": { value: "{item}", instead: "items[0][price]={large}" },
      "items[][deleted]": { value: "true", with: "items[0][id]={item}" },
      "pause_collection[behavior]": "void",
      "pause_collection[resumes_at]": { value: "{end}", with: "pause_collection[behavior]=void" },
      payment_behavior: { value: "default_incomplete", with: `${items}&proration_behavior=always_invoice` },
      proration_behavior: { value: "always_invoice", with: items },
      proration_date: { value: "1772000000", with: items },
      trial_end: "{end}",
      "trial_settings[end_behavior][missing_payment_method]": {
        value: "cancel",
        on: "/v1/subscriptions/{trialing}",
      },
    },
  },
  "DELETE /v1/subscriptions/:id": {
    on: "/v1/subscriptions/{active}",
    cases: { "cancellation_details[comment]": "c", "cancellation_details[feedback]": "unused" },
  },
  "POST /v1/subscriptions/:id/resume": {
    on: "/v1/subscriptions/{paused}/resume",
  },

  "POST /v1/subscription_items": {
    form: "subscription={active}&price={large}",
    cases: {
      payment_behavior: { value: "default_incomplete", with: "proration_behavior=always_invoice" },
      proration_behavior: "none",
      proration_date: "{phaseStart}",
      quantity: "3",
      metadata: "1",
    },
  },
  "GET /v1/subscription_items": { form: "subscription={active}" },
  "POST /v1/subscription_items/:id": {
    on: "/v1/subscription_items/{item}",
    cases: {
      payment_behavior: {
        value: "default_incomplete",
        with: "price={large}&proration_behavior=always_invoice",
      },
      proration_behavior: { value: "none", with: "price={large}" },
      proration_date: { value: "{phaseStart}", with: "price={large}" },
      price: "{large}",
      quantity: "3",
      metadata: "1",
    },
  },
  "DELETE /v1/subscription_items/:id": {
    on: "/v1/subscription_items/{item2}",
    cases: {
      proration_behavior: "none",
      proration_date: "{phaseStart}",
    },
  },

  "POST /v1/subscription_schedules": { form: "from_subscription={active}", cases: { metadata: "1" } },
  "GET /v1/subscription_schedules": { cases: { customer: "{bob}", scheduled: "true" } },
  "POST /v1/subscription_schedules/:id": {
    on: "/v1/subscription_schedules/{schedule}",
    form:
      "phases[0][items][0][price]={price}&phases[0][start_date]={phaseStart}&phases[0][end_date]={phaseEnd}" +
      "&phases[1][items][0][price]={price}",
    cases: {
      end_behavior: "cancel",
      metadata: "1",
      proration_behavior: {
        value: "none",
        instead:
          "phases[0][items][0][price]={large}&phases[0][start_date]={phaseStart}&phases[0][end_date]={phaseEnd}",
      },
      "phases[][automatic_tax][enabled]": "true",
      "phases[][collection_method]": {
        value: "send_invoice",
        with: "phases[0][invoice_settings][days_until_due]=3",
      },
      "phases[][currency]": "eur",
      "phases[][duration][interval]": {
        value: "year",
        instead:
          "phases[0][items][0][price]={price}&phases[0][start_date]={phaseStart}&phases[0][duration][interval_count]=1",
      },
      "phases[][duration][interval_count]": {
        value: "2",
        instead:
          "phases[0][items][0][price]={price}&phases[0][start_date]={phaseStart}&phases[0][duration][interval]=month",
      },
      "phases[][default_payment_method]": "{mastercard}",
      "phases[][default_tax_rates][]": "{tax}",
      "phases[][end_date]": "1809129600",
      "phases[][description]": "d",
      "phases[][discounts][][coupon]": "{coupon2}",
      "phases[][discounts][][discount]": "{scheduledDiscount}",
      "phases[][invoice_settings][days_until_due]": {
        value: "3",
        with: "phases[0][collection_method]=send_invoice",
      },
      "phases[][items][][metadata]": "1",
      "phases[][items][][quantity]": "3",
      "phases[][metadata]": "1",
      "phases[][proration_behavior]": "none",
    },
  },
  "POST /v1/subscription_schedules/:id/release": {
    on: "/v1/subscription_schedules/{schedule2}/release",
    cases: { preserve_cancel_date: "true" },
  },

  "POST /v1/payment_methods": {
    form: "type=card&card[token]=tok_visa",
    cases: {
      "billing_details[email]": "a@b.example",
      "billing_details[name]": "n",
      "billing_details[phone]": "5",
      metadata: "1",
    },
  },
  "GET /v1/payment_methods": { cases: { customer: "{eve}", type: "sepa_debit" } },
  "POST /v1/payment_methods/:id": {
    on: "/v1/payment_methods/{card}",
    cases: {
      "billing_details[email]": "a@b.example",
      "billing_details[name]": "n",
      "billing_details[phone]": "5",
      "card[exp_month]": "3",
      "card[exp_year]": "2040",
      metadata: "1",
    },
  },
  "POST /v1/payment_methods/:id/attach": {
    on: "/v1/payment_methods/{loose}/attach",
    form: "customer={bob}",
  },
  "GET /v1/customers/:id/payment_methods": {
    on: "/v1/customers/{ada}/payment_methods",
    cases: { type: "sepa_debit" },
  },

  "POST /v1/setup_intents": {
    cases: {
      "automatic_payment_methods[allow_redirects]": {
        value: "never",
        with: "automatic_payment_methods[enabled]=true",
      },
      "automatic_payment_methods[enabled]": "false",
      confirm: { value: "true", with: "payment_method=pm_card_visa" },
      customer: "{ada}",
      description: "d",
      metadata: "1",
      payment_method: "pm_card_visa",
      "payment_method_types[]": "card",
      usage: "on_session",
    },
  },
  "GET /v1/setup_intents": { cases: { customer: "{bob}", payment_method: "{card}" } },
  "POST /v1/setup_intents/:id/confirm": {
    on: "/v1/setup_intents/{setup}/confirm",
    cases: { payment_method: "pm_card_visa" },
  },
  "POST /v1/setup_intents/:id/cancel": {
    on: "/v1/setup_intents/{setup}/cancel",
    cases: { cancellation_reason: "duplicate" },
  },

  "POST /v1/payment_intents": {
    form: "amount=2000&currency=usd",
    cases: {
      "automatic_payment_methods[allow_redirects]": {
        value: "never",
        with: "automatic_payment_methods[enabled]=true",
      },
      "automatic_payment_methods[enabled]": "false",
      confirm: { value: "true", with: "payment_method=pm_card_visa" },
      customer: "{ada}",
      description: "d",
      error_on_requires_action: {
        value: "true",
        with: "customer={fay}&payment_method={asking}&confirm=true",
      },
      metadata: "1",
      off_session: { value: "true", with: "customer={fay}&payment_method={asking}&confirm=true" },
      payment_method: "pm_card_visa",
      "payment_method_types[]": "card",
      receipt_email: "a@b.example",
      setup_future_usage: "off_session",
    },
  },
  "GET /v1/payment_intents": { cases: { customer: "{fay}" } },
  "POST /v1/payment_intents/:id": {
    on: "/v1/payment_intents/{bare}",
    cases: {
      amount: "2500",
      currency: "eur",
      customer: "{bob}",
      description: "d",
      metadata: "1",
      payment_method: "pm_card_visa",
      receipt_email: "a@b.example",
      setup_future_usage: "off_session",
    },
  },
  "POST /v1/payment_intents/:id/confirm": {
    on: "/v1/payment_intents/{unsure}/confirm",
    cases: {
      error_on_requires_action: "true",
      off_session: "true",
      payment_method: { value: "{mastercard}", on: "/v1/payment_intents/{intent}/confirm" },
      receipt_email: "a@b.example",
      setup_future_usage: { value: "off_session", with: "payment_method=pm_card_visa" },
    },
  },
  "POST /v1/payment_intents/:id/cancel": {
    on: "/v1/payment_intents/{intent}/cancel",
    cases: { cancellation_reason: "duplicate" },
  },

  "GET /v1/charges": { cases: { customer: "{bob}", payment_intent: "{paid}" } },
  "GET /v1/charges/:id/refunds": { on: "/v1/charges/{paidCharge}/refunds" },
  "POST /v1/refunds": {
    form: "payment_intent={paid}",
    cases: {
      amount: "5",
      charge: { value: "{paidCharge}", instead: "" },
      metadata: "1",
      reason: "duplicate",
    },
  },
  "GET /v1/refunds": { cases: { charge: "{paid2Charge}", payment_intent: "{paid2}" } },
  "POST /v1/refunds/:id": { on: "/v1/refunds/{refund}", cases: { metadata: "1" } },
  "GET /v1/disputes": { cases: { charge: "{paid2Charge}", payment_intent: "{paid2}" } },

  "POST /v1/invoices": {
    form: "customer={ada}",
    cases: {
      auto_advance: "true",
      collection_method: { value: "send_invoice", with: "days_until_due=3" },
      currency: "eur",
      days_until_due: { value: "3", with: "collection_method=send_invoice" },
      description: "d",
      footer: "Thanks",
      metadata: "1",
      pending_invoice_items_behavior: "include",
      subscription: "{active}",
    },
  },
  "GET /v1/invoices": {
    cases: {
      collection_method: "send_invoice",
      customer: "{bob}",
      status: "draft",
      subscription: "{active}",
    },
  },
  "GET /v1/invoices/:id/lines": { on: "/v1/invoices/{activeInvoice}/lines" },
  "POST /v1/invoices/:id": {
    on: "/v1/invoices/{manual}",
    cases: { auto_advance: "true", description: "d", footer: "Thanks", metadata: "1" },
  },
  "POST /v1/invoices/:id/finalize": { on: "/v1/invoices/{manual}/finalize", cases: { auto_advance: "true" } },
  "POST /v1/invoices/:id/pay": {
    on: "/v1/invoices/{manual}/pay",
    cases: {
      paid_out_of_band: "true",
      payment_method: "{mastercard}",
    },
  },

  "POST /v1/invoiceitems": {
    form: "customer={ada}&amount=500&currency=usd",
    cases: {
      description: "d",
      discountable: "false",
      invoice: "{manual}",
      metadata: "1",
      "period[end]": { value: "9", with: "period[start]=5" },
      "period[start]": { value: "5", with: "period[end]=9" },
      "pricing[price]": { value: "{once}", instead: "customer={ada}" },
      quantity: { value: "3", instead: "customer={ada}&pricing[price]={once}" },
      subscription: "{active}",
    },
  },
  "GET /v1/invoiceitems": { cases: { customer: "{idle}", invoice: "{manual}", pending: "true" } },
  "POST /v1/invoiceitems/:id": {
    on: "/v1/invoiceitems/{waiting2}",
    cases: {
      amount: "5",
      description: "d",
      discountable: "false",
      metadata: "1",
      "period[end]": { value: "9", with: "period[start]=5" },
      "period[start]": { value: "5", with: "period[end]=9" },
      "pricing[price]": { value: "{once}", on: "/v1/invoiceitems/{waiting}" },
      quantity: "3",
    },
  },
  "GET /v1/invoice_payments": {
    cases: {
      invoice: "{sentInvoice}",
      "payment[type]": { value: "payment_intent", with: "payment[payment_intent]={paid}" },
      "payment[payment_intent]": { value: "{paid}", with: "payment[type]=payment_intent" },
      status: "open",
    },
  },
  "GET /v1/events": { cases: { type: "price.created", "types[]": "price.created" } },

  "POST /v1/billing_portal/configurations": {
    form: "features[invoice_history][enabled]=true",
    cases: portal,
  },
  "GET /v1/billing_portal/configurations": { cases: { active: "false", is_default: "true" } },
  "POST /v1/billing_portal/configurations/:id": {
    on: "/v1/billing_portal/configurations/{portal2}",
    cases: { ...portal, active: "false" },
  },

  "POST /v1/webhook_endpoints": {
    form: "url=https://a.example&enabled_events[]=charge.failed",
    cases: { api_version: "2026-10-28.endive", description: "d", metadata: "1" },
  },
  "POST /v1/webhook_endpoints/:id": {
    on: "/v1/webhook_endpoints/{endpoint}",
    cases: {
      description: "d",
      disabled: "true",
      "enabled_events[]": "charge.failed",
      metadata: "1",
      url: "https://b.example",
    },
  },
};
