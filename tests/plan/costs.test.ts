import pc from "picocolors";
import { describe, expect, test } from "vitest";
import type { PropertyChange } from "../../src/changes/property-change.ts";
import type { Action, StackChanges, Step } from "../../src/changes/stack.ts";
import { renderCosts } from "../../src/cli/render/costs.ts";
import { renderHtml } from "../../src/cli/render/html.ts";
import { renderMarkdown } from "../../src/cli/render/markdown.ts";
import type { OrganizationModel } from "../../src/model/model.ts";
import { changePlan, type PlanSource } from "../../src/plan/build.ts";
import { costTables, notPricedText } from "../../src/plan/cost-tables.ts";
import type { Monthly } from "../../src/plan/plan.ts";
import { COMPUTE_SIZES } from "../../src/shared/supabase-catalogue.ts";
import { COMPUTE_PRICES } from "../../src/shared/supabase-prices.ts";

const WORKSPACE = "urn:pulumi:tiny.acme::tenants::tenantry:index:Organization$tenantry:index:Workspace";

type Sides = readonly [before: unknown, after: unknown];

function step(
  type: string,
  action: Action,
  values: Readonly<Record<string, Sides>>,
  parts: Partial<Step> = {},
): Step {
  const changes = Object.entries(values).map(([path, [before, after]]): PropertyChange => {
    const kind = before === undefined ? "add" : after === undefined ? "delete" : "update";
    return { path, segments: [path], kind, replaces: false, before, after };
  });
  const name = `${parts.parent ?? ""}-${type}`;
  const urn = `urn:pulumi:tiny.acme::tenants::tenantry:${type}::${name}`;
  return {
    ...{ action, urn, type: `tenantry:${type}`, name, id: "1", parent: null, component: false },
    ...{ protected: false, status: "planned", changes },
    ...parts,
  };
}

const project = (
  workspace: string,
  action: Action,
  values: Readonly<Record<string, Sides>>,
  status?: Step["status"],
) =>
  step("supabase:Project", action, values, {
    parent: `${WORKSPACE}::${workspace}`,
    ...(status === undefined ? {} : { status }),
  });
const subscription = (before: string, after: string) =>
  step("stripe:Subscription", "update", { price: [before, after] });

function changesOf(steps: readonly Step[], name = "acme", asked?: StackChanges["asked"]): StackChanges {
  const rest = { outputs: [], summary: {}, problems: [], removals: [] };
  return { stack: `tiny.${name}`, steps, ...rest, ...(asked === undefined ? {} : { asked }) };
}

/** An organization with workspaces: by slug, their size and their state. */
function organization(workspaces: Readonly<Record<string, readonly [string, string]>>) {
  const entries = Object.entries(workspaces).map(([name, [compute, state]]) => [
    name,
    { name, state, project: { compute } },
  ]);
  const model = { name: "acme", state: "active", priceLookupKey: null, plan: { name: "enterprise" } };
  return { ...model, workspaces: Object.fromEntries(entries) } as unknown as OrganizationModel;
}

function infrastructure(
  steps: readonly Step[],
  model: OrganizationModel | null = null,
  more: Partial<PlanSource> = {},
) {
  const plan = changePlan([{ outcome: "changes", changes: changesOf(steps), model, ...more }]);
  return { amounts: plan.infrastructure.map(amountsOf), plan };
}

const amountsOf = ({ currency, before, after, delta }: Monthly) => [currency, before, after, delta];

describe("the revenue of an organization", () => {
  const team = "tiny--team--monthly--usd-4900";
  const declared = (plan: string, price: string | null, state = "active") =>
    ({ ...organization({}), state, priceLookupKey: price, plan: { name: plan } }) as OrganizationModel;
  const enterprise = declared("enterprise", null);
  const row = (action: Action, plan?: Sides) =>
    step("control-plane:Organization", action, plan === undefined ? {} : { plan });
  const begins = step("stripe:Subscription", "create", { price: [undefined, team] });
  const ends = step("stripe:Subscription", "delete", {
    price: [team, undefined],
    state: ["active", undefined],
  });
  const lead = row("update", ["enterprise", "team"]);
  const follow = row("update", ["team", "enterprise"]);
  const failed = (of: Step): Step => ({ ...of, status: "failed" });

  test.each<
    [string, readonly Step[], OrganizationModel | null, boolean, readonly unknown[], readonly string[]]
  >([
    ["ends with the subscription", [ends], null, false, [4_900, 0], []],
    [
      "ends when it is deleted",
      [ends, row("update")],
      declared("enterprise", null, "deleted"),
      false,
      [4_900, 0],
      [],
    ],
    ["begins with the organization", [begins, row("create")], declared("team", team), false, [0, 4_900], []],
    [
      "isn't known after a move to a contract",
      [ends, follow],
      enterprise,
      false,
      [],
      ["the plan enterprise"],
    ],
    [
      "isn't known after a move from a contract",
      [begins, lead],
      declared("team", team),
      false,
      [],
      ["the plan enterprise"],
    ],
    [
      "isn't known if a plan by contract gets a price",
      [begins, row("same")],
      declared("team", team),
      false,
      [],
      ["the plan team"],
    ],
    ["stays if a move to a contract failed", [failed(ends), follow], enterprise, true, [4_900, 4_900], []],
    [
      "isn't known if a move from a contract failed",
      [failed(begins), lead],
      declared("team", team),
      true,
      [],
      ["the plan enterprise"],
    ],
    ["isn't known for a contract", [], enterprise, false, [], ["the plan enterprise"]],
    ["isn't known for a removed organization", [], null, false, [], ["a removed organization"]],
  ])("%s", (_, steps, model, applied, sides, notPriced) => {
    const plan = changePlan([{ outcome: "changes", applied, changes: changesOf(steps), model }]);
    expect(plan.revenue.flatMap(({ before, after }) => [before, after])).toEqual(sides);
    expect([plan.notPriced.map(({ what }) => what), plan.unpriced]).toEqual([notPriced, notPriced.length]);
  });
});

