import { isRecord } from "@tenantry/core/is-record";
import { Secret } from "@tenantry/core/secret";
import { expect, test } from "vitest";

test.each([
  [{}, true],
  [{ a: 1 }, true],
  [Object.create(null), true],
  [null, false],
  [undefined, false],
  [[1], false],
  ["text", false],
  [new Date(0), false],
  [new Map(), false],
  [new Secret("s"), false],
])("%s: %s", (value, expected) => {
  expect(isRecord(value)).toBe(expected);
});
