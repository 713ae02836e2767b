import { describe, expect, onTestFinished, test } from "vitest";
import type { PlansDocument } from "../../src/cli/commands/plans.ts";
import { folderWith, ORGANIZATION, PLATFORM, tenantry } from "./command-line.ts";

const VERSIONED = PLATFORM.replace(
  /^defaultPlan/m,
  `  team: { price: { monthly: 49, previously: [39] }, credits: { data: 500 }, entitlements: { workspaces: 3, seats: 5, rpm: 600 } }
  team@2: { price: { monthly: 59 }, credits: { data: 400 }, entitlements: { workspaces: 1, seats: 5, rpm: 900 } }
wallets: { data: { credit: { price: 0.01 } } }
$&`,
);

const named = (name: string, more: string) => ORGANIZATION.replace("acme\n", `${name}\n`).concat(more);
const override = (limit: string, value: number, expires: string) =>
  `limits: { ${limit}: { value: ${value}, reason: a pilot, approvedBy: support@demo.example, expires: ${expires} } }\n`;

async function plans(...args: string[]) {
  const { path, remove } = folderWith({
    "stacks/demo/platform.yaml": VERSIONED,
    "stacks/demo/orgs/acme.yaml": named("acme", "plan: team\nprice: 39\n"),
    "stacks/demo/orgs/beta.yaml": named("beta", `plan: team\n${override("rpm", 700, "2026-11-21")}`),
    "stacks/demo/orgs/gamma.yaml": named("gamma", `plan: team\n${override("workspaces", 4, "2027-03-31")}`),
    "stacks/demo/orgs/delta.yaml": named("delta", ""),
    "stacks/demo/orgs/epsilon.yaml": named(
      "epsilon",
      `plan: team@2\n${override("workspaces", 2, "2027-03-31")}`,
    ),
  });
  onTestFinished(remove);
  return tenantry(["plans", ...args], { cwd: path, env: { TENANTRY_TODAY: "2026-11-22" } });
}

describe("plans", () => {
  test("shows each version, who is on it, and the overrides with their last day", async () => {
    const { exitCode, stdout } = await plans();
    expect(exitCode).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "demo
      plan            price           organizations  limits                                                         credits a month
      free (default)  free            1              2 workspaces, per workspace access, 60 rpm, 10 webhook events  none
      team            49 usd a month  3              3 workspaces, 5 seats, per workspace access, 600 rpm           500 data
      team@2          59 usd a month  1              1 workspace, 5 seats, per workspace access, 900 rpm            400 data

      organizations
        free: delta
        team: acme (39 usd a month), beta, gamma
        team@2: epsilon

      overrides
        beta: rpm 700, expired on 2026-11-21, so the plan's limit applies
        gamma: workspaces 4, until 2027-03-31
        epsilon: workspaces 2, until 2027-03-31
      "
    `);
  });

  test("shows who gains and who loses with another version, without overridden limits", async () => {
    const { exitCode, stdout } = await plans("--from", "team", "--to", "team@2");
    expect(exitCode).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "demo: 3 organizations from team to team@2
      acme  39 usd a month → 59 usd a month
        gains  rpm 600 → 900
        loses  workspaces 3 → 1
        loses  data credits a month 500 → 400
        doesn't fit: 2 workspaces declared, 1 allowed
      beta  49 usd a month → 59 usd a month
        gains  rpm 600 → 900
        loses  workspaces 3 → 1
        loses  data credits a month 500 → 400
        doesn't fit: 2 workspaces declared, 1 allowed
      gamma  49 usd a month → 59 usd a month
        gains  rpm 600 → 900
        loses  data credits a month 500 → 400
      "
    `);
  });

  test("prints the same as JSON", async () => {
    const { stdout } = await plans("--json", "--from", "team", "--to", "team@2");
    const { platforms } = JSON.parse(stdout) as PlansDocument;
    expect(platforms[0]?.plans).toMatchObject([
      { name: "free", isDefault: true, isNewest: true, organizations: [{ name: "delta" }] },
      {
        name: "team",
        plan: "team",
        version: 1,
        isNewest: false,
        organizations: [
          { name: "acme", amount: 3900, overrides: [] },
          {
            name: "beta",
            amount: 4900,
            overrides: [{ limit: "rpm", value: 700, expires: "2026-11-21", inEffect: false }],
          },
          { name: "gamma" },
        ],
      },
      { name: "team@2", version: 2, isNewest: true, organizations: [{ name: "epsilon" }] },
    ]);
    expect(platforms[0]?.moves?.[0]).toEqual({
      organization: "acme",
      amount: { before: 3900, after: 5900 },
      gains: [{ kind: "entitlement", name: "rpm", before: 600, after: 900 }],
      losses: [
        { kind: "entitlement", name: "workspaces", before: 3, after: 1 },
        { kind: "credits", name: "data", before: 500, after: 400 },
      ],
      exceeded: [{ limit: "workspaces", use: 2, allowed: 1 }],
    });
  });

  test.each([
    [["--from", "team"], "--from and --to belong together"],
    [["--from", "team", "--to", "team@3"], "There is no plan team@3 on demo"],
    [["demo.zeta"], "no organization zeta"],
  ])("refuses %j", async (args, message) => {
    const { exitCode, stderr } = await plans(...args);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
  });
});
