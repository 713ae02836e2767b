import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscription } from "../../../../src/provider/resources/stripe/subscription.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { brandOf, daysPass, giveCard, LAUNCH_PRICE, newCustomer, sellPlan, stripeWrites } from "./billing.ts";

let live: Live;
const FREE = "demo--build--monthly--usd-0";
const LAUNCH = LAUNCH_PRICE.lookupKey;
const SCALE = "demo--scale--monthly--usd-49900";

beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, FREE, 0, "demo_build");
  await sellPlan(live, SCALE, 49_900, "demo_scale");
});
afterAll(() => live.stop());

const life = () => new Life(subscription, live.context());
const stripe = () => live.context()("write").stripe;

/** An organization that pays for a plan by card. */
async function paying(name: string, price: string) {
  const customer = await newCustomer(live, name);
  await giveCard(live, customer);
  const declared = { customer, price, brand: brandOf(name) };
  const one = life();
  return { customer, declared, one, first: await one.up(declared) };
}

async function billed(customer: string): Promise<number[]> {
  const { data } = await stripe().invoices.list({ customer, limit: 100 });
  return data.map(({ total }) => total).reverse();
}

describe("a cheaper plan", () => {
  test("takes effect when the paid period ends", async () => {
    const { customer, declared, one, first } = await paying("downgrades", SCALE);
    const cheaper = { ...declared, price: LAUNCH };
    const scheduled = await one.up(cheaper);
    expect(scheduled).toMatchObject({
      subscriptionId: first.subscriptionId,
      status: "active",
      product: "demo_scale",
      changesOn: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    live.sandbox.clearRequests();
    expect(await one.up(cheaper)).toEqual(scheduled);
    expect(stripeWrites(live)).toEqual([]);
    expect(await one.refresh()).toEqual([]);

    await daysPass(live, 32);
    expect(await one.refresh()).toEqual([]);
    expect(one.outputs).toMatchObject({ status: "active", product: "demo_launch" });
    expect(one.outputs.changesOn).toBeUndefined();
    live.sandbox.clearRequests();
    await one.up(cheaper);
    expect(stripeWrites(live)).toEqual([]);
    expect(await billed(customer)).toEqual([49_900, 4900]);
    await daysPass(live, 62);
    expect(await one.refresh()).toEqual([]);
    expect((await billed(customer)).slice(1)).toEqual([4900, 4900, 4900]);
  });

  test.each<[string, (id: string, price: string) => Promise<unknown>, object]>([
    [
      "an item",
      (subscription, price) =>
        stripe().subscriptionItems.create({ subscription, price, quantity: 2, proration_behavior: "none" }),
      { items: { data: [{ quantity: 1 }, { quantity: 2 }] } },
    ],
    [
      "a discount",
      async (id) => {
        const { id: coupon } = await stripe().coupons.create({ percent_off: 10, duration: "forever" });
        return stripe().subscriptions.update(id, { discounts: [{ coupon }] });
      },
      { discounts: [expect.stringMatching(/^di_/)] },
    ],
    [
      "a tax rate",
      async (id) => {
        const vat = await stripe().taxRates.create({ display_name: "VAT", percentage: 20, inclusive: false });
        return stripe().subscriptions.update(id, { default_tax_rates: [vat.id] });
      },
      { default_tax_rates: [{ percentage: 20 }] },
    ],
    [
      "a payment method",
      async (id) => {
        const { customer } = await stripe().subscriptions.retrieve(id);
        const method = await stripe().paymentMethods.attach("pm_card_visa", { customer: String(customer) });
        return stripe().subscriptions.update(id, { default_payment_method: method.id });
      },
      { default_payment_method: expect.stringMatching(/^pm_/) },
    ],
  ])("keeps %s that is added after it was scheduled", async (what, add, kept) => {
    const { declared, one, first } = await paying(`adds-${what.replaceAll(" ", "-")}`, SCALE);
    const cheaper = { ...declared, price: LAUNCH };
    const scheduled = await one.up(cheaper);
    const product = await stripe().products.create({ name: "Support" });
    const monthly = { currency: "usd", unit_amount: 700, recurring: { interval: "month" } } as const;
    const support = await stripe().prices.create({ ...monthly, product: product.id });
    await add(first.subscriptionId, support.id);
    expect(await one.refresh()).toEqual(["drift"]);
    expect((await one.up(cheaper)).changesOn).toBe(scheduled.changesOn);
    expect(await one.refresh()).toEqual([]);
    await daysPass(live, 32);
    await one.refresh();
    expect(one.outputs).toMatchObject({ status: "active", product: "demo_launch" });
    expect(await stripe().subscriptions.retrieve(first.subscriptionId)).toMatchObject(kept);
  });

  test("can be the free plan: the paid period is used up and nothing is charged after it", async () => {
    const { customer, declared, one } = await paying("cancels", LAUNCH);
    await one.up({ ...declared, price: FREE });
    expect(one.outputs.product).toBe("demo_launch");
    await daysPass(live, 32);
    await one.refresh();
    expect(one.outputs).toMatchObject({ status: "active", product: "demo_build" });
    expect(await billed(customer)).toEqual([4900, 0]);
  });

  test("is canceled by declaring the old plan again", async () => {
    const { customer, declared, one, first } = await paying("regrets", LAUNCH);
    await one.up({ ...declared, price: FREE });
    expect(await one.up(declared)).toEqual(first);
    await daysPass(live, 32);
    await one.refresh();
    expect(one.outputs.product).toBe("demo_launch");
    expect(await billed(customer)).toEqual([4900, 4900]);
  });

  test("is replaced by a more expensive plan at once, with proration", async () => {
    const { customer, declared, one } = await paying("climbs", LAUNCH);
    await one.up({ ...declared, price: FREE });
    expect(await one.up({ ...declared, price: SCALE })).toMatchObject({ product: "demo_scale" });
    expect(one.outputs.changesOn).toBeUndefined();
    const [first = 0, difference = 0] = await billed(customer);
    expect([first, difference > 44_000 && difference <= 45_000]).toEqual([4900, true]);
  });

  test("isn't scheduled over another program's schedule", async () => {
    const { declared, one, first } = await paying("foreign", SCALE);
    const schedule = await stripe().subscriptionSchedules.create({ from_subscription: first.subscriptionId });
    const [phase] = schedule.phases;
    const price = (await stripe().prices.list({ lookup_keys: [FREE] })).data[0]?.id ?? "";
    await stripe().subscriptionSchedules.update(schedule.id, {
      phases: [
        {
          items: [{ price: String(phase?.items[0]?.price) }],
          start_date: phase?.start_date,
          end_date: phase?.end_date,
        },
        { items: [{ price }], duration: { interval: "month" } },
      ],
    });
    await expect(one.up({ ...declared, price: LAUNCH })).rejects.toThrow("which tenantry didn't create");
  });
});

/** Kills a run around each write of a downgrade, or of an upgrade that replaces one, and runs again. */
describe("a killed plan change", () => {
  const CHANGES = {
    "to a cheaper plan": { from: SCALE, to: LAUNCH, product: "demo_scale" },
    "from a scheduled downgrade to a more expensive plan": {
      from: LAUNCH,
      by: FREE,
      to: SCALE,
      product: "demo_scale",
    },
  };
  const WRITES = {
    "to a cheaper plan": ["^POST /v1/subscription_schedules$", "^POST /v1/subscription_schedules/[^/]+$"],
    "from a scheduled downgrade to a more expensive plan": [
      "^POST /v1/subscription_schedules/[^/]+/release$",
      "^POST /v1/subscriptions/[^/]+$",
    ],
  };
  const cases = (Object.keys(CHANGES) as (keyof typeof CHANGES)[]).flatMap((change) =>
    WRITES[change].flatMap((match) =>
      (["hold-before", "hold-after"] as const).map((kind) => [change, kind, match] as const),
    ),
  );

  test.each(cases)("%s, %s %s, is completed by the next run", async (change, kind, match) => {
    const { from, to, product, ...more } = CHANGES[change];
    const name = `killed-${cases.findIndex((each) => each[1] === kind && each[2] === match)}`;
    const { customer, declared, one, first } = await paying(name, from);
    if ("by" in more) await one.up({ ...declared, price: more.by });
    const wanted = { ...declared, price: to };
    await live.killed({ kind, match, nth: 1 }, (context) => new Life(subscription, context).up(wanted));

    const again = life();
    expect(await again.up(wanted)).toMatchObject({
      subscriptionId: first.subscriptionId,
      product,
    });
    expect(await again.refresh()).toEqual([]);
    const invoices = await billed(customer);
    expect(invoices).toHaveLength(change === "to a cheaper plan" ? 1 : 2);
  });
});
