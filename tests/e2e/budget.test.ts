import { expect, test } from "vitest";
import { measureApiCalls } from "../../bench/api-calls.ts";

test("a workspace stays within its budget of Management API calls", async () => {
  const figures = await measureApiCalls();
  expect(figures.map(({ value }) => value > 0)).toEqual([true, false, true]);
  expect(figures.filter(({ value, goal }) => value > goal)).toEqual([]);
});
