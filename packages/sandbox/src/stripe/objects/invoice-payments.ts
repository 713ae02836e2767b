import { missing } from "../protocol/errors.ts";
import { page } from "../protocol/lists.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import { oneOf, paging, parameters, text } from "../protocol/parameters.ts";

export const invoicePayment: Kind = {
  show: (account, id) => account.invoicePayments.get(id),
  expands: { invoice: "invoice", "payment.payment_intent": "payment_intent" },
};

const listing = parameters({
  ...paging,
  invoice: text().optional(),
  payment: parameters({ type: oneOf(["payment_intent"]), payment_intent: text() }).optional(),
  status: oneOf(["open", "paid", "canceled"]).optional(),
});

export const invoicePaymentOperations: readonly Operation[] = [
  operation("get", "/v1/invoice_payments", listing, ({ account, parameters: wanted }) => {
    const found = account.invoicePayments
      .values()
      .filter(
        (one) =>
          (wanted.invoice ?? one.invoice) === one.invoice &&
          (wanted.payment?.payment_intent ?? one.payment.payment_intent) === one.payment.payment_intent &&
          (wanted.status ?? one.status) === one.status,
      );
    return page("/v1/invoice_payments", found, wanted, "invoice_payment");
  }),
  operation("get", "/v1/invoice_payments/:id", parameters({}), ({ account, id }) => {
    const found = account.invoicePayments.get(id);
    if (found === undefined) throw missing("invoice_payment", id);
    return found;
  }),
];
