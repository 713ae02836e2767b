import type { Account } from "../account.ts";
import { invalid, missing, missingReference } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { matches, page } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import { integer, metadata, oneOf, paging, parameters, range, text } from "../protocol/parameters.ts";
import type { StoredCharge, StoredRefund } from "../stored.ts";

export const refund: Kind = {
  show: (account, id) => account.refunds.get(id),
  expands: {
    charge: "charge",
    customer: "customer",
    payment_intent: "payment_intent",
    payment_method: "payment_method",
  },
};

const creation = parameters(
  {
    amount: integer(1).optional(),
    charge: text().optional(),
    payment_intent: text().optional(),
    metadata: metadata(),
    reason: oneOf(["duplicate", "fraudulent", "requested_by_customer"]).optional(),
  },
  ["currency", "customer", "instructions_email", "origin", "refund_application_fee", "reverse_transfer"],
);
const listing = parameters({
  ...paging,
  charge: text().optional(),
  created: range(),
  payment_intent: text().optional(),
});

export const refundOperations: readonly Operation[] = [
  operation("post", "/v1/refunds", creation, ({ account, parameters: given }) => {
    const charged = chargeOf(account, given);
    const left = charged.amount - charged.amount_refunded;
    if (left === 0)
      throw invalid(`Charge ${charged.id} has already been refunded.`, undefined, "charge_already_refunded");
    const amount = given.amount ?? left;
    if (amount > left)
      throw invalid(
        `Refund amount (${dollars(amount)}) is greater than unrefunded amount on charge (${dollars(left)})`,
        "amount",
      );
    const created = blank(account, charged, amount, given);
    account.refunds.put(created.id, created);
    const after: StoredCharge = {
      ...charged,
      amount_refunded: charged.amount_refunded + amount,
      refunded: amount === left,
    };
    account.charges.put(after.id, after);
    account.emit("refund.created", created);
    account.emit("charge.refunded", after);
    return created;
  }),

  operation("get", "/v1/refunds", listing, ({ account, parameters: wanted }) => {
    const found = account.refunds
      .values()
      .filter((one) => matches(one, wanted, ["charge", "payment_intent"]));
    return page("/v1/refunds", found, wanted, "refund");
  }),

  operation("get", "/v1/refunds/:id", parameters({}), ({ account, id }) => get(account, id)),

  operation(
    "post",
    "/v1/refunds/:id",
    parameters({ metadata: metadata() }),
    ({ account, id, parameters: given }) => {
      const before = get(account, id);
      const after = { ...before, metadata: mergeMetadata(before.metadata ?? {}, given.metadata) };
      account.emit("refund.updated", after);
      return account.refunds.put(id, after);
    },
  ),
];

function get(account: Account, id: string): StoredRefund {
  const found = account.refunds.get(id);
  if (found === undefined) throw missing("refund", id);
  return found;
}

function chargeOf(
  account: Account,
  given: { charge?: string | undefined; payment_intent?: string | undefined },
): StoredCharge {
  if ((given.charge === undefined) === (given.payment_intent === undefined))
    throw invalid(
      "One of the following params should be provided for this request: payment_intent or charge.",
    );
  if (given.charge !== undefined) return succeeded(account.charges.get(given.charge), given.charge, "charge");
  const id = given.payment_intent ?? "";
  const intent = account.paymentIntents.get(id);
  if (intent === undefined) throw missingReference("payment_intent", id, "payment_intent");
  if (intent.status !== "succeeded")
    throw invalid(
      `This PaymentIntent (${id}) does not have a successful charge to refund.`,
      "payment_intent",
    );
  return succeeded(account.charges.get(intent.latest_charge ?? ""), id, "payment_intent");
}

function succeeded(found: StoredCharge | undefined, id: string, param: string): StoredCharge {
  if (found === undefined) throw missingReference(param, id, param);
  if (found.status !== "succeeded") throw invalid(`Charge ${found.id} did not succeed.`, param);
  return found;
}

function dollars(amount: number): string {
  return `$${(amount / 100).toFixed(2)}`;
}

function blank(
  account: Account,
  charged: StoredCharge,
  amount: number,
  given: ReturnType<typeof creation.parse>,
): StoredRefund {
  return {
    id: newId("re"),
    object: "refund",
    amount,
    balance_transaction: newId("txn"),
    charge: charged.id,
    created: account.now(),
    currency: charged.currency,
    customer: charged.customer,
    customer_account: null,
    destination_details: { card: { type: "refund" }, type: "card" },
    metadata: mergeMetadata({}, given.metadata),
    payment_intent: charged.payment_intent,
    payment_method: charged.payment_method,
    reason: given.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: "succeeded",
    transfer_reversal: null,
  };
}
