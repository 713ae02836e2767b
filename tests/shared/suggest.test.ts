import { expect, test } from "vitest";
import { suggest } from "../../src/shared/suggest.ts";

test.each([
  ["wrkspaces", ["workspaces", "wallets"], "workspaces"],
  ["compte", ["compute", "connections"], "compute"],
  ["Plan", ["plan"], "plan"],
  ["domian", ["domain", "displayName"], "domain"],
  ["ai", ["data", "ui"], "ui"],
  ["zebra", ["plan", "owner"], undefined],
  ["x", [], undefined],
] as const)("%s among %j is %s", (word, known, meant) => {
  expect(suggest(word, known)).toBe(meant);
});
