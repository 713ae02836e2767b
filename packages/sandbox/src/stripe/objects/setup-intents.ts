import type { Account } from "../account.ts";
import { invalid, missing, missingReference } from "../protocol/errors.ts";
import { newId, random } from "../protocol/ids.ts";
import { matches, page } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import { boolean, list, metadata, oneOf, paging, parameters, range, text } from "../protocol/parameters.ts";
import type { StoredSetupIntent } from "../stored.ts";
import { getCustomer } from "./find-customer.ts";
import { attach, automaticMethods, findPaymentMethod } from "./payment-methods.ts";

export const setupIntent: Kind = {
  show: (account, id) => account.setupIntents.get(id),
  expands: { customer: "customer", payment_method: "payment_method" },
};

const notYet = [
  "attach_to_self",
  "confirmation_token",
  "customer_account",
  "flow_directions",
  "mandate_data",
  "on_behalf_of",
  "payment_method_configuration",
  "payment_method_data",
  "payment_method_options",
  "return_url",
  "single_use",
  "use_stripe_sdk",
];
const creation = parameters(
  {
    automatic_payment_methods: parameters({
      allow_redirects: oneOf(["always", "never"]).optional(),
      enabled: boolean(),
    }).optional(),
    confirm: boolean().optional(),
    customer: text().optional(),
    description: text(1000).optional(),
    metadata: metadata(),
    payment_method: text().optional(),
    payment_method_types: list(oneOf(["card"])).optional(),
    usage: oneOf(["off_session", "on_session"]).optional(),
  },
  notYet,
);
const confirmation = parameters({ payment_method: text().optional() }, [
  "confirmation_token",
  "mandate_data",
  "payment_method_data",
  "payment_method_options",
  "return_url",
  "use_stripe_sdk",
]);
const listing = parameters(
  { ...paging, created: range(), customer: text().optional(), payment_method: text().optional() },
  ["attach_to_self", "customer_account"],
);

export const setupIntentOperations: readonly Operation[] = [
  operation("post", "/v1/setup_intents", creation, ({ account, parameters: given }) => {
    if (given.customer !== undefined) getCustomer(account, given.customer, "customer");
    const created = blank(account, given);
    account.setupIntents.put(created.id, created);
    account.emit("setup_intent.created", created);
    return given.confirm === true ? confirmed(account, created, given.payment_method) : created;
  }),

  operation("get", "/v1/setup_intents", listing, ({ account, parameters: wanted }) => {
    const found = account.setupIntents
      .values()
      .filter((one) => matches(one, wanted, ["customer", "payment_method"]));
    return page("/v1/setup_intents", found, wanted, "setup_intent");
  }),

  operation("get", "/v1/setup_intents/:id", parameters({}), ({ account, id }) => get(account, id)),

  operation("post", "/v1/setup_intents/:id/confirm", confirmation, ({ account, id, parameters: given }) =>
    confirmed(account, open(get(account, id)), given.payment_method),
  ),

  operation(
    "post",
    "/v1/setup_intents/:id/cancel",
    parameters({
      cancellation_reason: oneOf(["abandoned", "duplicate", "requested_by_customer"]).optional(),
    }),
    ({ account, id, parameters: given }) => {
      const after: StoredSetupIntent = {
        ...open(get(account, id)),
        cancellation_reason: given.cancellation_reason ?? null,
        status: "canceled",
      };
      account.emit("setup_intent.canceled", after);
      return account.setupIntents.put(id, after);
    },
  ),
];

function get(account: Account, id: string): StoredSetupIntent {
  const found = account.setupIntents.get(id);
  if (found === undefined) throw missing("setupintent", id, "intent");
  return found;
}

function open(intent: StoredSetupIntent): StoredSetupIntent {
  if (intent.status !== "succeeded" && intent.status !== "canceled") return intent;
  throw invalid(
    `This SetupIntent has a status of ${intent.status} and can no longer be changed.`,
    undefined,
    "setup_intent_unexpected_state",
  );
}

/** Attaches the payment method to the customer. */
function confirmed(
  account: Account,
  intent: StoredSetupIntent,
  given: string | undefined,
): StoredSetupIntent {
  const id = given ?? intent.payment_method;
  if (id === null || id === undefined)
    throw invalid(
      "You cannot confirm this SetupIntent because it's missing a payment method.",
      undefined,
      "setup_intent_unexpected_state",
    );
  const method = findPaymentMethod(account, id);
  if (method === undefined) throw missingReference("PaymentMethod", id, "payment_method");
  const saved = intent.customer === null ? method : attach(account, method, intent.customer);
  const after: StoredSetupIntent = {
    ...intent,
    latest_attempt: newId("setatt"),
    payment_method: saved.id,
    status: "succeeded",
  };
  account.emit("setup_intent.succeeded", after);
  return account.setupIntents.put(after.id, after);
}

function blank(account: Account, given: ReturnType<typeof creation.parse>): StoredSetupIntent {
  const id = newId("seti");
  const method = given.payment_method;
  if (method !== undefined && findPaymentMethod(account, method) === undefined)
    throw missingReference("PaymentMethod", method, "payment_method");
  return {
    id,
    object: "setup_intent",
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: automaticMethods(given),
    cancellation_reason: null,
    client_secret: `${id}_secret_${random(25)}`,
    created: account.now(),
    customer: given.customer ?? null,
    customer_account: null,
    description: given.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    managed_payments: null,
    mandate: null,
    metadata: mergeMetadata({}, given.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: method ?? null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { mandate_options: null, network: null, request_three_d_secure: "automatic" },
    },
    payment_method_types: given.payment_method_types ?? ["card"],
    single_use_mandate: null,
    status: method === undefined ? "requires_payment_method" : "requires_confirmation",
    usage: given.usage ?? "off_session",
  };
}
