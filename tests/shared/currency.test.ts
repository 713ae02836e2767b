import fc from "fast-check";
import { expect, test } from "vitest";
import { smallestUnits } from "../../src/shared/currency.ts";

test.each([
  [0, "usd", 0],
  [49, "usd", 4900],
  [49.5, "usd", 4950],
  [49.99, "usd", 4999],
  [0.01, "usd", 1],
  [49.999, "usd", undefined],
  [0.001, "usd", undefined],
  [500, "jpy", 500],
  [500.5, "jpy", undefined],
] as const)("%d %s is %s in the smallest unit", (price, currency, amount) => {
  expect(smallestUnits(price, currency)).toBe(amount);
});

test("every amount of cents that is written with two decimals comes back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999_999 }), (cents) => {
      expect(smallestUnits(Number((cents / 100).toFixed(2)), "usd")).toBe(cents);
    }),
  );
});

test("every amount with a third decimal is refused", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 1, max: 9 }), (whole, third) => {
      expect(smallestUnits(Number(`${whole}.00${third}`), "usd")).toBeUndefined();
    }),
  );
});
