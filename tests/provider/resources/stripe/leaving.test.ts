import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscription } from "../../../../src/provider/resources/stripe/subscription.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import {
  brandOf,
  daysPass,
  giveCard,
  LAUNCH_PRICE,
  NO_CONTROL_PLANE,
  newCustomer,
  sellPlan,
  stripeWrites,
} from "./billing.ts";

let live: Live;
const FREE = "demo--build--monthly--usd-0";
const LAUNCH = LAUNCH_PRICE.lookupKey;
const LAUNCH_2027 = "demo--launch--monthly--usd-5900";
const SCALE = "demo--scale--monthly--usd-49900";

beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, LAUNCH_2027, 5900);
  await sellPlan(live, FREE, 0, "demo_build");
  await sellPlan(live, SCALE, 49_900, "demo_scale");
});
afterAll(() => live.stop());

const life = () => new Life(subscription, live.context());
const stripe = () => live.context()("write").stripe;
const DAY = 24 * 60 * 60;

/** The ways to cancel: at the period's end in the portal, or on any date in the dashboard or by the API. */
const WAYS = {
  "at the period's end": () => ({ cancel_at_period_end: true }),
  "on a date within the period": (end: number) => ({ cancel_at: end - 10 * DAY }),
  "on a date in a later period": (end: number) => ({ cancel_at: end + 10 * DAY }),
};
const ways = Object.keys(WAYS) as (keyof typeof WAYS)[];

async function leaving(name: string, way: keyof typeof WAYS, price = LAUNCH) {
  const slug = `${name}-${ways.indexOf(way)}`;
  const customer = await newCustomer(live, slug);
  await giveCard(live, customer);
  const declared = { customer, price, brand: brandOf(slug) };
  const one = life();
  const { subscriptionId: id } = await one.up(declared);
  const { items } = await stripe().subscriptions.retrieve(id);
  const left = await stripe().subscriptions.update(id, WAYS[way](items.data[0]?.current_period_end ?? 0));
  const today = new Date((left.canceled_at ?? 0) * 1000).toISOString().slice(0, 10);
  return { customer, declared, one, id, today };
}

async function billed(customer: string): Promise<number[]> {
  const { data } = await stripe().invoices.list({ customer, limit: 100 });
  return data.map(({ total }) => total).reverse();
}

describe.each(ways)("a subscription with a cancellation %s", (way) => {
  test("keeps it and reports the date if nothing else is declared", async () => {
    const { one, declared } = await leaving("left", way);
    live.sandbox.clearRequests();
    expect(await one.up(declared)).toMatchObject({ cancelsOn: expect.stringMatching(/^\d{4}-.*T/) });
    expect(stripeWrites(live)).toEqual([]);
    await daysPass(live, 62);
    expect(await one.up(declared)).toMatchObject({ status: "canceled" });
    expect(one.outputs.cancelsOn).toBeUndefined();
  });

  test.each([
    ["more-expensive", SCALE, LAUNCH],
    ["cheaper", LAUNCH, SCALE],
    ["free", FREE, LAUNCH],
  ])("continues on the %s plan that is declared afterwards", async (name, to, from) => {
    const { one, declared, id } = await leaving(name, way, from);
    const moved = await one.up({ ...declared, price: to });
    expect(moved).toMatchObject({ subscriptionId: id, status: "active" });
    expect(moved.cancelsOn).toBeUndefined();
    expect(await one.up({ ...declared, price: to })).toEqual(moved);
    await daysPass(live, 62);
    await one.refresh();
    expect(one.outputs).toMatchObject({ subscriptionId: id, status: "active" });
  });

  test("isn't resumed by a different price of its plan, which the customer didn't choose", async () => {
    const { one, declared } = await leaving("repriced", way);
    expect(await one.up({ ...declared, price: LAUNCH_2027 })).toMatchObject({
      cancelsOn: expect.stringMatching(/^\d{4}-.*T/),
    });
  });

  test("is resumed by `resume` from the day of the request on", async () => {
    const { one, declared, today, customer } = await leaving("kept", way);
    expect((await one.up({ ...declared, resume: "2020-01-01" })).cancelsOn).toBeDefined();
    expect((await one.up({ ...declared, resume: today })).cancelsOn).toBeUndefined();
    await daysPass(live, 31);
    await one.refresh();
    expect(one.outputs.status).toBe("active");
    expect(await billed(customer)).toEqual([4900, 4900]);
  });

  test("is resumed after a refresh too, also once it has ended", async () => {
    const { one, declared, today } = await leaving("refreshed", way);
    const kept = { ...declared, resume: today };
    await one.up({ ...declared, resume: "2020-01-01" });
    expect(await one.refresh()).toEqual([]);
    const { subscriptionId } = await one.up(kept);
    const { items } = await stripe().subscriptions.retrieve(subscriptionId);
    const left = items.data[0]?.current_period_end ?? 0;
    await stripe().subscriptions.update(subscriptionId, WAYS[way](left));
    expect(await one.refresh()).toEqual(["resume"]);
    expect((await one.up(kept)).cancelsOn).toBeUndefined();
    await stripe().subscriptions.cancel(one.outputs.subscriptionId);
    expect(await one.refresh()).toBe("gone");
    expect(await one.up(kept)).toMatchObject({ status: "active" });
  });

  test.each(["hold-before", "hold-after"] as const)(
    "is resumed after a kill %s the withdrawal",
    async (kind) => {
      const { declared, id } = await leaving(`killed-${kind}`, way);
      const wanted = { ...declared, price: SCALE };
      await live.killed({ kind, match: "^POST /v1/subscriptions/[^/]+$", nth: 1 }, (context) =>
        new Life(subscription, context).up(wanted),
      );
      const next = await life().up(wanted);
      expect(next).toMatchObject({ subscriptionId: id });
      expect(next.cancelsOn).toBeUndefined();
    },
  );
});

