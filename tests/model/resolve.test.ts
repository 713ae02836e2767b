import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { OrganizationManifest } from "../../src/manifest/organization.ts";
import { organizationSchema } from "../../src/manifest/organization.ts";
import { type PlatformManifest, platformSchema } from "../../src/manifest/platform.ts";
import type { Repository } from "../../src/manifest/repository.ts";
import { resolve, resolveOrganization } from "../../src/model/resolve.ts";
import { loadStack } from "../../src/repository/load.ts";
import { dayOf } from "../../src/shared/today.ts";
import { folderOf, HEAD, PLATFORM } from "../manifest/folder.ts";
import { organizations, organizationsNamed } from "./arbitrary.ts";

const TODAY = "2026-11-22";
const platform = { file: "platform.yaml", manifest: parse(PLATFORM) as PlatformManifest };

/** A repository with one platform and these organizations. */
function repositoryOf(...names: readonly string[]): Repository {
  return {
    own: "shop",
    platforms: [
      {
        name: "shop",
        manifest: platform.manifest,
        words: undefined,
        organizations: new Set(names),
        named: new Map(),
      },
    ],
  };
}

function organization(change: Partial<OrganizationManifest>, on = platform) {
  const manifest = { ...(parse(HEAD) as OrganizationManifest), plan: "big", ...change };
  const { model, diagnostics } = resolveOrganization({
    platform: on,
    repository: repositoryOf(manifest.name),
    organization: { file: "acme.yaml", manifest },
    today: TODAY,
  });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  if (model === undefined) throw new Error("no model without a diagnostic");
  return model;
}

test("any valid organization resolves to plain data", () => {
  fc.assert(
    fc.property(organizations, (manifest) => {
      expect(platformSchema.safeParse(platform.manifest).success).toBe(true);
      expect(organizationSchema.safeParse(manifest).error?.issues ?? []).toEqual([]);
      const { model, diagnostics } = resolve({
        platform,
        repository: repositoryOf(manifest.name),
        organizations: [{ file: "a.yaml", manifest }],
        today: TODAY,
      });
      expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(JSON.parse(JSON.stringify(model))).toEqual(model);
    }),
    { numRuns: 300 },
  );
});

test("the order of keys in a file doesn't matter", () => {
  fc.assert(
    fc.property(organizations, (manifest) => {
      const reversed = reverseKeys(manifest) as OrganizationManifest;
      expect(JSON.stringify(organization(reversed))).toBe(JSON.stringify(organization(manifest)));
    }),
    { numRuns: 200 },
  );
});

test("ids, project names and stacks don't depend on display names, plans and people", () => {
  fc.assert(
    fc.property(organizations, fc.string(), (manifest, displayName) => {
      const before = organization(manifest);
      const after = organization({
        ...manifest,
        displayName,
        plan: "big",
        members: [],
        invitations: [],
        owner: "x@y.example",
      });
      expect(identityOf(after)).toEqual(identityOf(before));
    }),
    { numRuns: 200 },
  );
});

test("no two workspaces share an id or a project", () => {
  fc.assert(
    fc.property(fc.tuple(...["org0", "org1", "org2"].map(organizationsNamed)), (manifests) => {
      const named = manifests.map((manifest) => organization(manifest));
      const workspaces = named.flatMap((model) => Object.values(model.workspaces));
      expect(new Set(workspaces.map(({ id }) => id)).size).toBe(workspaces.length);
      expect(new Set(workspaces.map(({ project }) => project.name)).size).toBe(workspaces.length);
    }),
    { numRuns: 100 },
  );
});

test("a rename by `previously` keeps the id, over any number of renames", () => {
  const first = organization({ workspaces: { draft: {} } }).workspaces.draft;
  const second = organization({ workspaces: { beta: { previously: ["draft"] } } }).workspaces.beta;
  const third = organization({ workspaces: { live: { previously: ["draft", "beta"] } } }).workspaces.live;
  expect([second?.id, third?.id]).toEqual([first?.id, first?.id]);
  expect(third?.project.name).toBe(`shop--acme--live--${first?.id.slice(0, 8)}`);
});

test("a renamed organization keeps its ids, and only names change", () => {
  const before = organization({ workspaces: { live: {} } });
  const after = organization({ name: "inc", previously: ["acme", "corp"], workspaces: { live: {} } });
  expect([after.id, after.workspaces.live?.id]).toEqual([before.id, before.workspaces.live?.id]);
  expect([after.name, after.stack, after.firstName]).toEqual(["inc", "shop.inc", "acme"]);
  expect(after.workspaces.live?.project.name).toBe(
    `shop--inc--live--${before.workspaces.live?.id.slice(0, 8)}`,
  );
});

