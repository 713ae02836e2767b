import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscription } from "../../../src/provider/stripe/subscription.ts";
import { Life } from "../life.ts";
import { type Live, startLive } from "../live.ts";
import { brandOf, LAUNCH_PRICE, newCustomer, sellPlan, stripeWrites } from "./billing.ts";

let live: Live;
const FREE = "demo--build--monthly--usd-0";
const SCALE = "demo--scale--monthly--usd-49900";

beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, FREE, 0);
  await sellPlan(live, SCALE, 49_900);
});
afterAll(() => live.stop());

const life = () => new Life(subscription, live.context());
const stripe = () => live.context()("write").stripe;

async function subscriptionsOf(customer: string) {
  return (await stripe().subscriptions.list({ customer, status: "all" })).data;
}

describe("a subscription's life", () => {
  test("it begins, moves to another price, is left alone, is cancelled and begun anew within the same day", async () => {
    const customer = await newCustomer(live, "acme");
    const declared = { customer, price: FREE, brand: brandOf("acme") };
    const one = life();
    const { subscriptionId, status } = await one.up(declared);
    expect(status).toBe("active");

    const moved = await one.up({ ...declared, price: SCALE, collection: "send_invoice" as const });
    expect(moved).toMatchObject({ subscriptionId });
    const [found] = await subscriptionsOf(customer);
    expect(found).toMatchObject({
      id: subscriptionId,
      collection_method: "send_invoice",
      days_until_due: 30,
    });
    expect(found?.items.data).toMatchObject([{ price: { lookup_key: SCALE } }]);

    live.sandbox.clearRequests();
    await one.up({ ...declared, price: SCALE, collection: "send_invoice" as const });
    expect(stripeWrites(live)).toEqual([]);
    expect(await one.refresh()).toEqual([]);

    await one.remove();
    await one.remove();
    expect(await one.refresh()).toBe("gone");
    const again = await one.up(declared);
    expect(again.subscriptionId).not.toBe(subscriptionId);
    expect(again.status).toBe("active");
  });

  test("what a killed run left is adopted", async () => {
    const customer = await newCustomer(live, "adopted");
    const declared = { customer, price: FREE, brand: brandOf("adopted") };
    const { subscriptionId } = await life().up(declared);
    expect(await life().up(declared)).toMatchObject({ subscriptionId });
    expect(await subscriptionsOf(customer)).toHaveLength(1);
  });

  test("a paid plan without a payment method waits to be paid", async () => {
    const customer = await newCustomer(live, "unpaid");
    const begun = await life().up({ customer, price: LAUNCH_PRICE.lookupKey, brand: brandOf("unpaid") });
    expect(begun.status).toBe("incomplete");
    expect(begun.paymentUrl).toMatch(/^https?:/);
  });

  test("a price that isn't there says whose stack makes it", async () => {
    const customer = await newCustomer(live, "early");
    await expect(life().up({ customer, price: "demo--nothing", brand: brandOf("early") })).rejects.toThrow(
      "Stripe has no price with the lookup key demo--nothing.",
    );
  });

  test.each(["drop-before", "drop-after", "500", "429"] as const)(
    "%s on the POST makes one",
    async (kind) => {
      const customer = await newCustomer(live, `cut-${kind}`);
      live.sandbox.setFaults([{ kind, match: "^POST /v1/subscriptions$", nth: 1 }]);
      await life().up({ customer, price: FREE, brand: brandOf(`cut-${kind}`) });
      live.sandbox.setFaults([]);
      expect(await subscriptionsOf(customer)).toHaveLength(1);
    },
  );
});

describe("the one trial of an organization", () => {
  const trial = { days: 14 };

  test("is taken once, and not again after a cancellation", async () => {
    const customer = await newCustomer(live, "trying");
    const declared = { customer, price: LAUNCH_PRICE.lookupKey, trial, brand: brandOf("trying") };
    const one = life();
    const first = await one.up(declared);
    expect(first.status).toBe("trialing");
    expect(first.trialEnd).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(await stripe().customers.retrieve(customer)).toMatchObject({
      metadata: { tenantry_trial: "used" },
    });

    await one.remove();
    const second = await life().up(declared);
    expect(second.status).not.toBe("trialing");
    expect(second.trialEnd).toBeUndefined();
  });

  test("isn't taken again by a later generation", async () => {
    const customer = await newCustomer(live, "reborn");
    const declared = { price: LAUNCH_PRICE.lookupKey, trial };
    await life().up({ ...declared, customer, brand: brandOf("reborn") });
    const second = await newCustomer(live, "reborn", 2);
    expect(second).not.toBe(customer);
    const begun = await life().up({ ...declared, customer: second, brand: brandOf("reborn", 2) });
    expect(begun.trialEnd).toBeUndefined();
  });

  test("is stamped by the next run when a run was killed before the stamp", async () => {
    const customer = await newCustomer(live, "killed");
    const declared = { customer, price: LAUNCH_PRICE.lookupKey, trial, brand: brandOf("killed") };
    await life().up(declared);
    await stripe().customers.update(customer, { metadata: { tenantry_trial: "" } });
    await life().up(declared);
    expect(await stripe().customers.retrieve(customer)).toMatchObject({
      metadata: { tenantry_trial: "used" },
    });
  });
});
