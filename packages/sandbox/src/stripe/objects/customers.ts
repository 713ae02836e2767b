import type { Account } from "../account.ts";
import { cancelNow } from "../billing/cancellation.ts";
import { showSubscription } from "../billing/subscription-state.ts";
import { invalid, missing, missingReference } from "../protocol/errors.ts";
import { newId, random } from "../protocol/ids.ts";
import { embedded, matches, page } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import {
  integer,
  list,
  metadata,
  nullable,
  oneOf,
  paging,
  parameters,
  range,
  text,
} from "../protocol/parameters.ts";
import type { StoredCustomer, StoredPaymentMethod } from "../stored.ts";
import { getCustomer } from "./find-customer.ts";
import { attach, findPaymentMethod } from "./payment-methods.ts";

export const customer: Kind = {
  show: (account, id) => {
    const found = account.customers.get(id);
    return found === undefined ? undefined : show(found);
  },
  expands: {
    default_source: "source",
    "invoice_settings.default_payment_method": "payment_method",
    sources: (_, id) => embedded(`/v1/customers/${id}/sources`, []),
    subscriptions: (account, id) =>
      embedded(`/v1/customers/${id}/subscriptions`, liveSubscriptions(account, id)),
    tax_ids: (_, id) => embedded(`/v1/customers/${id}/tax_ids`, []),
    test_clock: "test_clock",
  },
};

const address = parameters({
  city: nullable(text()).optional(),
  country: nullable(text()).optional(),
  line1: nullable(text()).optional(),
  line2: nullable(text()).optional(),
  postal_code: nullable(text()).optional(),
  state: nullable(text()).optional(),
});
const fields = {
  address: nullable(address).optional(),
  balance: integer().optional(),
  description: nullable(text(350)).optional(),
  email: nullable(text(512)).optional(),
  invoice_prefix: text(12).optional(),
  invoice_settings: parameters(
    { default_payment_method: nullable(text()).optional(), footer: nullable(text()).optional() },
    ["custom_fields", "rendering_options"],
  ).optional(),
  metadata: metadata(),
  name: nullable(text(256)).optional(),
  next_invoice_sequence: integer(1).optional(),
  phone: nullable(text(20)).optional(),
  preferred_locales: list(text()).optional(),
  tax_exempt: nullable(oneOf(["none", "exempt", "reverse"])).optional(),
};
const notYet = ["business_name", "cash_balance", "individual_name", "shipping", "source", "tax", "validate"];

const creation = parameters({ ...fields, payment_method: text().optional() }, [
  ...notYet,
  "tax_id_data",
  "test_clock",
]);
const update = parameters(fields, [...notYet, "default_source"]);
const listing = parameters({ ...paging, created: range(), email: text(512).optional() }, ["test_clock"]);

export const customerOperations: readonly Operation[] = [
  operation("post", "/v1/customers", creation, ({ account, parameters: given }) => {
    const id = newId("cus");
    const blank = blankCustomer(id, account.now());
    const method = given.payment_method === undefined ? undefined : save(account, given.payment_method, id);
    const named = given.invoice_settings?.default_payment_method;
    // A test card that is named twice in one request is the same payment method.
    const same = method !== undefined && named === given.payment_method;
    const created = changed(account, blank, {
      ...given,
      ...(same ? { invoice_settings: { ...given.invoice_settings, default_payment_method: method.id } } : {}),
    });
    account.emit("customer.created", show(created));
    return show(created);
  }),

  operation("get", "/v1/customers", listing, ({ account, parameters: wanted }) => {
    const found = account.customers
      .values()
      .filter((one) => one.deleted !== true && matches(one, wanted, ["email"]));
    return page("/v1/customers", found, wanted, "customer");
  }),

  operation("get", "/v1/customers/:id", parameters({}), ({ account, id }) => {
    const found = account.customers.get(id);
    if (found === undefined) throw missing("customer", id);
    return show(found);
  }),

  operation("post", "/v1/customers/:id", update, ({ account, id, parameters: given }) => {
    const before = getCustomer(account, id);
    const after = changed(account, before, given);
    account.emit("customer.updated", show(after), show(before));
    return show(after);
  }),

  operation("delete", "/v1/customers/:id", parameters({}), ({ account, id }) => {
    const before = getCustomer(account, id);
    for (const subscription of account.subscriptions.values())
      if (subscription.customer === id) cancelNow(account, subscription, "cancellation_requested");
    for (const method of account.paymentMethods.values())
      if (method.customer === id) account.paymentMethods.put(method.id, { ...method, customer: null });
    account.customers.put(id, { ...before, deleted: true });
    account.emit("customer.deleted", before);
    return { id, object: "customer", deleted: true };
  }),
];

function show(stored: StoredCustomer): object {
  return stored.deleted === true ? { id: stored.id, object: "customer", deleted: true } : stored;
}

function liveSubscriptions(account: Account, customer: string): object[] {
  return account.subscriptions
    .values()
    .filter((one) => one.customer === customer && one.status !== "canceled")
    .map((one) => showSubscription(account, one));
}

function save(account: Account, id: string, customer: string): StoredPaymentMethod {
  const method = findPaymentMethod(account, id);
  if (method === undefined) throw missingReference("PaymentMethod", id, "payment_method");
  return attach(account, method, customer);
}

type Change = Partial<ReturnType<typeof creation.parse>>;

function changed(account: Account, before: StoredCustomer, given: Change): StoredCustomer {
  const { metadata, invoice_settings, address, tax_exempt, payment_method, ...plain } = given;
  if (typeof plain.email === "string" && !/^[^\s@]+@[^\s@]+$/.test(plain.email))
    throw invalid(`Invalid email address: ${plain.email}`, "email", "email_invalid");
  const method = invoice_settings?.default_payment_method;
  if (typeof method === "string") checkOwnMethod(account, before.id, method);
  return account.customers.put(before.id, {
    ...before,
    ...plain,
    ...(address === undefined ? {} : { address: address === null ? null : { ...NO_ADDRESS, ...address } }),
    ...(tax_exempt === undefined ? {} : { tax_exempt: tax_exempt ?? "none" }),
    invoice_settings: { ...before.invoice_settings, ...invoice_settings },
    metadata: mergeMetadata(before.metadata, metadata),
  });
}

/** @throws StripeError 400 if the payment method doesn't exist or isn't attached to the customer */
export function checkOwnMethod(
  account: Account,
  customer: string,
  id: string,
  param = "invoice_settings[default_payment_method]",
): void {
  const method = account.paymentMethods.get(id);
  if (method === undefined) throw missingReference("PaymentMethod", id, param);
  if (method.customer !== customer)
    throw invalid(
      `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
      param,
      "resource_missing",
    );
}

const NO_ADDRESS = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };

function blankCustomer(id: string, now: number): StoredCustomer {
  return {
    id,
    object: "customer",
    address: null,
    balance: 0,
    created: now,
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: random(8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  };
}
