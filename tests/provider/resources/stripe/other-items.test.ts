import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscription } from "../../../../src/provider/resources/stripe/subscription.ts";
import { toMetadata } from "../../../../src/vendors/stripe/brand.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { brandOf, daysPass, giveCard, LAUNCH_PRICE, newCustomer, sellPlan, stripeWrites } from "./billing.ts";

let live: Live;
let support: string;
const FREE = "demo--build--monthly--usd-0";
const LAUNCH = LAUNCH_PRICE.lookupKey;
const SCALE = "demo--scale--monthly--usd-49900";

beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, FREE, 0, "demo_build");
  await sellPlan(live, SCALE, 49_900, "demo_scale");
  const recurring = { interval: "month" } as const;
  const { id: product } = await stripe().products.create({ name: "Support" });
  support = (await stripe().prices.create({ currency: "usd", unit_amount: 1000, recurring, product })).id;
});
afterAll(() => live.stop());

const stripe = () => live.context()("write").stripe;

async function priceOf(lookupKey: string): Promise<string> {
  return (await stripe().prices.list({ lookup_keys: [lookupKey] })).data[0]?.id ?? "";
}

/** A subscription in which the item of another program comes before the plan's. */
async function supportFirst(name: string, plan = LAUNCH, card = true) {
  const customer = await newCustomer(live, name);
  await giveCard(live, customer);
  const brand = brandOf(name);
  const { id } = await stripe().subscriptions.create({
    customer,
    items: [{ price: support, quantity: 3 }, { price: await priceOf(plan) }],
    metadata: toMetadata(brand),
  });
  if (!card) await stripe().customers.update(customer, { invoice_settings: { default_payment_method: "" } });
  const one = new Life(subscription, live.context());
  const declared = { customer, brand, price: plan };
  await one.up(declared);
  return { customer, declared, one, id };
}

async function items(id: string): Promise<string[]> {
  const { data } = (await stripe().subscriptions.retrieve(id)).items;
  return data.map(({ price, quantity }) => `${price.lookup_key ?? "support"} × ${quantity}`).sort();
}

describe("an item of another program before the plan's", () => {
  test("isn't taken for the plan's, and nothing changes", async () => {
    const { one, id, declared } = await supportFirst("first");
    live.sandbox.clearRequests();
    expect(await one.refresh()).toEqual([]);
    expect(await one.up(declared)).toMatchObject({
      subscriptionId: id,
      product: "demo_launch",
      paidProduct: "demo_launch",
      unmanaged: { items: expect.stringMatching(/ × 3$/) },
    });
    expect(stripeWrites(live)).toEqual([]);
  });

  test.each([
    ["a more expensive plan", LAUNCH, SCALE],
    ["a paid plan instead of a free one", FREE, LAUNCH],
  ])("keeps its price and quantity with %s, and is charged once", async (what, from, to) => {
    const { one, id, declared, customer } = await supportFirst(what.replaceAll(" ", "-"), from);
    expect(await one.up({ ...declared, price: to })).toMatchObject({ subscriptionId: id, status: "active" });
    expect(await items(id)).toEqual([`${to} × 1`, "support × 3"]);
    expect(await one.refresh()).toEqual([]);
    await daysPass(live, 32);
    const [renewal] = (await stripe().invoices.list({ customer })).data;
    expect(renewal?.total).toBe((to === SCALE ? 49_900 : 4900) + 3000);
  });

  test("keeps its price and quantity with a cheaper plan at the end of the period", async () => {
    const { one, id, declared } = await supportFirst("cheaper", SCALE);
    const { changesOn } = await one.up({ ...declared, price: LAUNCH });
    expect(changesOn).toBeDefined();
    expect(await one.refresh()).toEqual([]);
    live.sandbox.clearRequests();
    await one.up({ ...declared, price: LAUNCH });
    expect(stripeWrites(live)).toEqual([]);
    await daysPass(live, 32);
    expect(await items(id)).toEqual([`${LAUNCH} × 1`, "support × 3"]);
  });

  test("is kept while a payment for the plan is pending", async () => {
    const { one, id, declared, customer } = await supportFirst("pending");
    await giveCard(live, customer, "pm_card_chargeCustomerFail");
    expect(await one.up({ ...declared, price: SCALE })).toMatchObject({ waitsFor: "payment" });
    expect(await one.refresh()).toEqual([]);
    live.sandbox.clearRequests();
    expect(await one.up({ ...declared, price: SCALE })).toMatchObject({ waitsFor: "payment" });
    expect(stripeWrites(live)).toEqual([]);
    expect(await items(id)).toEqual([`${LAUNCH} × 1`, "support × 3"]);
  });

  test("that is paid isn't charged in a second subscription if the free plan can't become a paid one", async () => {
    const { one, id, declared, customer } = await supportFirst("no-card", FREE, false);
    expect(await one.up({ ...declared, price: LAUNCH })).toMatchObject({
      subscriptionId: id,
      waitsFor: "payment_method",
    });
    expect((await stripe().subscriptions.list({ customer, status: "all" })).data).toHaveLength(1);
  });
});

describe("a plan's item", () => {
  test("whose price was changed to another program's is found and restored, beside the others", async () => {
    const { one, id, declared } = await supportFirst("foreign-price");
    const { data } = (await stripe().subscriptions.retrieve(id)).items;
    const { id: product } = await stripe().products.create({ name: "Special" });
    const recurring = { interval: "month" } as const;
    const special = await stripe().prices.create({ currency: "usd", unit_amount: 9900, recurring, product });
    // The plan alone, so that nothing else tells the items apart.
    await stripe().subscriptionItems.del(data[0]?.id ?? "");
    await stripe().subscriptionItems.update(data[1]?.id ?? "", { price: special.id });
    expect(await one.refresh()).toEqual(["price"]);
    await one.up(declared);
    await daysPass(live, 32);
    await one.refresh();
    expect(await items(id)).toEqual([`${LAUNCH} × 1`]);
  });

  test("that was removed is added again without a charge for the running period; others stay as they are", async () => {
    const customer = await newCustomer(live, "removed");
    await giveCard(live, customer);
    const one = new Life(subscription, live.context());
    const declared = { customer, brand: brandOf("removed"), price: LAUNCH };
    const { subscriptionId: id } = await one.up(declared);
    await daysPass(live, 1);
    await stripe().subscriptionItems.create({ subscription: id, price: support, quantity: 3 });
    const { data } = (await stripe().subscriptions.retrieve(id)).items;
    const plan = data.find(({ price }) => price.lookup_key === LAUNCH);
    await stripe().subscriptionItems.del(plan?.id ?? "", { proration_behavior: "none" });
    expect(await one.refresh()).toEqual(["price"]);
    expect(one.outputs.product).toBe("");
    const before = (await stripe().invoices.list({ customer })).data.length;
    expect(await one.up(declared)).toMatchObject({ subscriptionId: id, product: "demo_launch" });
    expect(await items(id)).toEqual([`${LAUNCH} × 1`, "support × 3"]);
    expect((await stripe().invoices.list({ customer })).data).toHaveLength(before);
    expect(await one.refresh()).toEqual([]);
  });
});
