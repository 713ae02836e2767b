import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalogue } from "../../../../src/provider/resources/control-plane/catalogue.ts";
import { organization } from "../../../../src/provider/resources/control-plane/organization.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { catalogueOf, organizationOf, withTables } from "./control-plane.ts";

let live: Live;
let project: string;
let life: Life<typeof catalogue.inputs, typeof catalogue.outputs>;

beforeAll(async () => {
  live = await startLive();
  project = await withTables(live, "shop", "control-plane");
  life = new Life(catalogue, live.context());
  await life.up(catalogueOf("shop"));
});
afterAll(() => live.stop());

describe("control-plane:Catalogue", () => {
  test("finds what it declared", async () => {
    expect(await life.refresh()).toEqual([]);
  });

  test("finds the reason why workspaces stay open as it was recorded", async () => {
    await life.up({ ...catalogueOf("shop"), stayOpen: "the gateway moves" });
    expect(await life.refresh()).toEqual([]);
    await life.up(catalogueOf("shop"));
    expect(await life.refresh()).toEqual([]);
  });

  test("changes, clears and removes one thing and leaves the others", async () => {
    const { build } = catalogueOf("shop").plans;
    await life.up({
      ...catalogueOf("shop"),
      plans: { build: { ...build, limits: { perWorkspaceAccess: false } } },
    });
    expect(await live.sql(project, "select name, workspaces from public.plans")).toEqual([
      { name: "build", workspaces: null },
    ]);
    expect(await life.refresh()).toEqual([]);
    await life.up(catalogueOf("shop"));
  });

  test("leaves the app's own plans alone", async () => {
    await live.sql(
      project,
      `insert into public.plans (name, platform_id, display_name, per_workspace_access, managed_by)
       select 'special', id, 'Special', true, 'app' from public.platforms`,
    );
    expect(await life.refresh()).toEqual([]);
    await life.up(catalogueOf("shop"));
    expect(await live.sql(project, "select name from public.plans order by name")).toEqual([
      { name: "build" },
      { name: "launch" },
      { name: "special" },
    ]);
  });

  test.each([
    [
      "a price",
      "update public.plans set monthly_amount = 1 where name = 'launch'",
      "plans/launch/monthlyAmount",
    ],
    ["a limit", "update public.plans set rpm = null where name = 'launch'", "plans/launch/limits/rpm"],
    ["a plan gone", "delete from public.plans where name = 'launch'", "plans/launch"],
    [
      "a wallet's price",
      "update public.wallet_types set credit_amount = 9 where name = 'ai'",
      "wallets/ai/creditAmount",
    ],
    ["the trial", "update public.platforms set trial_days = 90", "trial/days"],
  ])("sees %s as drift, and mends it", async (_, change, path) => {
    await live.sql(project, change);
    expect(await life.refresh()).toEqual([path]);
    await life.up(catalogueOf("shop"));
    expect(await life.refresh()).toEqual([]);
  });

  test.each(["hold-before", "hold-after"] as const)(
    "goes on after a kill at the commit, %s",
    async (kind) => {
      const { build } = catalogueOf("shop").plans;
      const wanted = { ...catalogueOf("shop"), plans: { build: { ...build, displayName: kind } } };
      const fault = { kind, service: "postgres", match: "commit" } as const;
      await live.killed(fault, (context) => new Life(catalogue, context).up(wanted));
      const next = new Life(catalogue, live.context());
      await next.up(wanted);
      expect(await next.refresh()).toEqual([]);
      await life.up(catalogueOf("shop"));
    },
  );
});

describe("the currency of a platform", () => {
  test("may have another currency only while no organization has a subscription", async () => {
    const { platform, ...rest } = catalogueOf("shop");
    const euro = { ...rest, platform: { ...platform, currency: "eur" } };
    await life.preview(euro);
    const customer = new Life(organization, live.context());
    await customer.up({ ...organizationOf("shop", "billed"), stripeSubscription: "sub_1" });
    await expect(life.preview(euro)).rejects.toThrow(
      "The platform's currency can't change from usd to eur: Stripe bills billed in usd",
    );
    await life.preview({ ...rest, platform: { ...platform, displayName: "Another name" } });
    await customer.up({ ...organizationOf("shop", "billed"), stripeSubscription: undefined });
    await life.preview(euro);
  });
});

describe("the versions of a plan", () => {
  const offer = catalogueOf("shop");
  const second = { ...offer.plans.launch, monthlyAmount: 5900, productId: "shop_launch_v2" };
  const versioned = { ...offer, plans: { ...offer.plans, "launch@2": second } };
  const named = (plan: string, inForce = plan) => ({ plan, planInForce: inForce });

  test("are rows with the plan's name and the version", async () => {
    await life.up(versioned);
    expect(await life.refresh()).toEqual([]);
    expect(
      await live.sql(
        project,
        "select name, plan_name, plan_version from public.plans where managed_by = 'manifest' order by name",
      ),
    ).toEqual([
      { name: "build", plan_name: "build", plan_version: 1 },
      { name: "launch", plan_name: "launch", plan_version: 1 },
      { name: "launch@2", plan_name: "launch", plan_version: 2 },
    ]);
  });

  test("are removed only when no organization is on them, and none has a paid period left", async () => {
    await life.up(versioned);
    const customer = new Life(organization, live.context());
    const other = new Life(organization, live.context());
    await customer.up({ ...organizationOf("shop", "buyer"), ...named("launch@2") });
    await other.up({ ...organizationOf("shop", "leaver"), ...named("build", "launch@2") });
    const both = "The plan launch@2 can't be removed while organizations are on it: buyer, leaver.";
    await expect(life.preview(offer)).rejects.toThrow(both);
    await expect(life.up(offer)).rejects.toThrow(both);
    await customer.up({ ...organizationOf("shop", "buyer"), ...named("launch") });
    await expect(life.preview(offer)).rejects.toThrow("organizations are on it: leaver.");
    await other.up({ ...organizationOf("shop", "leaver"), ...named("build") });
    await life.preview(offer);
    await life.up(offer);
    expect(await live.sql(project, "select name from public.plans where plan_version > 1")).toEqual([]);
  });

  test("stay as records of organizations that were removed", async () => {
    await life.up(versioned);
    const former = new Life(organization, live.context());
    await former.up({ ...organizationOf("shop", "former"), ...named("launch@2") });
    await former.remove();
    await life.preview(offer);
    await life.up(offer);
    expect(await life.refresh()).toEqual([]);
    expect(
      await live.sql(project, "select name, managed_by from public.plans where plan_version > 1"),
    ).toEqual([{ name: "launch@2", managed_by: "app" }]);
    await life.up(versioned);
    expect(await life.refresh()).toEqual([]);
  });
});
