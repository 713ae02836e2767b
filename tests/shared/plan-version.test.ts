import { expect, test } from "vitest";
import { isSamePlan, PLAN_VERSION, planVersionOf, productIdOf } from "../../src/shared/plan-version.ts";

test.each([
  ["launch", { plan: "launch", version: 1 }, "shop_launch"],
  ["launch@2", { plan: "launch", version: 2 }, "shop_launch_v2"],
  ["v2", { plan: "v2", version: 1 }, "shop_v2"],
  ["big-plan@12", { plan: "big-plan", version: 12 }, "shop_big-plan_v12"],
])("%s", (name, version, product) => {
  expect(name).toMatch(new RegExp(PLAN_VERSION.pattern, "u"));
  expect(planVersionOf(name)).toEqual(version);
  expect(productIdOf("shop", name)).toBe(product);
});

test.each([
  "launch@1",
  "launch@0",
  "launch@02",
  "launch@",
  "launch@x",
  "@2",
  "launch@2@3",
  "Launch@2",
  "launch@10000",
])("%s isn't the name of a version", (name) => {
  expect(name).not.toMatch(new RegExp(PLAN_VERSION.pattern, "u"));
});

test.each([
  ["shop_launch", "shop_launch_v2", true],
  ["shop_launch_v2", "shop_launch_v3", true],
  ["shop_launch", "shop_scale_v2", false],
  ["shop_v2", "shop_v3", false],
  ["shop_v2", "shop_v2_v2", true],
  ["prod_Nx12", "prod_Nx13", false],
])("%s and %s are products of the same plan: %s", (one, other, same) => {
  expect(isSamePlan(one, other)).toBe(same);
});
