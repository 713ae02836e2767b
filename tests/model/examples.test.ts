import { describe, expect, test } from "vitest";
import { loadPlatform, loadStack } from "../../src/load.ts";

const STACKS = new URL("../../stacks", import.meta.url).pathname;
const TODAY = "2026-11-22";

describe.each(["agntdata", "camelai"])("the example %s", (platform) => {
  test("resolves without a problem", async () => {
    const { model, problems } = await loadPlatform(`${STACKS}/${platform}`, TODAY);
    expect(problems).toEqual([]);
    expect(model?.organizations).toHaveLength(3);
  });

  test("is plain data", async () => {
    const { model } = await loadPlatform(`${STACKS}/${platform}`, TODAY);
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
  });

  test("is the same, stack by stack", async () => {
    const { model } = await loadPlatform(`${STACKS}/${platform}`, TODAY);
    expect(loadStack(STACKS, `${platform}.platform`, TODAY)).toEqual({
      model: { platform: model?.platform, organization: undefined },
      problems: [],
    });
    for (const organization of model?.organizations ?? []) {
      expect(loadStack(STACKS, organization.stack, TODAY)).toEqual({
        model: { platform: model?.platform, organization },
        problems: [],
      });
    }
  });
});

test("agntdata's acme means what it says", async () => {
  const { model } = loadStack(STACKS, "agntdata.acme", TODAY);
  const acme = model?.organization;
  expect(acme).toMatchObject({
    stack: "agntdata.acme",
    displayName: "Acme Robotics",
    state: "active",
    plan: {
      name: "launch",
      price: { amount: 4900, currency: "usd", lookupKey: "agntdata--launch--monthly--usd-4900" },
    },
    priceLookupKey: "agntdata--launch--monthly--usd-4900",
    entitlements: { workspaces: 4, seats: null, rpm: 600, webhookEvents: 250_000, perWorkspaceAccess: true },
    trial: { plan: "launch", days: 14, credits: { data: 100, ai: 100 } },
    owner: "ada@acme.example",
    billing: { email: "billing@acme.example", collection: "charge_automatically" },
    wallets: {
      ai: { autoReload: { enabled: false } },
      data: { autoReload: { enabled: true, below: 500, add: 2000, upTo: null, monthlyCap: 10_000 } },
    },
    llmProvider: { kind: "anthropic", apiKey: { secret: "acme-anthropic" } },
  });
  expect(Object.keys(acme?.workspaces ?? {})).toEqual(["personal", "production", "spike", "staging"]);
  expect(acme?.members).toMatchObject({
    "ada@acme.example": { role: "owner", workspaces: ["personal", "production", "spike", "staging"] },
    "grace@acme.example": {
      role: "admin",
      github: "grace",
      workspaces: ["personal", "production", "spike", "staging"],
    },
    "alan@acme.example": { role: "member", workspaces: ["production"] },
  });
  expect(acme?.invitations).toEqual({
    "new@acme.example": {
      email: "new@acme.example",
      role: "member",
      workspaces: ["staging"],
      expires: "2029-12-31",
    },
  });
  const { production, staging, spike } = acme?.workspaces ?? {};
  expect(production).toMatchObject({
    project: {
      name: `agntdata--acme--production--${production?.id.slice(0, 8)}`,
      organization: "agntdata",
      region: "eu-central-1",
      compute: "small",
    },
    apiKeys: { backend: { rotate: null }, ci: { rotate: "2026-11", graceSeconds: 604_800 } },
    connections: { warehouse: { kind: "bigquery", secret: { secret: "acme-bigquery" }, cloneOf: null } },
    apps: { store: { url: null, domain: "store.acme.example" } },
    cron: { nightly: { schedule: "0 3 * * *", task: "rebuild the index" } },
  });
  expect(staging).toMatchObject({
    project: { region: "us-east-1", compute: "micro" },
    connections: {
      warehouse: { kind: "bigquery", secret: { secret: "acme-bigquery" }, cloneOf: "production/warehouse" },
    },
  });
  expect(spike).toMatchObject({ expires: "2029-12-15", state: "active" });
});

test("camelai's apps have a URL of their own that outlives a rename of their workspace", () => {
  const { model } = loadStack(STACKS, "camelai.bluebird", TODAY);
  const marketing = model?.organization?.workspaces.marketing;
  expect(marketing?.apps.landing).toEqual({
    url: `landing-${marketing?.id.slice(0, 8)}.camelai.example`,
    domain: "rides.bluebird.example",
  });
});

test.each([
  ["camelai.nobody", "missing-file"],
  ["nowhere.acme", "no-folder"],
])("the stack %s has no manifest", (stack, rule) => {
  expect(loadStack(STACKS, stack, TODAY)).toMatchObject({ model: undefined, problems: [{ rule }] });
});
