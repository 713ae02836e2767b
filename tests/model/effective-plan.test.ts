import { expect, test } from "vitest";
import { effectivePlan } from "../../src/model/effective-plan.ts";
import type { Entitlements } from "../../src/shared/entitlements.ts";

const NONE = {
  workspaces: 1,
  seats: 1,
  customDomains: 0,
  rpm: 60,
  webhookEvents: 0,
  perWorkspaceAccess: false,
};

function plan(productId: string | null, entitlements: Partial<Entitlements>) {
  return { productId, entitlements: { ...NONE, ...entitlements } };
}

const OFFER = {
  plans: {
    free: plan("demo_free", {}),
    launch: plan("demo_launch", { workspaces: 3 }),
    scale: plan("demo_scale", { workspaces: null }),
    custom: plan(null, { workspaces: 20 }),
  },
  defaultPlan: "free",
};
const TODAY = "2026-11-22";

function late(since: string) {
  return { status: "past_due", product: "demo_launch", pastDueSince: `${since}T09:00:00.000Z` };
}

test.each<[string, string, Parameters<typeof effectivePlan>[2], string, number | null]>([
  ["paid for", "launch", { status: "active", product: "demo_launch" }, "launch", 3],
  ["on trial", "launch", { status: "trialing", product: "demo_launch" }, "launch", 3],
  ["not paid yet", "launch", { status: "incomplete", product: "demo_launch" }, "free", 1],
  ["never paid", "launch", { status: "incomplete_expired", product: "demo_launch" }, "free", 1],
  ["after a trial without a card", "launch", { status: "paused", product: "demo_launch" }, "free", 1],
  ["canceled", "launch", { status: "canceled", product: "demo_launch" }, "free", 1],
  ["unpaid after all retries", "launch", { status: "unpaid", product: "demo_launch" }, "free", 1],
  ["late since today", "launch", late("2026-11-22"), "launch", 3],
  ["late on the last day of the grace", "launch", late("2026-11-08"), "launch", 3],
  ["late beyond the grace", "launch", late("2026-11-07"), "free", 1],
  ["left, until the period ends", "free", { status: "active", product: "demo_scale" }, "scale", null],
  ["left, and the period has ended", "free", { status: "active", product: "demo_free" }, "free", 1],
  ["of a plan that isn't sold any more", "launch", { status: "active", product: "demo_old" }, "launch", 3],
  ["agreed by contract", "custom", undefined, "custom", 20],
])("a plan that is %s", (_, declared, billing, expected, workspaces) => {
  const now = effectivePlan(OFFER, { plan: declared, overrides: {} }, billing, TODAY);
  expect([now.plan, now.entitlements.workspaces]).toEqual([expected, workspaces]);
});

test("an override applies to the plan that is paid for, and not to the default plan", () => {
  const declared = { plan: "launch", overrides: { workspaces: 7, rpm: null } };
  const paid = effectivePlan(OFFER, declared, { status: "active", product: "demo_scale" }, TODAY);
  expect(paid).toEqual({ plan: "scale", entitlements: { ...NONE, workspaces: 7, rpm: null } });
  const unpaid = effectivePlan(OFFER, declared, { status: "incomplete", product: "demo_launch" }, TODAY);
  expect(unpaid).toEqual({ plan: "free", entitlements: NONE });
});
