import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { FEATURES, type Feature, type PlatformManifest } from "../../src/manifest/platform.ts";
import type { OrganizationModel } from "../../src/model/model.ts";
import { loadPlatform, loadStack } from "../../src/repository/load.ts";

const STACKS = new URL("../../stacks", import.meta.url).pathname;
const TODAY = "2026-11-22";

describe.each(["agntdata", "camelai"])("the example %s", (platform) => {
  test("resolves without diagnostics", async () => {
    const { model, diagnostics } = await loadPlatform(`${STACKS}/${platform}`, TODAY);
    expect(diagnostics).toEqual([]);
    expect(model?.organizations).toHaveLength(5);
  });

  test("uses every feature of its platform", async () => {
    const { model } = await loadPlatform(`${STACKS}/${platform}`, TODAY);
    const used = new Set(model?.organizations.flatMap(featuresUsed));
    const { features = FEATURES } = platformManifest(platform);
    expect([...used].toSorted()).toEqual([...features].toSorted());
  });

  test("is plain data", async () => {
    const { model } = await loadPlatform(`${STACKS}/${platform}`, TODAY);
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
  });

  test("resolves to the same models stack by stack", async () => {
    const { model } = await loadPlatform(`${STACKS}/${platform}`, TODAY);
    expect(loadStack(STACKS, `${platform}.platform`, TODAY)).toEqual({
      model: { platform: model?.platform, organization: undefined },
      diagnostics: [],
    });
    for (const organization of model?.organizations ?? []) {
      expect(loadStack(STACKS, organization.stack, TODAY)).toEqual({
        model: { platform: model?.platform, organization },
        diagnostics: [],
      });
    }
  });
});

test.each([
  ["agntdata", "build", { workspaces: 1 }],
  ["agntdata", "launch", { workspaces: 3 }],
  ["agntdata", "scale", { workspaces: null }],
  ["camelai", "free", { workspaces: 1, seats: 1, perWorkspaceAccess: false }],
  ["camelai", "starter", { workspaces: 1, seats: 1, perWorkspaceAccess: false, customDomains: 10 }],
  ["camelai", "pro", { workspaces: 1, seats: 1, perWorkspaceAccess: false, customDomains: null }],
  ["camelai", "team", { workspaces: 2, seats: null, perWorkspaceAccess: true, customDomains: null }],
  ["camelai", "enterprise", { workspaces: null, seats: null, perWorkspaceAccess: true, customDomains: null }],
])("%s's plan %s has the limits of its document", async (platform, plan, limits) => {
  const { model } = await loadPlatform(`${STACKS}/${platform}`, TODAY);
  expect(model?.platform.plans[plan]?.entitlements).toMatchObject(limits);
});

test("agntdata's acme resolves to its model", async () => {
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

test("camelai's apps have URLs that don't depend on the name of their workspace", () => {
  const { model } = loadStack(STACKS, "camelai.bluebird", TODAY);
  const marketing = model?.organization?.workspaces.marketing;
  expect(marketing?.apps.landing).toMatchObject({
    url: `landing-${marketing?.id.slice(0, 8)}.camelai.example`,
    domain: "rides.bluebird.example",
  });
});

test.each([
  ["camelai.nobody", "missing-file"],
  ["nowhere.acme", "no-folder"],
])("the stack %s has no manifest", (stack, rule) => {
  expect(loadStack(STACKS, stack, TODAY)).toMatchObject({ model: undefined, diagnostics: [{ rule }] });
});

test("a person in two organizations has a separate role and grants in each", async () => {
  const { model } = await loadPlatform(`${STACKS}/agntdata`, TODAY);
  const edith = model?.organizations.flatMap(({ name, members }) => {
    const member = members["edith@contractor.example"];
    return member ? [[name, member.role, member.workspaces]] : [];
  });
  expect(edith).toEqual([
    ["fieldstone", "admin", ["forecast", "orders"]],
    ["northwind", "member", ["client-fabrikam"]],
  ]);
});

function platformManifest(platform: string): PlatformManifest {
  return parse(readFileSync(`${STACKS}/${platform}/platform.yaml`, "utf8")) as PlatformManifest;
}

function featuresUsed({ workspaces, invitations, llmProvider }: OrganizationModel): Feature[] {
  const all = Object.values(workspaces);
  const uses: Record<Feature, boolean> = {
    apiKeys: all.some(({ apiKeys }) => Object.keys(apiKeys).length > 0),
    connections: all.some(({ connections }) => Object.keys(connections).length > 0),
    apps: all.some(({ apps }) => Object.keys(apps).length > 0),
    customDomains: all.some(({ apps }) => Object.values(apps).some(({ domain }) => domain !== null)),
    email: all.some(({ email }) => email !== null),
    slack: all.some(({ slack }) => slack !== null),
    cron: all.some(({ cron }) => Object.keys(cron).length > 0),
    llmProvider: llmProvider !== null,
    invitations: Object.keys(invitations).length > 0,
  };
  return FEATURES.filter((feature) => uses[feature]);
}
