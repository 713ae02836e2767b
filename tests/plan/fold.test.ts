import { expect, test } from "vitest";
import { foldAlike } from "../../src/plan/fold.ts";
import type { Monthly, OrganizationPlan } from "../../src/plan/plan.ts";

const usd = (before: number, after: number): Monthly => ({
  ...{ currency: "usd", before, after },
  delta: after - before,
});

const organization = (name: string, parts: Partial<OrganizationPlan>): OrganizationPlan => ({
  ...{ name, stack: `tiny.${name}`, outcome: "changes", events: [], other: [], workspaces: [], outputs: [] },
  ...{ counts: {}, done: {}, notPriced: [], removals: [], problems: [] },
  ...{ revenue: null, infrastructure: null, due: null },
  ...parts,
});

const due = (amount: number) => ({ amount, currency: "usd" as const, reason: null });

test.each<[string, Partial<OrganizationPlan>, Partial<OrganizationPlan>, number]>([
  ["the same amounts", { revenue: usd(0, 4_900) }, { revenue: usd(0, 4_900) }, 1],
  ["revenue that stays", { revenue: usd(4_900, 4_900) }, { revenue: usd(9_900, 9_900) }, 1],
  ["infrastructure that stays", { infrastructure: usd(1_000, 1_000) }, {}, 1],
  ["another revenue", { revenue: usd(0, 4_900) }, { revenue: usd(0, 9_900) }, 2],
  ["another revenue before", { revenue: usd(0, 4_900) }, { revenue: usd(1_000, 4_900) }, 2],
  ["another infrastructure", { infrastructure: usd(1_000, 1_500) }, { infrastructure: usd(2_000, 3_000) }, 2],
  ["another amount due today", { due: due(100) }, { due: due(200) }, 2],
])("organizations share a block only if the amounts that it shows are theirs: %s", (_, a, b, blocks) => {
  expect(foldAlike([organization("a", a), organization("b", b)])).toHaveLength(blocks);
});
