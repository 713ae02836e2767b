import { createHash } from "node:crypto";
import type { Account } from "../account.ts";
import { declined } from "../billing/declines.ts";
import { TEST_CARDS, type TestCard } from "../billing/test-cards.ts";
import { invalid, missing, missingReference } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { page } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import { integer, metadata, nullable, oneOf, paging, parameters, text } from "../protocol/parameters.ts";
import type { StoredPaymentMethod } from "../stored.ts";
import { getCustomer } from "./find-customer.ts";

export const paymentMethod: Kind = {
  show: (account, id) => account.paymentMethods.get(id),
  expands: { customer: "customer" },
};

const billingDetails = parameters(
  {
    email: nullable(text(512)).optional(),
    name: nullable(text()).optional(),
    phone: nullable(text()).optional(),
  },
  ["address", "tax_id"],
).optional();

const TYPES = ["card", "link", "sepa_debit", "us_bank_account"] as const;

const creation = parameters(
  {
    type: oneOf(["card"]),
    card: parameters({ token: text() }, ["number", "exp_month", "exp_year", "cvc", "networks"]),
    billing_details: billingDetails,
    metadata: metadata(),
  },
  ["allow_redisplay", "customer", "payment_method"],
);
const update = parameters(
  {
    billing_details: billingDetails,
    card: parameters({ exp_month: integer(1, 12).optional(), exp_year: integer(2000).optional() }).optional(),
    metadata: metadata(),
  },
  ["allow_redisplay"],
);
const listing = parameters({
  ...paging,
  customer: text().optional(),
  type: oneOf(TYPES).optional(),
});

export const paymentMethodOperations: readonly Operation[] = [
  operation("post", "/v1/payment_methods", creation, ({ account, parameters: given }) => {
    const token = given.card.token;
    const card = token.startsWith("tok_") ? TEST_CARDS[token.slice("tok_".length)] : undefined;
    if (card === undefined) throw missingReference("token", token, "card[token]");
    const made = make(account, card);
    return account.paymentMethods.put(made.id, {
      ...made,
      billing_details: { ...made.billing_details, ...given.billing_details },
      metadata: mergeMetadata({}, given.metadata),
    });
  }),

  operation("get", "/v1/payment_methods", listing, ({ account, parameters: wanted }) => {
    const found = attached(account, wanted.customer).filter((one) => (wanted.type ?? one.type) === one.type);
    return page("/v1/payment_methods", found, wanted, "PaymentMethod");
  }),

  operation("get", "/v1/payment_methods/:id", parameters({}), ({ account, id }) => get(account, id)),

  operation("post", "/v1/payment_methods/:id", update, ({ account, id, parameters: given }) => {
    const before = get(account, id);
    if (before.customer === null)
      throw invalid(
        "You must save this PaymentMethod to a customer before you can update it.",
        "payment_method",
      );
    const after: StoredPaymentMethod = {
      ...before,
      billing_details: { ...before.billing_details, ...given.billing_details },
      metadata: mergeMetadata(before.metadata ?? {}, given.metadata),
    };
    if (before.card !== undefined)
      after.card = {
        ...before.card,
        exp_month: given.card?.exp_month ?? before.card.exp_month,
        exp_year: given.card?.exp_year ?? before.card.exp_year,
      };
    account.emit("payment_method.updated", after);
    return account.paymentMethods.put(before.id, after);
  }),

  operation(
    "post",
    "/v1/payment_methods/:id/attach",
    parameters({ customer: text() }),
    ({ account, id, parameters: { customer } }) => {
      getCustomer(account, customer, "customer");
      return attach(account, get(account, id), customer);
    },
  ),

  operation("post", "/v1/payment_methods/:id/detach", parameters({}), ({ account, id }) => {
    const before = get(account, id);
    if (before.customer === null)
      throw invalid(
        "The payment method you provided is not attached to a customer so detachment is impossible.",
      );
    forget(account, before);
    account.detachedMethods.put(before.id, true);
    const after: StoredPaymentMethod = { ...before, customer: null };
    account.emit("payment_method.detached", after);
    return account.paymentMethods.put(before.id, after);
  }),

  operation(
    "get",
    "/v1/customers/:id/payment_methods",
    parameters({ ...paging, type: oneOf(TYPES).optional() }),
    ({ account, id, parameters: wanted }) => {
      getCustomer(account, id);
      const found = attached(account, id).filter((one) => (wanted.type ?? one.type) === one.type);
      return page(`/v1/customers/${id}/payment_methods`, found, wanted, "PaymentMethod");
    },
  ),
];

