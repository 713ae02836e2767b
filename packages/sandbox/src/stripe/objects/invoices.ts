import type * as z from "zod";
import type { Account } from "../account.ts";
import { markUncollectible, payInvoice, settle, voidInvoice } from "../billing/collection.ts";
import { draftInvoice } from "../billing/draft-invoices.ts";
import { takeItems, waitingItems } from "../billing/invoice-lines.ts";
import { DRAFT_FOR, finalize, intentOf } from "../billing/invoicing.ts";
import { checkCollection } from "../billing/subscription-parameters.ts";
import { subscriptionOf } from "../billing/subscription-state.ts";
import { invalid, missing, missingReference } from "../protocol/errors.ts";
import { embedded, matches, page } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import {
  boolean,
  currency,
  integer,
  metadata,
  nullable,
  oneOf,
  paging,
  parameters,
  range,
  text,
} from "../protocol/parameters.ts";
import type { StoredCustomer, StoredInvoice, StoredSubscription } from "../stored.ts";
import { getCustomer } from "./find-customer.ts";
import { checkNotDetached } from "./payment-methods.ts";

export const invoice: Kind = {
  show: (account, id) => {
    const found = account.invoices.get(id);
    return found === undefined ? undefined : show(found);
  },
  expands: {
    confirmation_secret: (account, id) => confirmationSecret(account, id),
    customer: "customer",
    default_payment_method: "payment_method",
    "parent.subscription_details.subscription": "subscription",
    payments: (account, id) =>
      embedded(
        `/v1/invoice_payments?invoice=${id}`,
        account.invoicePayments.values().filter((one) => one.invoice === id),
      ),
  },
};

/** The expandable fields of an invoice line. A line can't be retrieved by its id. */
export const invoiceLine: Kind = {
  show: () => undefined,
  expands: { subscription: "subscription", "pricing.price_details.price": "price" },
};

const listing = parameters({
  ...paging,
  collection_method: oneOf(["charge_automatically", "send_invoice"]).optional(),
  created: range(),
  customer: text().optional(),
  status: oneOf(["draft", "open", "paid", "uncollectible", "void"]).optional(),
  subscription: text().optional(),
});

const notYet = [
  "account_tax_ids",
  "application_fee_amount",
  "automatic_tax",
  "automatically_finalizes_at",
  "custom_fields",
  "default_payment_method",
  "default_source",
  "default_tax_rates",
  "discounts",
  "due_date",
  "effective_at",
  "issuer",
  "number",
  "on_behalf_of",
  "payment_settings",
  "rendering",
  "shipping_cost",
  "shipping_details",
  "statement_descriptor",
  "transfer_data",
];
const creation = parameters(
  {
    auto_advance: boolean().optional(),
    collection_method: oneOf(["charge_automatically", "send_invoice"]).optional(),
    currency: currency().optional(),
    customer: text(),
    days_until_due: integer(0).optional(),
    description: text(1500).optional(),
    footer: text().optional(),
    metadata: metadata(),
    pending_invoice_items_behavior: oneOf(["exclude", "include"]).optional(),
    subscription: text().optional(),
  },
  [...notYet, "customer_account", "from_invoice"],
);
const update = parameters(
  {
    auto_advance: boolean().optional(),
    description: nullable(text(1500)).optional(),
    footer: nullable(text()).optional(),
    metadata: metadata(),
  },
  [...notYet, "collection_method", "days_until_due"],
);

export const invoiceOperations: readonly Operation[] = [
  operation("post", "/v1/invoices", creation, ({ account, parameters: given }) =>
    show(createDraft(account, given)),
  ),

  operation("get", "/v1/invoices", listing, ({ account, parameters: wanted }) => {
    const found = account.invoices
      .values()
      .filter(
        (one) =>
          matches(one, wanted, ["customer", "status", "collection_method"]) &&
          (wanted.subscription === undefined || wanted.subscription === subscriptionOf(one)),
      )
      .map(show);
    return page("/v1/invoices", found, wanted, "invoice");
  }),

  // In the same order as the lines that the invoice embeds, although other lists are newest first.
  operation(
    "get",
    "/v1/invoices/:id/lines",
    parameters({ ...paging }),
    ({ account, id, parameters: wanted }) =>
      page(`/v1/invoices/${id}/lines`, getInvoice(account, id).lines.toReversed(), wanted, "line_item"),
  ),

  operation("get", "/v1/invoices/:id", parameters({}), ({ account, id }) => show(getInvoice(account, id))),

  operation("post", "/v1/invoices/:id", update, ({ account, id, parameters: given }) => {
    const before = getInvoice(account, id);
    if (given.auto_advance !== undefined) being(before, "advanced automatically", ["draft", "open"]);
    const after = account.invoices.put(id, {
      ...before,
      ...(given.auto_advance === undefined ? {} : advancing(account, before, given.auto_advance)),
      description: given.description === undefined ? before.description : given.description,
      footer: given.footer === undefined ? before.footer : given.footer,
      metadata: mergeMetadata(before.metadata ?? {}, given.metadata),
    });
    account.emit("invoice.updated", show(after), show(before));
    return show(after);
  }),

  operation(
    "post",
    "/v1/invoices/:id/finalize",
    parameters({ auto_advance: boolean().optional() }),
    ({ account, id, parameters: given }) => {
      const before = being(getInvoice(account, id), "finalized", ["draft"]);
      const open = finalize(account, { ...before, auto_advance: given.auto_advance ?? before.auto_advance });
      if (open.status === "paid") settle(account, open);
      else account.invoices.put(id, { ...open, ...advancing(account, open, open.auto_advance === true) });
      return show(getInvoice(account, id));
    },
  ),

  operation(
    "post",
    "/v1/invoices/:id/pay",
    parameters({ paid_out_of_band: boolean().optional(), payment_method: text().optional() }, [
      "forgive",
      "mandate",
      "off_session",
      "source",
    ]),
    ({ account, id, parameters: given }) => {
      const before = being(getInvoice(account, id), "paid", ["draft", "open", "uncollectible"]);
      if (given.payment_method !== undefined) checkNotDetached(account, given.payment_method);
      return show(payInvoice(account, before, given));
    },
  ),

  operation("post", "/v1/invoices/:id/void", parameters({}), ({ account, id }) =>
    show(voidInvoice(account, being(getInvoice(account, id), "voided", ["open", "uncollectible"]))),
  ),

  operation("post", "/v1/invoices/:id/mark_uncollectible", parameters({}), ({ account, id }) =>
    show(markUncollectible(account, being(getInvoice(account, id), "marked as uncollectible", ["open"]))),
  ),
];

