import type { Account } from "../account.ts";
import { intentOf } from "../billing/invoicing.ts";
import { payInvoice, voidInvoice } from "../billing/subscription-lifecycle.ts";
import { subscriptionOf } from "../billing/subscription-state.ts";
import { invalid, missing } from "../protocol/errors.ts";
import { embedded, matches, page } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import { boolean, metadata, oneOf, paging, parameters, range, text } from "../protocol/parameters.ts";
import type { StoredInvoice } from "../stored.ts";

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

export const invoiceOperations: readonly Operation[] = [
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

  operation(
    "post",
    "/v1/invoices/:id",
    parameters({ metadata: metadata(), description: text().optional() }, [
      "auto_advance",
      "due_date",
      "footer",
    ]),
    ({ account, id, parameters: given }) => {
      const before = getInvoice(account, id);
      const after = {
        ...before,
        description: given.description ?? before.description,
        metadata: mergeMetadata(before.metadata ?? {}, given.metadata),
      };
      return show(account.invoices.put(id, after));
    },
  ),

  operation(
    "post",
    "/v1/invoices/:id/pay",
    parameters({
      paid_out_of_band: boolean().optional(),
      payment_method: text().optional(),
      off_session: boolean().optional(),
    }),
    ({ account, id, parameters: given }) => {
      const before = open(getInvoice(account, id), "paid");
      return show(payInvoice(account, before, given));
    },
  ),

  operation("post", "/v1/invoices/:id/void", parameters({}), ({ account, id }) => {
    return show(voidInvoice(account, open(getInvoice(account, id), "voided")));
  }),
];

function getInvoice(account: Account, id: string): StoredInvoice {
  const found = account.invoices.get(id);
  if (found === undefined) throw missing("invoice", id, "invoice");
  return found;
}

function open(stored: StoredInvoice, wanted: string): StoredInvoice {
  if (stored.status === "open") return stored;
  throw stored.status === "paid"
    ? invalid("Invoice is already paid", undefined, "invoice_already_paid")
    : invalid(
        `This invoice can't be ${wanted} because its status is ${stored.status}.`,
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