describe("the infrastructure of an organization", () => {
  const two = organization({ production: ["large", "active"], staging: ["micro", "active"] });

  test.each<[string, readonly Step[], OrganizationModel | null, readonly unknown[]]>([
    ["stays", [], two, [["usd", 12_000, 12_000, 0]]],
    [
      "grows with a new workspace",
      [project("staging", "create", { compute: [undefined, "micro"], state: [undefined, "active"] })],
      two,
      [["usd", 11_000, 12_000, 1_000]],
    ],
    [
      "changes with the size",
      [project("production", "update", { compute: ["small", "large"] })],
      two,
      [["usd", 2_500, 12_000, 9_500]],
    ],
    [
      "stays for a suspended workspace, whose database keeps its size",
      [project("production", "update", { state: ["active", "suspended"] })],
      organization({ production: ["large", "suspended"] }),
      [["usd", 11_000, 11_000, 0]],
    ],
    [
      "falls to the smallest size for an archived workspace",
      [project("production", "update", { state: ["active", "archived"] })],
      organization({ production: ["large", "archived"] }),
      [["usd", 11_000, 1_000, -10_000]],
    ],
    [
      "ends with a deleted workspace",
      [project("production", "update", { state: ["suspended", "deleted"] })],
      organization({ production: ["large", "deleted"] }),
      [["usd", 11_000, 0, -11_000]],
    ],
    [
      "doesn't change with the record of a deleted workspace",
      [project("old", "delete", { compute: ["large", undefined], state: ["deleted", undefined] })],
      organization({ production: ["micro", "active"] }),
      [["usd", 1_000, 1_000, 0]],
    ],
    [
      "counts both generations of a workspace",
      [
        project("production", "delete", { compute: ["small", undefined], state: ["active", undefined] }),
        project("production@1a2b3c4d", "create", {
          compute: [undefined, "large"],
          state: [undefined, "active"],
        }),
      ],
      organization({ production: ["large", "active"] }),
      [["usd", 1_500, 11_000, 9_500]],
    ],
    [
      "is that of the removed resources if the manifest is gone",
      [project("production", "delete", { compute: ["small", undefined], state: ["active", undefined] })],
      null,
      [["usd", 1_500, 0, -1_500]],
    ],
  ])("%s", (_, steps, model, amounts) => {
    expect(infrastructure(steps, model).amounts).toEqual(amounts);
  });

  test("contains the control plane in the platform's own stack", () => {
    const changes = { ...changesOf([]), stack: "tiny.platform" };
    const plan = changePlan([{ outcome: "unchanged", changes, model: null, controlPlane: "medium" }]);
    expect(plan.infrastructure.map(amountsOf)).toEqual([["usd", 6_000, 6_000, 0]]);
  });

  test("changes only with what a run did", () => {
    const create = (status: Step["status"]) =>
      project("staging", "create", { compute: [undefined, "micro"], state: [undefined, "active"] }, status);
    const after = (status: Step["status"]) =>
      infrastructure([create(status)], null, { applied: true, outcome: "failed" }).amounts;
    expect([after("done"), after("failed"), after("planned")]).toEqual([[["usd", 0, 1_000, 1_000]], [], []]);
  });
});

