/** The behavior of a test card. */
export interface CardBehavior {
  /** The result of a charge. `authenticates` requires the customer's authentication, and `processes` delays the result. */
  readonly charge: "succeeds" | "declines" | "authenticates" | "processes";
  readonly declineCode?: string;
  /** Whether the card can be attached to a customer. Some test cards are declined. */
  readonly attaches: boolean;
}

export interface TestCard extends CardBehavior {
  readonly brand: string;
  readonly last4: string;
}

const card = (last4: string, behavior: Partial<TestCard> = {}): TestCard => ({
  brand: "visa",
  last4,
  charge: "succeeds",
  attaches: true,
  ...behavior,
});
const declined = (last4: string, declineCode: string, attaches = false): TestCard =>
  card(last4, { charge: "declines", declineCode, attaches });

/** The test cards by the name in `pm_card_…` and `tok_…`: https://docs.stripe.com/testing */
export const TEST_CARDS: Readonly<Record<string, TestCard>> = {
  visa: card("4242"),
  visa_debit: card("5556"),
  mastercard: card("4444", { brand: "mastercard" }),
  amex: card("8431", { brand: "amex" }),
  authenticationRequired: card("3184", { charge: "authenticates" }),
  // Exists only here. On Stripe, only other payment methods, such as bank debits, are processed for days.
  slowToProcess: card("4243", { charge: "processes" }),
  chargeCustomerFail: declined("0341", "generic_decline", true),
  chargeDeclined: declined("0002", "generic_decline"),
  chargeDeclinedInsufficientFunds: declined("9995", "insufficient_funds"),
  chargeDeclinedLostCard: declined("9987", "lost_card"),
  chargeDeclinedStolenCard: declined("9979", "stolen_card"),
  chargeDeclinedExpiredCard: declined("0069", "expired_card"),
  chargeDeclinedProcessingError: declined("0119", "processing_error"),
};
