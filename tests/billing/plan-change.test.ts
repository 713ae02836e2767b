import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DesiredSubscription,
  type FoundSubscription,
  type PricePoint,
  stepsToPlan,
} from "../../src/billing/plan-change.ts";

const FREE: PricePoint = { id: "price_free", product: "build", amount: 0 };
const LAUNCH: PricePoint = { id: "price_launch", product: "launch", amount: 4900 };
const LAUNCH_2027: PricePoint = { id: "price_launch_2027", product: "launch", amount: 3900 };
const SCALE: PricePoint = { id: "price_scale", product: "scale", amount: 49_900 };
const CHARGED = { method: "charge_automatically", days: null } as const;
const SENT = { method: "send_invoice", days: 30 } as const;

function found(price: PricePoint, more: Partial<FoundSubscription> = {}): FoundSubscription {
  return {
    status: "active",
    price,
    collected: CHARGED,
    canPay: true,
    schedule: undefined,
    isLeaving: false,
    pending: undefined,
    ...more,
  };
}

function wanted(
  price: PricePoint,
  collected: DesiredSubscription["collected"] = CHARGED,
): DesiredSubscription {
  return { price, collected, trial: false, stays: false };
}

const toFree = { schedule: { next: FREE.id } };
const toLaunch = { schedule: { next: LAUNCH.id } };
const unpaid = { pending: SCALE.id };
const leaving = { isLeaving: true };
const over = { schedule: { next: undefined } };