describe("what has no published price", () => {
  test("is counted and named, and is in no amount", () => {
    const model = organization({
      a: ["24xlarge", "active"],
      b: ["24xlarge", "active"],
      c: ["nano", "active"],
      d: ["micro", "active"],
    });
    const { amounts, plan } = infrastructure(
      [project("a", "update", { compute: ["micro", "24xlarge"] })],
      model,
    );
    expect(amounts).toEqual([["usd", 1_000, 1_000, 0]]);
    expect(notPricedText(plan)).toBe(
      "not priced: the plan enterprise (1), compute 24xlarge (2), compute nano (1)",
    );
  });

  test.each<[string, Step]>([
    ["an upgrade to such a size", project("a", "update", { compute: ["micro", "24xlarge"] })],
    ["a new workspace of such a size", project("a", "create", { compute: [undefined, "24xlarge"] })],
  ])("is told although no amount changes: %s", (_, change) => {
    const { plan } = infrastructure([change], organization({ a: ["24xlarge", "active"] }));
    const note = "not priced: the plan enterprise (1), compute 24xlarge (1)";
    expect(costTables(plan)).toEqual([]);
    expect(renderCosts(plan, pc.createColors(false))).toEqual([note]);
    expect(renderMarkdown(plan).replace(/\\|<!-- -->/g, "")).toContain(`\n${note}\n`);
    expect(renderHtml(plan)).toContain(note);
  });

  test("isn't told of stacks that stay", () => {
    const { plan } = infrastructure([], organization({ a: ["24xlarge", "active"] }));
    expect([plan.notPriced.length, notPricedText(plan)]).toEqual([3, ""]);
  });

  test("is counted where it would be a long list", () => {
    const [{ plan }] = [infrastructure([project("a", "update", { compute: ["micro", "24xlarge"] })])];
    const notPriced = Array.from({ length: 15 }, (_, index) => ({
      what: `the plan p${index}`,
      number: 1_000,
    }));
    const text = notPricedText({ ...plan, notPriced });
    expect(text).toMatch(/^not priced: the plan p0 \(1,000\), .*the plan p11 \(1,000\) and 3 more$/);
  });

  test("is a database whose size isn't known", () => {
    const { amounts, plan } = infrastructure([project("gone", "update", { state: ["active", "deleted"] })]);
    expect([amounts, plan.notPriced[1]?.what]).toEqual([[["usd", 0, 0, 0]], "a database of unknown size"]);
  });

  test("is every size that the price list leaves out, and no other", () => {
    const left = COMPUTE_SIZES.filter((size) => COMPUTE_PRICES.monthly[size] === undefined);
    expect(left.every((size) => size === "nano" || /^(24|48)xlarge/.test(size))).toBe(true);
    const prices = COMPUTE_SIZES.flatMap((size) => COMPUTE_PRICES.monthly[size] ?? []);
    expect(prices).toEqual([...prices].sort((a, b) => a - b));
    expect(COMPUTE_PRICES.source).toMatch(/^https:\/\/supabase\.com\//);
    expect(COMPUTE_PRICES.read.on).toMatch(/^\d{4}-\d\d-\d\d$/);
  });
});

describe("the tables of costs", () => {
  const source = (name: string, before: string, after: string, more: readonly Step[] = []): PlanSource => ({
    outcome: "changes",
    changes: changesOf([subscription(before, after), ...more], name),
    model: null,
  });
  const key = (plan: string, currency: string, amount: number) =>
    `tiny--${plan}--monthly--${currency}-${amount}`;

  test("add no currency to another", () => {
    const plan = changePlan([
      source("a", key("build", "usd", 0), key("team", "usd", 4_900), [
        project("w", "create", { compute: [undefined, "small"], state: [undefined, "active"] }),
      ]),
      source("b", key("build", "eur", 1_000), key("team", "eur", 4_550)),
      source("c", key("team", "usd", 4_900), key("build", "usd", 0)),
    ]);
    expect(costTables(plan)).toEqual([
      {
        currency: "eur",
        columns: ["revenue", "change"],
        rows: [{ name: "tiny.b", cells: ["10 → 45.50", "+35.50"] }],
        all: { name: "all", cells: ["10 → 45.50", "+35.50"] },
      },
      {
        currency: "usd",
        columns: ["revenue", "change", "infrastructure", "change"],
        rows: [
          { name: "tiny.a", cells: ["0 → 49", "+49", "0 → 15", "+15"] },
          { name: "tiny.c", cells: ["49 → 0", "−49", "", ""] },
        ],
        all: { name: "all", cells: ["49", "", "0 → 15", "+15"] },
      },
    ]);
  });

  test("don't say what is due of a change that a run didn't make", () => {
    const [paid] = [subscription(key("build", "usd", 0), key("team", "usd", 4_900))];
    const dueAfter = (status: Step["status"]) => {
      const asked = { due: { value: { amount: 3_150, currency: "usd" as const } } };
      const changes = changesOf([{ ...paid, status }], "a", asked);
      return changePlan([{ outcome: "failed", applied: true, changes, model: null }]).due;
    };
    expect([dueAfter("done"), dueAfter("failed"), dueAfter("planned")]).toEqual([
      [{ amount: 3_150, currency: "usd" }],
      [],
      [],
    ]);
  });

  test("contain what Stripe answered, and why it didn't", () => {
    const steps = [subscription(key("build", "usd", 0), key("team", "usd", 4_900))];
    const asked = (due: NonNullable<StackChanges["asked"]>["due"]): PlanSource => ({
      ...{ outcome: "changes", model: null },
      changes: changesOf(steps, due !== undefined && "value" in due ? "a" : "b", due && { due }),
    });
    const plan = changePlan([
      asked({ value: { amount: 3_150, currency: "usd" } }),
      asked({ unknown: "Stripe: 503" }),
    ]);
    expect(costTables(plan)[0]?.rows.map(({ cells }) => cells.at(-1))).toEqual(["31.50", "Stripe: 503"]);
    expect(plan.due).toEqual([{ amount: 3_150, currency: "usd" }]);
  });
});