/** Starts or stops automatic collection: https://docs.stripe.com/invoicing/integration/automatic-advancement-collection */
function advancing(account: Account, invoice: StoredInvoice, advances: boolean): Partial<StoredInvoice> {
  const draft = invoice.status === "draft";
  const finalizesAt = draft && advances ? account.now() + DRAFT_FOR : null;
  const charges = advances && invoice.collection_method === "charge_automatically";
  return {
    auto_advance: advances,
    automatically_finalizes_at: finalizesAt,
    next_payment_attempt: charges ? (finalizesAt ?? account.now()) : null,
  };
}

/** Creates a draft of an invoice outside of billing periods, with the items that wait. */
function createDraft(account: Account, given: z.output<typeof creation>): StoredInvoice {
  const customer = getCustomer(account, given.customer, "customer");
  const { collection_method = "charge_automatically" } = given;
  checkCollection(collection_method, given.days_until_due, "an invoice");
  const subscription = subscriptionFor(account, customer, given.subscription);
  const invoiced = given.currency ?? subscription?.currency ?? customer.currency ?? "usd";
  const items =
    subscription !== undefined || given.pending_invoice_items_behavior === "include"
      ? waitingItems(account, customer.id, invoiced, subscription?.id)
      : [];
  const own = items.filter(({ parent }) => subscription === undefined || parent !== null);
  if (subscription !== undefined && own.length === 0)
    throw invalid(
      "Nothing to invoice for subscription",
      "subscription",
      "invoice_no_subscription_line_items",
    );
  return draftInvoice(
    account,
    {
      collection_method,
      currency: invoiced,
      customer,
      days_until_due: given.days_until_due ?? null,
      description: given.description ?? null,
      finalizesAt: given.auto_advance === true ? account.now() + DRAFT_FOR : null,
      footer: given.footer,
      metadata: mergeMetadata({}, given.metadata),
      reason: "manual",
      subscription,
    },
    (id) => takeItems(account, own, id),
  );
}

function subscriptionFor(
  account: Account,
  customer: StoredCustomer,
  id: string | undefined,
): StoredSubscription | undefined {
  const found = account.subscriptions.get(id ?? "");
  if (id !== undefined && found?.customer !== customer.id)
    throw missingReference("subscription", id, "subscription");
  return found;
}

function getInvoice(account: Account, id: string): StoredInvoice {
  const found = account.invoices.get(id);
  if (found === undefined) throw missing("invoice", id, "invoice");
  return found;
}

/**
 * Checks that an invoice has one of the statuses in which an action is possible.
 *
 * @throws StripeError 400 if it doesn't
 */
function being(stored: StoredInvoice, done: string, statuses: readonly string[]): StoredInvoice {
  if (statuses.includes(stored.status ?? "")) return stored;
  throw stored.status === "paid"
    ? invalid("Invoice is already paid", undefined, "invoice_already_paid")
    : invalid(
        `This invoice can't be ${done} because its status is ${stored.status}.`,
        undefined,
        "invoice_not_editable",
      );
}

function show(stored: StoredInvoice) {
  return { ...stored, lines: embedded(`/v1/invoices/${stored.id}/lines`, [...stored.lines]) };
}

function confirmationSecret(account: Account, id: string): object | null {
  const stored = account.invoices.get(id);
  if (stored === undefined || stored.status !== "open") return null;
  return { client_secret: intentOf(account, stored).client_secret, type: "payment_intent" };
}
