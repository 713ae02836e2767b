import { CURRENCIES, type Currency } from "@tenantry/core/currencies";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chargedDecimals,
  costOf,
  creditAmount,
  fewestCredits,
  smallestUnits,
  wholeUnits,
} from "../../src/shared/currency.ts";

const CODES = Object.keys(CURRENCIES) as Currency[];
const currencies = fc.constantFrom(...CODES);

test.each([
  [0, "usd", 0],
  [49, "usd", 4900],
  [49.5, "usd", 4950],
  [49.99, "usd", 4999],
  [0.01, "usd", 1],
  [1.005, "usd", undefined],
  [49.999, "usd", undefined],
  [0.001, "usd", undefined],
  [500, "jpy", 500],
  [500.5, "jpy", undefined],
  [1_200_000, "krw", 1_200_000],
  [5.12, "kwd", 5120],
  [5.125, "kwd", undefined],
  [0.01, "bhd", 10],
  [5, "isk", 500],
  [5.5, "isk", undefined],
  [5, "ugx", 500],
  [10.45, "huf", 1045],
  [800.45, "twd", 80_045],
] as const)("%d %s is %s in the smallest unit", (price, currency, amount) => {
  expect(smallestUnits(price, currency)).toBe(amount);
});

test.each([
  [4950, "usd", "49.50"],
  [4900, "usd", "49"],
  [4900, "jpy", "4900"],
  [5120, "kwd", "5.12"],
  [5000, "kwd", "5"],
  [500, "isk", "5"],
  [1045, "huf", "10.45"],
] as const)("%d of the smallest unit of %s is %s", (amount, currency, text) => {
  expect(wholeUnits(amount, currency)).toBe(text);
});

test("every amount that can be charged is shown and read back", () => {
  fc.assert(
    fc.property(currencies, fc.integer({ min: 0, max: 999_999 }), (currency, steps) => {
      const amount = steps * CURRENCIES[currency].step;
      expect(smallestUnits(Number(wholeUnits(amount, currency)), currency)).toBe(amount);
    }),
  );
});

test("a price with one more decimal than can be charged is refused", () => {
  fc.assert(
    fc.property(
      currencies,
      fc.integer({ min: 0, max: 99_999 }),
      fc.integer({ min: 1, max: 9 }),
      (currency, units, last) => {
        const price = Number(`${units}.${"0".repeat(chargedDecimals(currency))}${last}`);
        expect(smallestUnits(price, currency)).toBeUndefined();
      },
    ),
  );
});

test.each([
  [0.001, "usd", 0.1],
  [0.07, "usd", 7],
  [0.0029, "usd", 0.29],
  [1e-7, "usd", 1e-5],
  [0.001, "jpy", 0.001],
  [0.0005, "kwd", 0.5],
  [0.5, "isk", 50],
  [1e-15, "usd", undefined],
] as const)("a credit at %d %s costs %s of the smallest unit", (price, currency, amount) => {
  expect(creditAmount(price, currency)).toBe(amount);
});

describe("what credits cost", () => {
  test.each([
    [2000, 1, "usd", 2000],
    // In binary fractions, 100 times 0.07 is more than 7.
    [100, 0.07, "usd", 7],
    [3, 0.1, "usd", 1],
    [505, 0.1, "usd", 51],
    [1, 0.001, "jpy", 1],
    [2000, 0.5, "jpy", 1000],
    [1, 5124, "kwd", 5130],
    [3, 0.5, "kwd", 10],
    [1, 50, "isk", 100],
    [3, 50, "ugx", 200],
    [10, 104.5, "huf", 1045],
    [1_000_000_000_000, 0.000001, "usd", 1_000_000],
  ] as const)("%d at %d of %s is %d", (credits, price, currency, cost) => {
    expect(costOf(credits, price, currency)).toBe(cost);
  });

  const prices = fc
    .record({ digits: fc.integer({ min: 1, max: 999_999 }), scale: fc.integer({ min: 0, max: 9 }) })
    .map(({ digits, scale }) => ({ digits, scale, price: Number(`${digits}e-${scale}`) }));
  const purchases = fc.integer({ min: 1, max: 10_000_000 });

  test("is their exact price, rounded up by less than one step of the currency", () => {
    fc.assert(
      fc.property(currencies, prices, purchases, (currency, { digits, scale, price }, credits) => {
        const { step } = CURRENCIES[currency];
        const cost = costOf(credits, price, currency);
        expect(cost % step).toBe(0);
        // Compared in units of 10^-scale, which are whole numbers.
        const tooMuch = BigInt(cost) * 10n ** BigInt(scale) - BigInt(digits) * BigInt(credits);
        expect(tooMuch >= 0n && tooMuch < BigInt(step) * 10n ** BigInt(scale)).toBe(true);
      }),
    );
  });

  test("grows with their number, and is never more in two purchases than one step above one", () => {
    fc.assert(
      fc.property(currencies, prices, purchases, purchases, (currency, { price }, one, two) => {
        const [first, second, both] = [one, two, one + two].map((each) => costOf(each, price, currency)) as [
          number,
          number,
          number,
        ];
        expect(both).toBeGreaterThanOrEqual(Math.max(first, second));
        expect([0, CURRENCIES[currency].step]).toContain(first + second - both);
      }),
    );
  });

  test("is at least the minimum charge exactly from the fewest credits on", () => {
    fc.assert(
      fc.property(currencies, prices, (currency, { price }) => {
        const { minimum } = CURRENCIES[currency];
        const fewest = fewestCredits(price, currency) ?? 0;
        expect(costOf(fewest, price, currency)).toBeGreaterThanOrEqual(minimum);
        if (fewest > 1) expect(costOf(fewest - 1, price, currency)).toBeLessThan(minimum);
      }),
    );
  });

  test("never reaches a minimum if they cost nothing", () => {
    expect(fewestCredits(0, "usd")).toBeUndefined();
  });
});

test.each(CODES)("the minimum charge of %s can be charged", (currency) => {
  const { minimum, step } = CURRENCIES[currency];
  expect(minimum > 0 && minimum % step === 0).toBe(true);
});
