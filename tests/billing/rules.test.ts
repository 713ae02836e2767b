import fc from "fast-check";
import type Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { paidPeriods } from "../../src/billing/plan-credits.ts";
import { outcomeOf } from "../../src/billing/reloads/payment.ts";
import { creditsOf, disputedAmount } from "../../src/billing/reloads/record-payment.ts";
import { EVENTS, eventTargetOf } from "../../src/billing/webhook/event-target.ts";

const NOVEMBER = Date.UTC(2026, 10, 22, 9) / 1000;

/** The fields of an invoice that decide credits. */
function invoice(
  status: string,
  reason: string,
  ...lines: [amount: number, proration?: boolean, item?: string | null, started?: number][]
) {
  return {
    status,
    billing_reason: reason,
    lines: {
      data: lines.map(([amount, proration = false, item = "demo_launch", start = NOVEMBER]) => ({
        amount,
        parent:
          item === null
            ? { invoice_item_details: { proration }, subscription_item_details: null }
            : { subscription_item_details: { proration, subscription_item: item } },
        period: { start },
        pricing: { price_details: { product: item ?? "hours" } },
      })),
    },
  } as unknown as Stripe.Invoice;
}

describe("a month's credits", () => {
  const due = { product: "demo_launch", since: "2026-11-22" };
  const support = { product: "support", since: "2026-01-01" };
  const JANUARY = Date.UTC(2026, 0, 1) / 1000;
  test.each<[string, Stripe.Invoice, (typeof due)[] | typeof due | undefined]>([
    [
      "the first period, after an item of another program with a longer one",
      invoice("paid", "subscription_cycle", [1000, false, "support", JANUARY], [4900]),
      [support, due],
    ],
    [
      "another period, after an invoice item",
      invoice("paid", "subscription_cycle", [1000, false, null], [4900]),
      due,
    ],
    [
      "the first free month, with a paid item of another program",
      invoice("paid", "subscription_create", [0], [1000, false, "support", JANUARY]),
      support,
    ],
    ["the first period", invoice("paid", "subscription_create", [4900]), due],
    ["another period", invoice("paid", "subscription_cycle", [4900]), due],
    [
      "another period, with prorations before it",
      invoice("paid", "subscription_cycle", [-100, true], [4900]),
      due,
    ],
    ["a period that began with a change", invoice("paid", "subscription_update", [0, true], [4900]), due],
    ["another free month", invoice("paid", "subscription_cycle", [0]), due],
    ["an unpaid invoice", invoice("open", "subscription_cycle", [4900]), undefined],
    ["a trial, or the first free month", invoice("paid", "subscription_create", [0]), undefined],
    [
      "a change within a period",
      invoice("paid", "subscription_update", [-100, true], [900, true]),
      undefined,
    ],
    ["an invoice of something else", invoice("paid", "manual"), undefined],
  ])("%s", (_, found, expected) => {
    const periods = [expected ?? []].flat();
    expect(paidPeriods(found)).toEqual(periods.map((period) => ({ ...period, item: period.product })));
  });
});

describe("a payment", () => {
  test.each<[Partial<Stripe.PaymentIntent>, string]>([
    [{ status: "succeeded" }, "paid"],
    [{ status: "processing" }, "open"],
    [{ status: "requires_confirmation" }, "open"],
    [{ status: "requires_payment_method", last_payment_error: null }, "open"],
    [{ status: "requires_action" }, "declined authentication_required for good"],
    [{ status: "canceled", cancellation_reason: "fraudulent" }, "declined fraudulent for good"],
    [{ status: "canceled", cancellation_reason: null }, "declined canceled"],
    [declined({ code: "card_declined", decline_code: "insufficient_funds" }), "declined insufficient_funds"],
    [declined({ code: "card_declined", decline_code: "stolen_card" }), "declined stolen_card for good"],
    [declined({ code: "expired_card" }), "declined expired_card for good"],
    [declined({}), "declined card_declined"],
  ])("%j is %s", (intent, expected) => {
    const outcome = outcomeOf({ id: "pi_1", last_payment_error: null, ...intent } as Stripe.PaymentIntent);
    const words =
      outcome.kind === "declined" ? [outcome.reason, ...(outcome.forGood ? ["for good"] : [])] : [];
    expect([outcome.kind, ...words].join(" ")).toBe(expected);
  });

  function declined(error: object): Partial<Stripe.PaymentIntent> {
    return {
      status: "requires_payment_method",
      last_payment_error: error as Stripe.PaymentIntent.LastPaymentError,
    };
  }
});

describe("reversed credits", () => {
  test.each([
    [100, 0, 100, 0],
    [100, 100, 100, 100],
    [100, 1, 100, 1],
    [1000, 1, 300, 4],
    [10, 500, 300, 10],
  ])("of %i for %i of %i refunded are %i", (credits, takenBack, paid, expected) => {
    expect(creditsOf(credits, takenBack, paid)).toBe(expected);
  });

  test("never exceed the posted credits, and include all of them after a full reversal", () => {
    const amount = fc.integer({ min: 1, max: 1e9 });
    fc.assert(
      fc.property(amount, amount, amount, (credits, takenBack, paid) => {
        const reversed = creditsOf(credits, takenBack, paid);
        expect(reversed).toBeGreaterThan(0);
        expect(reversed).toBeLessThanOrEqual(credits);
        if (takenBack >= paid) expect(reversed).toBe(credits);
      }),
    );
  });

  test("count disputes that withdrew money, not won ones or inquiries", () => {
    const statuses = ["needs_response", "under_review", "lost", "won", "warning_needs_response", "prevented"];
    expect(disputedAmount(statuses.map((status) => ({ status, amount: 10 })))).toBe(30);
  });
});

describe("the target of an event", () => {
  const about = (type: string, object: object) =>
    eventTargetOf({ type, data: { object } } as unknown as Stripe.Event);

  test.each<[string, object, object | undefined]>([
    ["customer.subscription.updated", { customer: "cus_1" }, { about: "subscription", customer: "cus_1" }],
    [
      "customer.subscription.deleted",
      { customer: { id: "cus_1" } },
      { about: "subscription", customer: "cus_1" },
    ],
    [
      "invoice.paid",
      { id: "in_1", customer: "cus_1" },
      { about: "invoice", customer: "cus_1", invoice: "in_1" },
    ],
    ["payment_intent.succeeded", { id: "pi_1" }, { about: "payment", payment: "pi_1" }],
    ["charge.refunded", { id: "ch_1", payment_intent: "pi_1" }, { about: "payment", payment: "pi_1" }],
    ["charge.dispute.closed", { id: "du_1", payment_intent: "pi_1" }, { about: "payment", payment: "pi_1" }],
    ["charge.refunded", { id: "ch_1", payment_intent: null }, undefined],
    ["invoice.paid", { id: "in_1" }, undefined],
    ["invoice.created", { id: "in_1", customer: "cus_1" }, undefined],
    ["payout.paid", { id: "po_1" }, undefined],
  ])("%s of %j", (type, object, expected) => {
    expect(about(type, object)).toEqual(expected);
  });

  test("is defined for every event that an endpoint subscribes to", () => {
    const object = { id: "x_1", customer: "cus_1", payment_intent: "pi_1" };
    for (const type of EVENTS) expect(about(type, object), type).toBeDefined();
  });
});
