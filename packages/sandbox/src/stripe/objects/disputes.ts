import type Stripe from "stripe";
import type { Account } from "../account.ts";
import { invalid, missing } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { matches, page } from "../protocol/lists.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import { paging, parameters, range, text } from "../protocol/parameters.ts";
import type { StoredDispute } from "../stored.ts";

export const dispute: Kind = {
  show: (account, id) => account.disputes.get(id),
  expands: { charge: "charge", payment_intent: "payment_intent" },
};

const listing = parameters({
  ...paging,
  charge: text().optional(),
  created: range(),
  payment_intent: text().optional(),
});

export const disputeOperations: readonly Operation[] = [
  operation("get", "/v1/disputes", listing, ({ account, parameters: wanted }) => {
    const found = account.disputes
      .values()
      .filter((one) => matches(one, wanted, ["charge", "payment_intent"]));
    return page("/v1/disputes", found, wanted, "dispute");
  }),

  operation("get", "/v1/disputes/:id", parameters({}), ({ account, id }) => get(account, id)),

  // Closing a dispute accepts that it is lost.
  operation("post", "/v1/disputes/:id/close", parameters({}), ({ account, id }) =>
    decideDispute(account, id, "lost"),
  ),
];

function get(account: Account, id: string): StoredDispute {
  const found = account.disputes.get(id);
  if (found === undefined) throw missing("dispute", id);
  return found;
}

/** Opens a dispute for a charge and withdraws its amount: https://docs.stripe.com/disputes/how-disputes-work */
export function openDispute(account: Account, charge: string): StoredDispute {
  const disputed = account.charges.get(charge);
  if (disputed === undefined) throw missing("charge", charge);
  if (disputed.disputed)
    throw invalid(`Charge ${charge} has been charged back.`, undefined, "charge_disputed");
  const opened = blank(account, disputed);
  account.disputes.put(opened.id, opened);
  account.charges.put(charge, { ...disputed, disputed: true });
  account.emit("charge.dispute.created", opened);
  account.emit("charge.dispute.funds_withdrawn", opened);
  return opened;
}

/** Closes a dispute. Reinstates the withdrawn amount if the dispute is won. */
export function decideDispute(account: Account, id: string, status: "won" | "lost"): StoredDispute {
  const before = get(account, id);
  if (before.status === "won" || before.status === "lost")
    throw invalid(`This dispute is already closed, with a status of ${before.status}.`);
  const decided = account.disputes.put(id, { ...before, status });
  account.emit("charge.dispute.closed", decided, before);
  if (status === "won") account.emit("charge.dispute.funds_reinstated", decided);
  return decided;
}

function blank(
  account: Account,
  charge: { id: string; amount: number; amount_refunded: number; currency: string; payment_intent: string },
): StoredDispute {
  return {
    id: newId("du"),
    object: "dispute",
    amount: charge.amount - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created: account.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: account.now() + 9 * 24 * 60 * 60,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: "manual",
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: { brand: "visa", case_type: "chargeback", network: "visa", network_reason_code: "10.4" },
      type: "card",
    },
    reason: "fraudulent",
    status: "needs_response",
  };
}

const NO_EVIDENCE: Stripe.Dispute.Evidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};