test.each([
  ["cheaper", FREE, "active"],
  ["cheaper, but not free", LAUNCH, "active"],
  ["same", SCALE, "canceled"],
])("a %s plan that was declared before a cancellation is applied after a refresh", async (_, to, status) => {
  const slug = `declared-before-${to.split("--")[1]}-${status}`;
  const customer = await newCustomer(live, slug);
  await giveCard(live, customer);
  const declared = { customer, price: SCALE, brand: brandOf(slug) };
  const one = life();
  const { subscriptionId } = await one.up(declared);
  await one.up({ ...declared, price: to });
  await stripe().subscriptions.cancel(subscriptionId);
  expect(await one.refresh()).toEqual(status === "active" ? "gone" : []);
  expect(await one.up({ ...declared, price: to })).toMatchObject({ status });
  expect(await one.refresh()).toEqual([]);
});

test("a schedule that cancels the subscription at its end counts as a cancellation", async () => {
  const customer = await newCustomer(live, "scheduled");
  await giveCard(live, customer);
  const declared = { customer, price: SCALE, brand: brandOf("scheduled") };
  const one = life();
  await one.up(declared);
  await one.up({ ...declared, price: LAUNCH });
  const [schedule] = (await stripe().subscriptionSchedules.list({ customer })).data;
  await stripe().subscriptionSchedules.update(schedule?.id ?? "", { end_behavior: "cancel" });
  expect((await one.up({ ...declared, price: LAUNCH })).cancelsOn).toBeDefined();

  const { subscriptionId: id } = one.outputs;
  const { id: coupon } = await stripe().coupons.create({ percent_off: 10, duration: "forever" });
  await stripe().subscriptions.update(id, { discounts: [{ coupon }] });
  expect(await one.refresh()).toEqual([]);
  const sent = { ...declared, price: LAUNCH, collection: "send_invoice" as const };
  expect((await one.up(sent)).cancelsOn).toBeDefined();
  const today = new Date().toISOString().slice(0, 10);
  expect((await one.up({ ...declared, price: FREE, resume: today })).cancelsOn).toBeUndefined();
});

describe("a subscription that a customer has canceled", () => {
  /** An item of another program, which costs something. */
  async function withSupport(name: string, price: string) {
    const customer = await newCustomer(live, name);
    await giveCard(live, customer);
    const declared = { customer, price, brand: brandOf(name) };
    const one = life();
    const { subscriptionId: id } = await one.up(declared);
    await daysPass(live, 1);
    const product = await stripe().products.create({ name: "Support" });
    const monthly = { currency: "usd", unit_amount: 2000, recurring: { interval: "month" } } as const;
    const support = await stripe().prices.create({ ...monthly, product: product.id });
    await stripe().subscriptionItems.create({ subscription: id, price: support.id });
    return { customer, declared, one, id };
  }

  test("isn't started again on a free plan if it contains what another program charges for", async () => {
    const { declared, one, id } = await withSupport("free-with-support", FREE);
    await stripe().subscriptions.cancel(id);
    expect(await one.refresh()).toEqual([]);
    expect(await one.up(declared)).toMatchObject({ subscriptionId: id, status: "canceled" });
  });

  test("isn't started again if the plan's item had been removed from it", async () => {
    const { declared, one, id } = await withSupport("support-only", LAUNCH);
    const { items } = await stripe().subscriptions.retrieve(id);
    const [plan] = items.data.filter(({ price }) => price.lookup_key === LAUNCH);
    await stripe().subscriptionItems.del(plan?.id ?? "");
    await stripe().subscriptions.cancel(id);
    expect(await one.up(declared)).toMatchObject({ subscriptionId: id, status: "canceled" });
  });

  test("isn't started again because a discount made its last invoice free", async () => {
    const customer = await newCustomer(live, "discounted");
    await giveCard(live, customer);
    const trial = { days: 14, controlPlane: NO_CONTROL_PLANE };
    const declared = { customer, price: LAUNCH, trial, brand: brandOf("discounted") };
    const one = life();
    const { subscriptionId: id } = await one.up(declared);
    const { id: coupon } = await stripe().coupons.create({
      percent_off: 100,
      duration: "repeating",
      duration_in_months: 3,
    });
    await stripe().subscriptions.update(id, { discounts: [{ coupon }] });
    await daysPass(live, 48);
    await stripe().subscriptions.cancel(id);
    expect(await one.refresh()).toEqual([]);
    expect(await one.up(declared)).toMatchObject({ status: "canceled" });
  });
});