function attached(account: Account, customer: string | undefined): StoredPaymentMethod[] {
  return account.paymentMethods
    .values()
    .filter((one) => one.customer !== null && (customer ?? one.customer) === one.customer);
}

/** Returns the `automatic_payment_methods` of a new intent. Named types of payment methods disable it. */
export function automaticMethods(given: {
  readonly automatic_payment_methods?:
    | { readonly enabled: boolean; readonly allow_redirects?: "always" | "never" | undefined }
    | undefined;
  readonly payment_method_types?: readonly string[] | undefined;
}) {
  if (given.payment_method_types !== undefined && given.automatic_payment_methods === undefined) return null;
  return { allow_redirects: "always" as const, enabled: true, ...given.automatic_payment_methods };
}

/** Finds a payment method. An id of the form `pm_card_…` creates a new payment method with that test card. */
export function findPaymentMethod(account: Account, id: string): StoredPaymentMethod | undefined {
  const found = account.paymentMethods.get(id);
  if (found !== undefined) return found;
  const card = id.startsWith("pm_card_") ? TEST_CARDS[id.slice("pm_card_".length)] : undefined;
  return card === undefined ? undefined : make(account, card);
}

function get(account: Account, id: string): StoredPaymentMethod {
  const found = findPaymentMethod(account, id);
  if (found === undefined) throw missing("PaymentMethod", id, "payment_method");
  return found;
}

/**
 * Saves a payment method to a customer.
 *
 * @throws StripeError 402 if the card is declined, or 400 if the payment method was detached, or is attached to another customer
 */
export function attach(account: Account, method: StoredPaymentMethod, customer: string): StoredPaymentMethod {
  if (method.customer === customer) return method;
  checkNotDetached(account, method.id);
  if (method.customer !== null)
    throw invalid(
      "The payment method you provided has already been attached to a customer.",
      "payment_method",
    );
  const card = account.cards.get(method.card?.fingerprint ?? "");
  if (card?.attaches === false) throw declined(card.declineCode);
  const after: StoredPaymentMethod = { ...method, customer };
  account.paymentMethods.put(after.id, after);
  account.emit("payment_method.attached", after);
  return after;
}

/**
 * @throws StripeError 400 if the payment method was detached
 * @see https://docs.stripe.com/api/payment_methods/detach
 */
export function checkNotDetached(account: Account, id: string): void {
  if (account.detachedMethods.get(id))
    throw invalid(
      "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again.",
      "payment_method",
    );
}

/** Removes a detached payment method from the defaults of its customer, of subscriptions and of invoices. */
function forget(account: Account, method: StoredPaymentMethod): void {
  const customer = account.customers.get(method.customer ?? "");
  if (customer?.invoice_settings.default_payment_method === method.id)
    account.customers.put(customer.id, {
      ...customer,
      invoice_settings: { ...customer.invoice_settings, default_payment_method: null },
    });
  for (const subscription of account.subscriptions.values())
    if (subscription.default_payment_method === method.id)
      account.subscriptions.put(subscription.id, { ...subscription, default_payment_method: null });
  for (const invoice of account.invoices.values())
    if (invoice.default_payment_method === method.id)
      account.invoices.put(invoice.id, { ...invoice, default_payment_method: null });
}

function make(account: Account, { brand, last4, ...behavior }: TestCard): StoredPaymentMethod {
  const fingerprint = createHash("sha256").update(last4).digest("base64url").slice(0, 16);
  account.cards.put(fingerprint, behavior);
  const id = newId("pm");
  return account.paymentMethods.put(id, {
    id,
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: {
      address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
      email: null,
      name: null,
      phone: null,
      tax_id: null,
    },
    card: {
      brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
      country: "US",
      display_brand: brand,
      exp_month: 12,
      exp_year: new Date(account.now() * 1000).getUTCFullYear() + 4,
      fingerprint,
      funding: "credit",
      generated_from: null,
      last4,
      networks: { available: [brand], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: account.now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: "card",
  });
}
