import type { Account } from "../account.ts";
import { missing } from "../protocol/errors.ts";
import { embedded, matches, page } from "../protocol/lists.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import { paging, parameters, range, text } from "../protocol/parameters.ts";
import type { StoredRefund } from "../stored.ts";

export const charge: Kind = {
  show: (account, id) => account.charges.get(id),
  expands: {
    customer: "customer",
    payment_intent: "payment_intent",
    refunds: (account, id) => embedded(`/v1/charges/${id}/refunds`, refundsOf(account, id).toReversed()),
  },
};

const listing = parameters(
  { ...paging, created: range(), customer: text().optional(), payment_intent: text().optional() },
  ["transfer_group"],
);

export const chargeOperations: readonly Operation[] = [
  operation("get", "/v1/charges", listing, ({ account, parameters: wanted }) => {
    const found = account.charges
      .values()
      .filter((one) => matches(one, wanted, ["customer", "payment_intent"]));
    return page("/v1/charges", found, wanted, "charge");
  }),

  operation("get", "/v1/charges/:id", parameters({}), ({ account, id }) => {
    const found = account.charges.get(id);
    if (found === undefined) throw missing("charge", id);
    return found;
  }),

  operation(
    "get",
    "/v1/charges/:id/refunds",
    parameters({ ...paging }),
    ({ account, id, parameters: wanted }) =>
      page(`/v1/charges/${id}/refunds`, refundsOf(account, id), wanted, "refund"),
  ),
];

function refundsOf(account: Account, charge: string): StoredRefund[] {
  return account.refunds.values().filter((refund) => refund.charge === charge);
}