describe("the steps to the declared plan", () => {
  test.each<[string, FoundSubscription | undefined, DesiredSubscription, string]>([
    ["none yet", undefined, wanted(LAUNCH), "begin"],
    ["as declared", found(LAUNCH), wanted(LAUNCH), ""],
    ["as declared, without a card", found(LAUNCH, { canPay: false }), wanted(LAUNCH), ""],
    ["a dearer plan", found(LAUNCH), wanted(SCALE), "switch"],
    ["a dearer plan, late with a payment", found(LAUNCH, { status: "past_due" }), wanted(SCALE), "switch"],
    ["a dearer plan, its difference isn't paid", found(LAUNCH, unpaid), wanted(SCALE), ""],
    ["the old plan again, the dearer isn't paid", found(LAUNCH, unpaid), wanted(LAUNCH), "drop"],
    ["a cheaper plan, a dearer isn't paid", found(LAUNCH, unpaid), wanted(FREE), "drop schedule"],
    ["by invoice, it isn't paid", found(LAUNCH, unpaid), wanted(SCALE, SENT), "drop switch collect"],
    ["a dearer plan, nothing to charge", found(LAUNCH, { canPay: false }), wanted(SCALE), ""],
    ["a dearer plan by invoice", found(LAUNCH, { canPay: false }), wanted(SCALE, SENT), "switch collect"],
    ["from free, with a card", found(FREE), wanted(LAUNCH), "switch"],
    ["from free, without a card", found(FREE, { canPay: false }), wanted(LAUNCH), "begin"],
    ["from free, by invoice", found(FREE, { canPay: false }), wanted(LAUNCH, SENT), "switch collect"],
    ["a cheaper plan", found(SCALE), wanted(LAUNCH), "schedule"],
    ["the free plan", found(LAUNCH), wanted(FREE), "schedule"],
    ["the free plan, which is scheduled", found(LAUNCH, toFree), wanted(FREE), ""],
    ["a cheaper plan, another is scheduled", found(SCALE, toFree), wanted(LAUNCH), "schedule"],
    ["a cheaper plan, a schedule is left over", found(SCALE, over), wanted(LAUNCH), "schedule"],
    ["the old plan again", found(LAUNCH, toFree), wanted(LAUNCH), "release"],
    ["the plan that was scheduled has begun", found(FREE, over), wanted(FREE), ""],
    ["a dearer plan, a cheaper is scheduled", found(LAUNCH, toFree), wanted(SCALE), "release switch"],
    ["a dearer plan, a schedule is left over", found(LAUNCH, over), wanted(SCALE), "release switch"],
    ["a new version of the price", found(LAUNCH), wanted(LAUNCH_2027), "reprice"],
    ["back to the dearer version", found(LAUNCH_2027), wanted(LAUNCH), "reprice"],
    ["another plan in the trial", found(LAUNCH, { status: "trialing" }), wanted(FREE), "reprice"],
    ["a dearer plan in the trial", found(LAUNCH, { status: "trialing" }), wanted(SCALE), "switch"],
    ["the same, nothing to charge", found(LAUNCH, { status: "trialing", canPay: false }), wanted(SCALE), ""],
    ["the same, by invoice", found(LAUNCH, { status: "trialing" }), wanted(SCALE, SENT), "switch collect"],
    ["another price in the trial", found(LAUNCH, { status: "trialing" }), wanted(LAUNCH_2027), "reprice"],
    ["from free, on trial", found(FREE), { ...wanted(LAUNCH), trial: true }, "begin"],
    ["from free by invoice, on trial", found(FREE), { ...wanted(LAUNCH, SENT), trial: true }, "begin"],
    ["from paid, with a trial", found(LAUNCH), { ...wanted(SCALE), trial: true }, "switch"],
    ["a dearer plan, though it is leaving", found(LAUNCH, leaving), wanted(SCALE), "stay switch"],
    ["the same, nothing to charge", found(LAUNCH, { ...leaving, canPay: false }), wanted(SCALE), ""],
    ["a cheaper plan, though it is leaving", found(SCALE, leaving), wanted(LAUNCH), "stay schedule"],
    ["the free plan, though it is leaving", found(LAUNCH, leaving), wanted(FREE), "stay schedule"],
    ["leaving", found(LAUNCH, leaving), wanted(LAUNCH), ""],
    ["leaving, a new version of the price", found(LAUNCH, leaving), wanted(LAUNCH_2027), "reprice"],
    ["leaving, by invoice", found(LAUNCH, leaving), wanted(LAUNCH, SENT), "collect"],
    ["leaving, and declared to stay", found(LAUNCH, leaving), { ...wanted(LAUNCH), stays: true }, "stay"],
    ["leaving since a downgrade is scheduled", found(SCALE, { ...leaving, ...toLaunch }), wanted(LAUNCH), ""],
    [
      "the same, and declared to stay",
      found(SCALE, { ...leaving, ...toLaunch }),
      { ...wanted(LAUNCH), stays: true },
      "release stay schedule",
    ],
    ["declared to stay, and not leaving", found(LAUNCH), { ...wanted(LAUNCH), stays: true }, ""],
    ["invoices instead of a card", found(LAUNCH), wanted(LAUNCH, SENT), "collect"],
    ["a cheaper plan by invoice", found(SCALE), wanted(LAUNCH, SENT), "collect schedule"],
    ["by invoice, with a schedule", found(SCALE, toLaunch), wanted(LAUNCH, SENT), "release collect schedule"],
    ["not paid yet", found(LAUNCH, { status: "incomplete" }), wanted(LAUNCH), ""],
    ["not paid yet, another plan", found(LAUNCH, { status: "incomplete" }), wanted(FREE), "begin"],
    ["not paid yet, by invoice", found(LAUNCH, { status: "incomplete" }), wanted(LAUNCH, SENT), "begin"],
    ["paused, no card", found(LAUNCH, { status: "paused", canPay: false }), wanted(LAUNCH), ""],
    ["paused, a card came", found(LAUNCH, { status: "paused" }), wanted(LAUNCH), "resume"],
    ["paused, another plan", found(LAUNCH, { status: "paused" }), wanted(FREE), "begin"],
  ])("%s", (_, subscription, declared, steps) => {
    expect(stepsToPlan(subscription, declared).join(" ")).toBe(steps);
  });

  const price = fc.constantFrom(FREE, LAUNCH, LAUNCH_2027, SCALE);
  const collected = fc.constantFrom(CHARGED, SENT);
  const subscription = fc.record({
    status: fc.constantFrom("active", "past_due", "trialing", "incomplete", "paused", "unpaid"),
    price,
    collected,
    canPay: fc.boolean(),
    schedule: fc.option(
      fc.record({
        next: fc.option(
          price.map(({ id }) => id),
          { nil: undefined },
        ),
      }),
      {
        nil: undefined,
      },
    ),
    isLeaving: fc.boolean(),
    pending: fc.option(
      price.map(({ id }) => id),
      { nil: undefined },
    ),
  });

  test("never take a plan away before the period that was paid for ends", () => {
    fc.assert(
      fc.property(subscription, price, collected, (before, to, how) => {
        fc.pre(before.status === "active" && before.price.product !== to.product);
        fc.pre(to.amount < before.price.amount);
        const steps = stepsToPlan(before, { price: to, collected: how, trial: false, stays: false });
        expect(steps).not.toContain("switch");
        expect(steps).not.toContain("begin");
      }),
    );
  });

  test("are done once: after them nothing is left to do", () => {
    fc.assert(
      fc.property(subscription, price, collected, (before, to, how) => {
        const declared = { price: to, collected: how, trial: false, stays: false };
        expect(stepsToPlan(after(before, declared), declared)).toEqual([]);
      }),
    );
  });
});

/** A subscription after all of its steps. */
function after(before: FoundSubscription, declared: DesiredSubscription): FoundSubscription {
  let now = before;
  for (const step of stepsToPlan(before, declared)) {
    if (step === "begin") now = found(declared.price, { collected: declared.collected });
    if (step === "stay") now = { ...now, isLeaving: false };
    if (step === "drop") now = { ...now, pending: undefined };
    if (step === "release") now = { ...now, schedule: undefined };
    if (step === "switch") now = { ...now, price: declared.price, status: "active" };
    if (step === "reprice") now = { ...now, price: declared.price };
    if (step === "schedule") now = { ...now, schedule: { next: declared.price.id } };
    if (step === "collect") now = { ...now, collected: declared.collected };
    if (step === "resume") now = { ...now, status: "active" };
  }
  return now;
}
