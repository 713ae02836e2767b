import { expect, test } from "vitest";
import { policyPacksOf } from "../../src/cli/policy-packs.ts";

test.each([
  ["no pack", {}, []],
  ["packs", { policyPack: ["one", "/two"] }, [{ folder: "/here/one" }, { folder: "/two" }]],
  [
    "packs with their files, in the same order",
    { policyPack: ["one", "two"], policyPackConfig: ["one.json", "/etc/two.json"] },
    [
      { folder: "/here/one", config: "/here/one.json" },
      { folder: "/here/two", config: "/etc/two.json" },
    ],
  ],
])("%s", (_, options, expected) => {
  expect(policyPacksOf(options, "/here")).toEqual(expected);
});

test.each([
  ["without a pack", { policyPackConfig: ["one.json"] }],
  ["for some packs only", { policyPack: ["one", "two"], policyPackConfig: ["one.json"] }],
])("a file %s is refused", (_, options) => {
  expect(() => policyPacksOf(options, "/here")).toThrow(
    /^--policy-pack-config was given 1 time, but --policy-pack \d times?$/,
  );
});
