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
