import { expect, test } from "vitest";
import { dayOf, todayOf } from "../../src/shared/today.ts";

test.each([[{}], [{ TENANTRY_TODAY: "" }]])("without a given date, %j is today in UTC", (env) => {
  const before = dayOf(new Date());
  expect([before, dayOf(new Date())]).toContain(todayOf(env));
});

test.each(["2026-11-22", "2028-02-29"])("%s is the date of the run", (date) => {
  expect(todayOf({ TENANTRY_TODAY: date })).toBe(date);
});

test.each(["tomorrow", "2026-02-31", "2026-11-22T10:00:00Z", "22.11.2026", "2026-1-2"])(
  "%s is refused",
  (text) => {
    expect(() => todayOf({ TENANTRY_TODAY: text })).toThrow(`TENANTRY_TODAY is ${text}, which isn't a date`);
  },
);
