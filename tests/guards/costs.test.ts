import { describe, expect, test } from "vitest";
import { guardPlace, guardSentence } from "../../src/guards/words.ts";
import { type Manifests, runOf } from "./fleet.ts";

const LARGE = { workspaces: { main: { compute: "large" } } } as const;
const MICRO = { workspaces: { main: { compute: "micro" } } } as const;

const limits = (of: "perOrganization" | "perRun", kind: string, direction: string, limit: string) =>
  `cost: { ${of}: { ${kind}: { ${direction}: ${limit} } } }\n`;

async function refusals(before: Manifests, after: Manifests, cost: string, plans = "") {
  const { guards, results } = await runOf({ before, after, platformBefore: cost, plans });
  const told = guards
    .filter(({ verdict }) => verdict === "refused")
    .map((guard) => `${guardPlace(guard)} ${guardSentence(guard)}`);
  return { told, refused: results.filter(({ outcome }) => outcome === "refused").map(({ stack }) => stack) };
}

const PLACE = "in `cost` of platform.yaml";

describe("a limit of what databases cost", () => {
  test.each<[string, Manifests, Manifests, string, readonly string[], readonly string[]]>([
    [
      "refuses a larger increase of one organization",
      { acme: MICRO, beta: MICRO },
      { acme: LARGE },
      limits("perOrganization", "infrastructure", "increase", "99"),
      [`shop.acme raises infrastructure by 100 usd a month, above the limit of 99 usd ${PLACE}`],
      ["shop.acme"],
    ],
    [
      "allows an increase up to it",
      { acme: MICRO },
      { acme: LARGE },
      limits("perOrganization", "infrastructure", "increase", "100"),
      [],
      [],
    ],
    [
      "doesn't limit the other direction",
      { acme: LARGE },
      { acme: MICRO },
      limits("perOrganization", "infrastructure", "increase", "0"),
      [],
      [],
    ],
    [
      "refuses a larger decrease, as a share",
      { acme: LARGE },
      { acme: MICRO },
      limits("perOrganization", "infrastructure", "decrease", "50%"),
      [`shop.acme lowers infrastructure by 100 usd a month, above the limit of 50% ${PLACE}`],
      ["shop.acme"],
    ],
    [
      "adds up a run, and refuses only stacks that raise the sum",
      { acme: MICRO, beta: MICRO, gone: LARGE },
      { acme: LARGE, beta: LARGE, gone: MICRO },
      limits("perRun", "infrastructure", "increase", "99"),
      [`shop raises infrastructure by 100 usd a month, above the limit of 99 usd ${PLACE}`],
      ["shop.acme", "shop.beta"],
    ],
    [
      "compares a share with all stacks of the run",
      { acme: MICRO, beta: LARGE },
      { acme: { workspaces: { main: { compute: "small" } } } },
      limits("perRun", "infrastructure", "increase", "5%"),
      [],
      [],
    ],
  ])("%s", async (_, before, after, cost, told, refused) => {
    expect(await refusals(before, after, cost)).toEqual({ told, refused });
  });
});

describe("a limit of revenue", () => {
  const big = { acme: { plan: "big" } } as const;

  test.each([
    ["an amount", limits("perOrganization", "revenue", "decrease", "450"), "450 usd"],
    ["a share", limits("perRun", "revenue", "decrease", "90%"), "90%"],
  ])("refuses a larger decrease: %s", async (_, cost, limit) => {
    const { told } = await refusals(big, { acme: { plan: "team" } }, cost);
    expect(told).toEqual([
      expect.stringContaining(`lowers revenue by 450.50 usd a month, above the limit of ${limit} ${PLACE}`),
    ]);
  });

  test.each([
    ["to", "big", "contract", "decrease"],
    ["from", "contract", "big", "increase"],
  ])(
    "doesn't count a move %s a plan by contract, whose price isn't known",
    async (_, from, to, direction) => {
      const { told } = await refusals(
        { acme: { plan: from } },
        { acme: { plan: to } },
        limits("perOrganization", "revenue", direction, "0"),
        "  contract: { entitlements: { workspaces: unlimited } }\n",
      );
      expect(told.filter((text) => text.includes("revenue"))).toEqual([]);
    },
  );

  test("doesn't limit what begins at 0 by a share, but by an amount", async () => {
    const team = { acme: { plan: "free" } } as const;
    const raise = (limit: string) =>
      refusals(team, { acme: { plan: "team" } }, limits("perRun", "revenue", "increase", limit));
    expect((await raise("0%")).told).toEqual([]);
    expect((await raise("48")).told).toHaveLength(1);
  });
});