test("a new generation has a new id, and so does everything in it", () => {
  const workspaces = { one: {} };
  const [old, next] = [organization({ workspaces }), organization({ workspaces, generation: 2 })];
  expect(next.id).not.toBe(old.id);
  expect(next.workspaces.one?.id).not.toBe(old.workspaces.one?.id);
  expect(organization({ workspaces: { one: { generation: 2 } } }).workspaces.one?.id).not.toBe(
    old.workspaces.one?.id,
  );
  expect(next.workspaces.one?.id).not.toBe(
    organization({ workspaces: { one: { generation: 2 } } }).workspaces.one?.id,
  );
});

test("ids never change", () => {
  const model = organization({ workspaces: { production: {} } });
  expect([model.platformId, model.id, model.workspaces.production?.id]).toMatchInlineSnapshot(`
    [
      "d8004a0e-be49-5157-8279-2bd86f5e590c",
      "02e99cdf-f1fe-516f-899e-0e9fa14ef259",
      "0e3f72e3-4e28-5f19-8f44-46a730d51ec5",
    ]
  `);
});

test("an organization without `workspaces` has one, `personal`; an empty map means none", () => {
  expect(Object.keys(organization({}).workspaces)).toEqual(["personal"]);
  expect(Object.keys(organization({ workspaces: {} }).workspaces)).toEqual([]);
  expect(Object.keys(organization({ workspaces: { only: {} } }).workspaces)).toEqual(["only"]);
});

test("an organization without a plan is on the default plan, and its owner gets the invoices", () => {
  const { plan, billing, trial, llmProvider, wallets } = organization({ plan: undefined });
  expect(plan.name).toBe("free");
  expect(billing).toEqual({ email: "ada@acme.example", resume: null, collection: "charge_automatically" });
  expect([trial, llmProvider, wallets]).toEqual([null, null, { data: { autoReload: { enabled: false } } }]);
});

test("an organization pays its plan's current price, or keeps a previous one", () => {
  const raised = structuredClone(platform);
  for (const plan of Object.values(raised.manifest.plans)) plan.price = { monthly: 59, previously: [49] };
  const keyOf = (change: Partial<OrganizationManifest>) =>
    organization({ plan: "team", ...change }, raised).priceLookupKey;
  expect(keyOf({})).toBe("shop--team--monthly--usd-5900");
  expect(keyOf({ price: 49 })).toBe("shop--team--monthly--usd-4900");
  expect(keyOf({ price: 59 })).toBe("shop--team--monthly--usd-5900");
});

test("addresses are compared without regard to case, and people reach the workspaces of their role", () => {
  const model = organization({
    owner: "Ada@Acme.example",
    members: [
      { email: "Grace@acme.example", role: "admin" },
      { email: "alan@acme.example", role: "member", workspaces: ["b"] },
    ],
    workspaces: { b: {}, a: {} },
  });
  expect(
    Object.fromEntries(
      Object.values(model.members).map(({ email, role, workspaces }) => [email, [role, workspaces]]),
    ),
  ).toEqual({
    "ada@acme.example": ["owner", ["a", "b"]],
    "grace@acme.example": ["admin", ["a", "b"]],
    "alan@acme.example": ["member", ["b"]],
  });
  expect(model.billing.email).toBe("ada@acme.example");
});

test("without per-workspace access, members reach every workspace", () => {
  const seats = { value: 9, reason: "pilot", approvedBy: "a@b.example", expires: TODAY };
  const model = organization({
    plan: "free",
    limits: { seats },
    members: [{ email: "alan@acme.example", role: "member" }],
  });
  expect(model.members["alan@acme.example"]?.workspaces).toEqual(["personal"]);
});

test("an organization's state applies to its workspaces", () => {
  const workspaces = { a: {}, b: { state: "archived" as const }, c: { state: "suspended" as const } };
  const states = (model: ReturnType<typeof organization>) =>
    Object.values(model.workspaces).map(({ state }) => state);
  expect(states(organization({ workspaces }))).toEqual(["active", "archived", "suspended"]);
  expect(states(organization({ workspaces, state: "suspended" }))).toEqual([
    "suspended",
    "archived",
    "suspended",
  ]);
});

