import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscription } from "../../../../src/provider/resources/stripe/subscription.ts";
import { toMetadata } from "../../../../src/vendors/stripe/brand.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { brandOf, giveCard, LAUNCH_PRICE, newCustomer, sellPlan } from "./billing.ts";

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

const stripe = () => live.context()("write").stripe;

async function begin(name: string, price = LAUNCH, card = true) {
  const customer = await newCustomer(live, name);
  if (card) await giveCard(live, customer);
  const one = new Life(subscription, live.context());
  const declared = { customer, price, brand: brandOf(name) };
  return { customer, declared, one, id: (await one.up(declared)).subscriptionId };
}

async function cancel(id: string): Promise<string> {
  const { ended_at: ended } = await stripe().subscriptions.cancel(id);
  return new Date((ended ?? 0) * 1000).toISOString().slice(0, 10);
}

async function coupon(more: Partial<Stripe.CouponCreateParams> = {}): Promise<string> {
  return (await stripe().coupons.create({ percent_off: 50, duration: "forever", ...more })).id;
}

async function addOn(name: string, quantity = 1) {
  const { id: product } = await stripe().products.create({ name });
  const recurring = { interval: "month" } as const;
  const price = await stripe().prices.create({ currency: "usd", unit_amount: 1000, recurring, product });
  return { price: price.id, quantity };
}

describe("a canceled subscription is started again without what Stripe refuses, which is named", () => {
  test("a coupon that was deleted; the others stay", async () => {
    const { one, declared, id } = await begin("deleted-coupon");
    const [gone, kept] = [await coupon(), await coupon({ percent_off: 10 })];
    await stripe().subscriptions.update(id, { discounts: [{ coupon: gone }, { coupon: kept }] });
    const resume = await cancel(id);
    await stripe().coupons.del(gone);
    const { subscriptionId, status, notCarriedOver } = await one.up({ ...declared, resume });
    expect([status, notCarriedOver]).toEqual(["active", { [`coupon ${gone}`]: `No such coupon: '${gone}'` }]);
    const found = await stripe().subscriptions.retrieve(subscriptionId, { expand: ["discounts"] });
    expect(found.discounts).toMatchObject([{ source: { coupon: kept } }]);
    await one.refresh();
    expect(one.outputs.notCarriedOver).toBeUndefined();
  });

  test("all coupons that expired", async () => {
    const { one, declared, id } = await begin("expired-coupons");
    const once = [await coupon({ max_redemptions: 1 }), await coupon({ max_redemptions: 1 })];
    await stripe().subscriptions.update(id, { discounts: once.map((each) => ({ coupon: each })) });
    const resume = await cancel(id);
    const { status, notCarriedOver } = await one.up({ ...declared, resume });
    expect(status).toBe("active");
    expect(notCarriedOver).toEqual(
      Object.fromEntries(once.map((each) => [`coupon ${each}`, `Coupon expired: ${each}`])),
    );
  });

  test("another program's item whose price was archived; the others stay", async () => {
    const { one, declared, id } = await begin("archived-item");
    const [gone, kept] = [await addOn("Phone"), await addOn("Support", 2)];
    await stripe().subscriptionItems.create({ subscription: id, ...gone });
    await stripe().subscriptionItems.create({ subscription: id, ...kept });
    await stripe().prices.update(gone.price, { active: false });
    await cancel(id);
    const { subscriptionId, notCarriedOver } = await one.up({ ...declared, price: SCALE });
    expect(notCarriedOver).toEqual({
      [`item ${gone.price} × 1`]: expect.stringContaining("The price specified is inactive."),
    });
    expect((await stripe().subscriptions.retrieve(subscriptionId)).items.data).toMatchObject([
      { price: { lookup_key: SCALE }, quantity: 1 },
      { price: { id: kept.price }, quantity: 2 },
    ]);
  });

  test("a card that the customer removed", async () => {
    const { one, declared, id, customer } = await begin("removed-card");
    const card = await stripe().paymentMethods.attach("pm_card_mastercard", { customer });
    await stripe().subscriptions.update(id, { default_payment_method: card.id });
    await stripe().customers.update(customer, { invoice_settings: { default_payment_method: "" } });
    const resume = await cancel(id);
    const message = `The customer does not have a payment method with the ID ${card.id}.`;
    const error = { type: "invalid_request_error", message, param: "default_payment_method" };
    const response = { status: 400, body: { error } };
    live.sandbox.setFaults([{ kind: "respond", match: "^POST /v1/subscriptions$", nth: 1, response }]);
    const { status, subscriptionId, notCarriedOver } = await one.up({ ...declared, resume });
    live.sandbox.setFaults([]);
    expect([status, notCarriedOver]).toEqual(["incomplete", { [`payment method ${card.id}`]: message }]);
    expect(await stripe().subscriptions.retrieve(subscriptionId)).toMatchObject({
      default_payment_method: null,
    });
  });
});

test("an unpaid subscription, which can't be changed, is replaced without a coupon that it used up", async () => {
  const customer = await newCustomer(live, "unpaid");
  const once = await coupon({ max_redemptions: 1 });
  const [price] = (await stripe().prices.list({ lookup_keys: [LAUNCH] })).data;
  const brand = brandOf("unpaid");
  await stripe().subscriptions.create({
    customer,
    items: [{ price: price?.id ?? "" }],
    discounts: [{ coupon: once }],
    payment_behavior: "default_incomplete",
    metadata: toMetadata(brand),
  });
  const one = new Life(subscription, live.context());
  const { status, notCarriedOver } = await one.up({ customer, brand, price: SCALE });
  expect([status, notCarriedOver]).toEqual(["incomplete", { [`coupon ${once}`]: `Coupon expired: ${once}` }]);
});

test("a running subscription stays, and the refusal says how to go on", async () => {
  const { one, declared, id } = await begin("running", FREE, false);
  const once = await coupon({ max_redemptions: 1 });
  await stripe().subscriptions.update(id, { discounts: [{ coupon: once }] });
  await expect(one.up({ ...declared, price: LAUNCH })).rejects.toThrow(
    new RegExp(
      `Stripe: subscriptions.create failed \\(status 400, request req_\\w+\\): Coupon expired: ${once}\\n.*Remove the coupon ${once} from the subscription ${id} in Stripe, or make Stripe accept it, then run again`,
    ),
  );
  await stripe().subscriptions.update(id, { discounts: "" });
  expect(await one.up({ ...declared, price: LAUNCH })).toMatchObject({ status: "incomplete" });
});

test("a refusal that has nothing to do with what is carried over fails the run", async () => {
  const { one, declared, id } = await begin("other-refusal");
  const resume = await cancel(id);
  live.sandbox.setFaults([
    {
      kind: "respond",
      match: "^POST /v1/subscriptions$",
      response: {
        status: 400,
        body: { error: { type: "invalid_request_error", message: "No.", param: "items[0][price]" } },
      },
    },
  ]);
  await expect(one.up({ ...declared, resume })).rejects.toThrow(/status 400.*: No\./);
  live.sandbox.setFaults([]);
});
