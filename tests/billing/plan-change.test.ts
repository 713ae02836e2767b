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
const LAUNCH_V2: PricePoint = { id: "price_launch_v2", product: "shop_launch_v2", amount: 5900 };
const LAUNCH_V1: PricePoint = { id: "price_launch_v1", product: "shop_launch", amount: 4900 };
const LAUNCH_V3: PricePoint = { id: "price_launch_v3", product: "shop_launch_v3", amount: 4900 };
const SCALE: PricePoint = { id: "price_scale", product: "scale", amount: 49_900 };
const CHARGED = { method: "charge_automatically", days: null } as const;
const SENT = { method: "send_invoice", days: 30 } as const;

function found(price: PricePoint, more: Partial<FoundSubscription> = {}): FoundSubscription {
  return {
    status: "active",
    price,
    collected: CHARGED,
    isSingle: true,
    canPay: true,
    isReplaceable: price.amount === 0,
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

const toFree = { schedule: { next: FREE.id, isOutdated: false } };
const toLaunch = { schedule: { next: LAUNCH.id, isOutdated: false } };
const unpaid = { pending: SCALE.id };
const leaving = { isLeaving: true };
const besides = { isReplaceable: false };
const several = { isSingle: false };
const removed: PricePoint = { id: "", product: "", amount: 0 };
const outdated = { schedule: { next: FREE.id, isOutdated: true } };
const over = { schedule: { next: undefined, isOutdated: false } };

describe("the steps to the declared plan", () => {
  test.each<[string, FoundSubscription | undefined, DesiredSubscription, string]>([
    ["no subscription", undefined, wanted(LAUNCH), "begin"],
    ["as declared", found(LAUNCH), wanted(LAUNCH), ""],
    ["as declared, without a card", found(LAUNCH, { canPay: false }), wanted(LAUNCH), ""],
    ["a more expensive plan", found(LAUNCH), wanted(SCALE), "switch"],
    ["a more expensive plan, past due", found(LAUNCH, { status: "past_due" }), wanted(SCALE), "switch"],
    ["a more expensive plan, the difference is unpaid", found(LAUNCH, unpaid), wanted(SCALE), ""],
    [
      "the first paid plan, unpaid, and the card was removed",
      found(FREE, { ...unpaid, canPay: false }),
      wanted(SCALE),
      "",
    ],
    [
      "another paid plan, a change is unpaid, and the card was removed",
      found(FREE, { ...unpaid, canPay: false }),
      wanted(LAUNCH),
      "begin",
    ],
    [
      "the first paid plan with a trial, a change is unpaid",
      found(FREE, unpaid),
      { ...wanted(SCALE), trial: true },
      "begin",
    ],
    ["the old plan again, a change is unpaid", found(LAUNCH, unpaid), wanted(LAUNCH), "drop"],
    ["a cheaper plan, a change is unpaid", found(LAUNCH, unpaid), wanted(FREE), "drop schedule"],
    [
      "by invoice, the difference is unpaid",
      found(LAUNCH, unpaid),
      wanted(SCALE, SENT),
      "drop switch collect",
    ],
    [
      "a paid plan instead of a free one, no payment method, and somebody added a paid item",
      found(FREE, { canPay: false, ...besides }),
      wanted(LAUNCH),
      "",
    ],
    ["as declared, but three times", found(LAUNCH, several), wanted(LAUNCH), "count"],
    ["a more expensive plan, three times", found(LAUNCH, several), wanted(SCALE), "switch count"],
    [
      "a cheaper plan that is scheduled, three times",
      found(SCALE, { ...several, ...toLaunch }),
      wanted(LAUNCH),
      "release count schedule",
    ],
    [
      "a more expensive plan, three times, the difference is unpaid",
      found(LAUNCH, { ...several, ...unpaid }),
      wanted(SCALE),
      "drop switch count",
    ],
    ["somebody removed the plan from the subscription", found(removed, besides), wanted(LAUNCH), "reprice"],
    [
      "somebody removed the plan from the subscription, no payment method",
      found(removed, { canPay: false, ...besides }),
      wanted(LAUNCH),
      "reprice",
    ],
    ["a more expensive plan, no payment method", found(LAUNCH, { canPay: false }), wanted(SCALE), ""],
    [
      "a more expensive plan by invoice",
      found(LAUNCH, { canPay: false }),
      wanted(SCALE, SENT),
      "switch collect",
    ],
    ["from free, with a card", found(FREE), wanted(LAUNCH), "switch"],
    ["from free, without a card", found(FREE, { canPay: false }), wanted(LAUNCH), "begin"],
    ["from free, by invoice", found(FREE, { canPay: false }), wanted(LAUNCH, SENT), "switch collect"],
    ["a cheaper plan", found(SCALE), wanted(LAUNCH), "schedule"],
    ["the free plan", found(LAUNCH), wanted(FREE), "schedule"],
    ["the free plan, which is scheduled", found(LAUNCH, toFree), wanted(FREE), ""],
    [
      "the free plan, which is scheduled without a later coupon",
      found(LAUNCH, outdated),
      wanted(FREE),
      "schedule",
    ],
    ["the old plan again, a schedule is outdated", found(LAUNCH, outdated), wanted(LAUNCH), "release"],
    ["a cheaper plan, another is scheduled", found(SCALE, toFree), wanted(LAUNCH), "schedule"],
    ["a cheaper plan, a schedule is left over", found(SCALE, over), wanted(LAUNCH), "schedule"],
    ["the old plan again", found(LAUNCH, toFree), wanted(LAUNCH), "release"],
    ["the scheduled plan has taken effect", found(FREE, over), wanted(FREE), ""],
    ["a more expensive plan, a cheaper is scheduled", found(LAUNCH, toFree), wanted(SCALE), "release switch"],
    ["a more expensive plan, a schedule is left over", found(LAUNCH, over), wanted(SCALE), "release switch"],
    ["a new version of the price", found(LAUNCH), wanted(LAUNCH_2027), "reprice"],
    ["back to the more expensive version", found(LAUNCH_2027), wanted(LAUNCH), "reprice"],
    ["another plan in the trial", found(LAUNCH, { status: "trialing" }), wanted(FREE), "reprice"],
    ["a more expensive plan in the trial", found(LAUNCH, { status: "trialing" }), wanted(SCALE), "switch"],
    ["the same, no payment method", found(LAUNCH, { status: "trialing", canPay: false }), wanted(SCALE), ""],
    ["the same, by invoice", found(LAUNCH, { status: "trialing" }), wanted(SCALE, SENT), "switch collect"],
    ["another price in the trial", found(LAUNCH, { status: "trialing" }), wanted(LAUNCH_2027), "reprice"],
    ["a more expensive version", found(LAUNCH_V1), wanted(LAUNCH_V2), "switch"],
    ["the same, no payment method", found(LAUNCH_V1, { canPay: false }), wanted(LAUNCH_V2), ""],
    ["a cheaper version", found(LAUNCH_V2), wanted(LAUNCH_V1), "schedule"],
    ["a version at the same price", found(LAUNCH_V1, { canPay: false }), wanted(LAUNCH_V3), "reprice"],
    [
      "a more expensive version in the trial",
      found(LAUNCH_V1, { status: "trialing" }),
      wanted(LAUNCH_V2),
      "reprice",
    ],
    ["a more expensive version, cancellation scheduled", found(LAUNCH_V1, leaving), wanted(LAUNCH_V2), ""],
    ["a cheaper version, cancellation scheduled", found(LAUNCH_V2, leaving), wanted(LAUNCH_V1), ""],
    [
      "a more expensive version, cancellation scheduled, resumed",
      found(LAUNCH_V1, leaving),
      { ...wanted(LAUNCH_V2), stays: true },
      "stay switch",
    ],
    ["from free, on trial", found(FREE), { ...wanted(LAUNCH), trial: true }, "begin"],
    ["from free by invoice, on trial", found(FREE), { ...wanted(LAUNCH, SENT), trial: true }, "begin"],
    ["from paid, with a trial", found(LAUNCH), { ...wanted(SCALE), trial: true }, "switch"],
    ["a more expensive plan, cancellation scheduled", found(LAUNCH, leaving), wanted(SCALE), "stay switch"],
    ["the same, no payment method", found(LAUNCH, { ...leaving, canPay: false }), wanted(SCALE), ""],
    ["a cheaper plan, cancellation scheduled", found(SCALE, leaving), wanted(LAUNCH), "stay schedule"],
    ["the free plan, cancellation scheduled", found(LAUNCH, leaving), wanted(FREE), "stay schedule"],
    ["cancellation scheduled", found(LAUNCH, leaving), wanted(LAUNCH), ""],
    [
      "cancellation scheduled, a new version of the price",
      found(LAUNCH, leaving),
      wanted(LAUNCH_2027),
      "reprice",
    ],
    ["cancellation scheduled, by invoice", found(LAUNCH, leaving), wanted(LAUNCH, SENT), "collect"],
    ["cancellation scheduled, resumed", found(LAUNCH, leaving), { ...wanted(LAUNCH), stays: true }, "stay"],
    [
      "a schedule cancels, and lacks what was added since",
      found(SCALE, { ...leaving, schedule: { next: LAUNCH.id, isOutdated: true } }),
      wanted(LAUNCH),
      "",
    ],
    [
      "a schedule cancels, and the plan has a cheaper version",
      found(LAUNCH_V2, { ...leaving, schedule: { next: LAUNCH_V1.id, isOutdated: false } }),
      wanted(LAUNCH_V1),
      "",
    ],
    ["a schedule cancels, by invoice", found(SCALE, { ...leaving, ...toLaunch }), wanted(LAUNCH, SENT), ""],
    ["a schedule cancels, several", found(SCALE, { ...leaving, ...several, ...toLaunch }), wanted(SCALE), ""],
    ["cancellation and downgrade scheduled", found(SCALE, { ...leaving, ...toLaunch }), wanted(LAUNCH), ""],
    [
      "the same, resumed",
      found(SCALE, { ...leaving, ...toLaunch }),
      { ...wanted(LAUNCH), stays: true },
      "release stay schedule",
    ],
    ["resumed, no cancellation scheduled", found(LAUNCH), { ...wanted(LAUNCH), stays: true }, ""],
    ["invoices instead of a card", found(LAUNCH), wanted(LAUNCH, SENT), "collect"],
    ["a cheaper plan by invoice", found(SCALE), wanted(LAUNCH, SENT), "collect schedule"],
    ["by invoice, with a schedule", found(SCALE, toLaunch), wanted(LAUNCH, SENT), "release collect schedule"],
    ["incomplete", found(LAUNCH, { status: "incomplete" }), wanted(LAUNCH), ""],
    ["incomplete, another plan", found(LAUNCH, { status: "incomplete" }), wanted(FREE), "begin"],
    ["incomplete, by invoice", found(LAUNCH, { status: "incomplete" }), wanted(LAUNCH, SENT), "begin"],
    ["paused, no card", found(LAUNCH, { status: "paused", canPay: false }), wanted(LAUNCH), ""],
    ["paused, a card was added", found(LAUNCH, { status: "paused" }), wanted(LAUNCH), "resume"],
    ["paused, another plan", found(LAUNCH, { status: "paused" }), wanted(FREE), "begin"],
  ])("%s", (_, subscription, declared, steps) => {
    expect(stepsToPlan(subscription, declared).join(" ")).toBe(steps);
  });

  const price = fc.constantFrom(FREE, LAUNCH, LAUNCH_2027, SCALE);
  const collected = fc.constantFrom(CHARGED, SENT);
  const anySubscription = fc.record({
    status: fc.constantFrom("active", "past_due", "trialing", "incomplete", "paused", "unpaid"),
    price,
    collected,
    isSingle: fc.boolean(),
    canPay: fc.boolean(),
    schedule: fc.option(
      fc.record({
        next: fc.option(
          price.map(({ id }) => id),
          { nil: undefined },
        ),
        isOutdated: fc.boolean(),
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
  const subscription = fc.tuple(anySubscription, fc.boolean()).map(([found, hasPaidItem]) => {
    const { status, price } = found;
    const isFree = price.amount === 0 && !hasPaidItem;
    return { ...found, isReplaceable: status === "incomplete" || status === "paused" || isFree };
  });

  test("keep the paid plan until its period ends", () => {
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

  test("are complete: no steps remain after them", () => {
    fc.assert(
      fc.property(subscription, price, collected, (before, to, how) => {
        const declared = { price: to, collected: how, trial: false, stays: false };
        expect(stepsToPlan(after(before, declared), declared)).toEqual([]);
      }),
    );
  });
});

/** The subscription after all steps. */
function after(before: FoundSubscription, declared: DesiredSubscription): FoundSubscription {
  let now = before;
  for (const step of stepsToPlan(before, declared)) {
    if (step === "begin") now = found(declared.price, { collected: declared.collected });
    if (step === "stay") now = { ...now, isLeaving: false };
    if (step === "drop") now = { ...now, pending: undefined };
    if (step === "release") now = { ...now, schedule: undefined };
    if (step === "switch") now = { ...now, price: declared.price, status: "active" };
    if (step === "reprice") now = { ...now, price: declared.price };
    if (step === "schedule") now = { ...now, schedule: { next: declared.price.id, isOutdated: false } };
    if (step === "count") now = { ...now, isSingle: true };
    if (step === "collect") now = { ...now, collected: declared.collected };
    if (step === "resume") now = { ...now, status: "active" };
  }
  return now;
}