test("one organization resolves despite errors in another", () => {
  const folder = folderOf({
    "shop/platform.yaml": PLATFORM,
    "shop/orgs/acme.yaml": HEAD,
    "shop/orgs/bad.yaml": "kind: [\n",
    "other/platform.yaml": PLATFORM,
  });
  expect(loadStack(folder, "shop.acme", TODAY)).toMatchObject({
    model: { organization: { name: "acme" } },
    diagnostics: [],
  });
  expect(loadStack(folder, "shop.bad", TODAY).model).toBeUndefined();
  expect(loadStack(folder, "other.platform", TODAY).diagnostics).toMatchObject([{ rule: "platform-name" }]);
});

function identityOf({ id, stack, workspaces }: ReturnType<typeof organization>) {
  return {
    id,
    stack,
    projects: Object.values(workspaces).map((workspace) => [workspace.id, workspace.project.name]),
  };
}

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, child]) => [key, reverseKeys(child)]),
  );
}

test("a version has its own product, price, credits, limits and trial, and the plan's display name", () => {
  const manifest = parse(PLATFORM) as PlatformManifest;
  Object.assign(manifest.plans, {
    "team@2": {
      price: { monthly: 59 },
      credits: { data: 7 },
      entitlements: { workspaces: 5 },
      trial: { days: 7 },
    },
    "team@10": { price: { monthly: 49 }, entitlements: { workspaces: 9 } },
  });
  if (manifest.plans.team) manifest.plans.team.displayName = "For teams";
  const versioned = { file: "platform.yaml", manifest };
  const second = organization({ plan: "team@2", trial: true }, versioned);
  expect(second.plan).toMatchObject({
    name: "team@2",
    plan: "team",
    version: 2,
    displayName: "For teams",
    productId: "shop_team_v2",
    price: { lookupKey: "shop--team@2--monthly--usd-5900" },
    credits: { data: 7 },
  });
  expect([second.entitlements.workspaces, second.trial]).toEqual([5, { plan: "team", days: 7, credits: {} }]);
  const tenth = organization({ plan: "team@10", trial: true }, versioned);
  expect([tenth.plan.version, tenth.plan.productId, tenth.trial?.days]).toEqual([10, "shop_team_v10", 14]);
});

test("another version changes nothing for the organizations on the first one", () => {
  const manifest = parse(PLATFORM) as PlatformManifest;
  manifest.plans["team@2"] = { price: { monthly: 99 }, entitlements: { workspaces: 1, rpm: 1 } };
  const on = (given: typeof platform) => organization({ plan: "team", trial: true }, given);
  expect(on({ file: "platform.yaml", manifest })).toEqual(on(platform));
  expect(on(platform).plan).toMatchObject({
    name: "team",
    productId: "shop_team",
    price: { lookupKey: "shop--team--monthly--usd-4900" },
  });
});

test("an override is in effect through its last day in UTC, and then the plan's limit is", () => {
  const approval = { reason: "a pilot", approvedBy: "support@shop.example" };
  const days = fc.integer({ min: -400, max: 400 });
  fc.assert(
    fc.property(days, fc.constantFrom("rpm" as const, "seats" as const), (offset, limit) => {
      const expires = dayOf(new Date(Date.parse(TODAY) + offset * 24 * 60 * 60 * 1000));
      const limits = { [limit]: { value: 9, ...approval, expires } };
      const { entitlements, overrides, declaredOverrides } = organization({ plan: "team", limits });
      const lasts = offset >= 0;
      expect(overrides).toEqual(lasts ? { [limit]: 9 } : {});
      expect(declaredOverrides).toEqual([{ limit, value: 9, expires, inEffect: lasts }]);
      expect(entitlements[limit]).toBe(lasts ? 9 : limit === "seats" ? 4 : null);
    }),
  );
});

test("an expired override of per-workspace access still decides who enters which workspace", () => {
  const limits = {
    perWorkspaceAccess: {
      value: true,
      reason: "a pilot",
      approvedBy: "support@shop.example",
      expires: "2026-11-21",
    },
    seats: { value: 2, reason: "a pilot", approvedBy: "support@shop.example", expires: "2027-11-21" },
  };
  const members = [{ email: "b@acme.example", role: "member" as const, workspaces: ["a"] }];
  const model = organization({ plan: "free", limits, members, workspaces: { a: {} } });
  expect(model.entitlements.perWorkspaceAccess).toBe(true);
  expect(model.members["b@acme.example"]?.workspaces).toEqual(["a"]);
});
