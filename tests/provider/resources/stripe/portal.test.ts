import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { customer } from "../../../../src/provider/resources/stripe/customer.ts";
import { portal } from "../../../../src/provider/resources/stripe/portal.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { brandOf, stripeWrites } from "./billing.ts";

let live: Live;
beforeAll(async () => {
  live = await startLive();
});
afterAll(() => live.stop());

const life = () => new Life(portal, live.context());
const stripe = () => live.context()("write").stripe;
const declared = (platform: string) => ({ headline: "Demo", brand: { platform } });

async function configurationsOf(platform: string) {
  const { data } = await stripe().billingPortal.configurations.list({ limit: 100 });
  return data.filter(({ metadata }) => metadata?.tenantry_platform === platform);
}

describe("stripe:Portal", () => {
  test("is created once, lets customers change cards but not plans, and is deactivated when it is removed", async () => {
    const one = life();
    const first = await one.up(declared("demo"));
    expect(first.loginUrl).toMatch(/^https:\/\/billing\.stripe\.com\/p\/login\//);
    live.sandbox.clearRequests();
    expect(await one.up(declared("demo"))).toEqual(first);
    expect(stripeWrites(live)).toEqual([]);
    expect(await one.refresh()).toEqual([]);
    const renamed = { ...declared("demo"), headline: "Demo, Inc." };
    expect(await one.up(renamed)).toEqual(first);
    expect(await configurationsOf("demo")).toMatchObject([
      {
        business_profile: { headline: "Demo, Inc." },
        features: { payment_method_update: { enabled: true }, subscription_cancel: { enabled: false } },
      },
    ]);
    await one.remove();
    await one.remove();
    expect(await one.refresh()).toBe("gone");
  });

  test.each([
    ["plans", { subscription_update: { enabled: true } }, "subscription_update"],
    ["cancellation", { subscription_cancel: { enabled: true } }, "subscription_cancel"],
    [
      "the e-mail address",
      { customer_update: { enabled: true, allowed_updates: ["email", "address", "tax_id"] as const } },
      "customer_update",
    ],
    ["cards disabled", { payment_method_update: { enabled: false } }, "payment_method_update"],
  ])("a feature that was changed by hand is drift and is restored: %s", async (name, features, feature) => {
    const platform = `switched-${name.replace(/\W+/g, "-")}`;
    const one = life();
    await one.up(declared(platform));
    const [made] = await configurationsOf(platform);
    const params = { features: structuredClone(features) as Record<string, { enabled: boolean }> };
    await stripe().billingPortal.configurations.update(made?.id ?? "", params);
    expect(await one.refresh()).toEqual(["drift"]);
    await one.up(declared(platform));
    expect(await one.refresh()).toEqual([]);
    const [found] = await configurationsOf(platform);
    expect(found?.features).toHaveProperty(
      `${feature}.enabled`,
      made?.features[feature as "subscription_cancel"].enabled,
    );
  });

  test("is replaced on the same day after it was deactivated by hand", async () => {
    const one = life();
    // The first configuration of an account is its default, which can't be deactivated.
    await life().up(declared("default"));
    await one.up(declared("deactivated"));
    const [made] = await configurationsOf("deactivated");
    await stripe().billingPortal.configurations.update(made?.id ?? "", {
      active: false,
      login_page: { enabled: false },
    });
    expect(await one.refresh()).toBe("gone");
    await life().up(declared("deactivated"));
    const active = (await configurationsOf("deactivated")).filter((each) => each.active);
    expect(active.map(({ id }) => id)).not.toContain(made?.id);
    expect(active).toHaveLength(1);
  });

  test.each(["hold-before", "hold-after"] as const)(
    "is created once if a run is killed, %s",
    async (kind) => {
      const fault = { kind, match: "^POST /v1/billing_portal", nth: 1 } as const;
      await live.killed(fault, (context) => new Life(portal, context).up(declared(kind)));
      await life().up(declared(kind));
      expect(await configurationsOf(kind)).toHaveLength(1);
    },
  );

  test("is the portal of the platform's customers only", async () => {
    const { loginUrl } = await life().up(declared("demo"));
    const email = "billing+demo@acme.example";
    const made = await new Life(customer, live.context()).up({ email, brand: brandOf("acme") });
    expect(made.portalUrl).toBe(`${loginUrl}?prefilled_email=billing%2Bdemo%40acme.example`);
    const brand = { ...brandOf("acme"), platform: "another" };
    expect(await new Life(customer, live.context()).up({ email, brand })).not.toHaveProperty("portalUrl");
  });
});
