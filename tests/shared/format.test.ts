import { describe, expect, test } from "vitest";
import { count, formatSeconds, formatValue } from "../../src/shared/format.ts";

describe("values in a line", () => {
  test.each([
    ["text as it is", "us-east-1", "us-east-1"],
    ["no text", "", '""'],
    ["a list", ["a", "b"], "a, b"],
    ["an empty list", [], "none"],
    ["a map", { role: "admin", workspaces: ["a"] }, "role: admin, workspaces: a"],
    ["the beginning of a long text", `create table t\n(\n)\n`, "create table t (3 lines)"],
    ["an escape sequence", "\x1b[2J", "\\x1b[2J"],
  ])("%s", (_what, value, expected) => {
    expect(formatValue(value)).toBe(expected);
  });

  test("none is longer than a line", () => {
    expect(formatValue("x".repeat(10_000)).length).toBeLessThan(80);
  });

  test.each([
    [0.04, "0.0 s"],
    [9.94, "9.9 s"],
    [59.4, "59 s"],
    [125, "2 min 5 s"],
  ])("%d seconds are %s", (seconds, expected) => {
    expect(formatSeconds(seconds)).toBe(expected);
  });
});

test.each([
  [1, "organization", "1 organization"],
  [1276, "person", "1,276 people"],
  [2, "key", "2 keys"],
  [2, "entry", "2 entries"],
])("%d × %s is counted as %s", (number, noun, expected) => {
  expect(count(number, noun)).toBe(expected);
});
