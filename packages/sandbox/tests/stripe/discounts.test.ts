import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { customerWithCard, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

async function paying(more: { coupon?: object; rate?: { percentage: number; inclusive: boolean } } = {}) {
  const local = await localStripe({ now: () => new Date("2027-04-01T00:00:00Z") });
  const { stripe } = local;
  const customer = await customerWithCard(stripe);
  const price = await monthlyPrice(stripe, 10_000);
  const coupon = more.coupon && (await stripe.coupons.create(more.coupon));
  const rate = more.rate && (await stripe.taxRates.create({ display_name: "VAT", ...more.rate }));
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    ...(coupon === undefined ? {} : { discounts: [{ coupon: coupon.id }] }),
    ...(rate === undefined ? {} : { default_tax_rates: [rate.id] }),
  });
  const totals = async () =>
    (await stripe.invoices.list({ subscription: id })).data.map(({ total }) => total).reverse();
  return { ...local, id, customer, price, coupon, totals };
}

describe("a discount", () => {
  it.each([
    ["forever", { percent_off: 25, duration: "forever" }, [7500, 7500, 7500]],
    ["once", { percent_off: 25, duration: "once" }, [7500, 10_000, 10_000]],
    [
      "for two months",
      { amount_off: 1000, currency: "usd", duration: "repeating", duration_in_months: 2 },
      [9000, 9000, 10_000],
    ],
    [
      "forever, with more than the price",
      { amount_off: 20_000, currency: "usd", duration: "forever" },
      [0, 0, 0],
    ],
  ])("lasts %s", async (_, coupon, totals) => {
    const world = await paying({ coupon });
    await world.advance({ days: 61 });
    expect(await world.totals()).toEqual(totals);
  });

  it("remains after its coupon is deleted, and can be removed", async () => {
    const { stripe, id, coupon, advance, totals } = await paying({
      coupon: { percent_off: 25, duration: "forever" },
    });
    const shown = await stripe.subscriptions.retrieve(id, { expand: ["discounts.source.coupon"] });
    expect(shown.discounts).toMatchObject([{ object: "discount", source: { coupon: { percent_off: 25 } } }]);
    await stripe.coupons.del(coupon?.id ?? "");
    await advance({ days: 31 });
    await stripe.subscriptions.update(id, { discounts: "" });
    await advance({ days: 31 });
    expect(await totals()).toEqual([7500, 7500, 10_000]);
  });

  describe("in a proration", () => {
    /** Half of a period of 30 days has passed. */
    async function moved(begun: object, change: object) {
      const { stripe, id, advance } = await paying({ coupon: begun });
      const dearer = await monthlyPrice(stripe, 30_000);
      await advance({ days: 15 });
      await stripe.subscriptions.update(id, change);
      const { items } = await stripe.subscriptions.retrieve(id);
      const after = await stripe.subscriptions.update(id, {
        items: [{ id: items.data[0]?.id ?? "", price: dearer.id }],
        proration_behavior: "always_invoice",
        expand: ["latest_invoice"],
      });
      const { lines, total } = after.latest_invoice as Stripe.Invoice;
      return [...lines.data.map(({ amount }) => amount), total];
    }
    const half = { percent_off: 50, duration: "forever" };

    it("reduces the credit and the charge", async () => {
      expect(await moved(half, {})).toEqual([-2500, 7500, 5000]);
    });

    it("is credited as it was billed, also if it was removed since", async () => {
      expect(await moved(half, { discounts: "" })).toEqual([-2500, 15_000, 12_500]);
    });

    it("that was used once reduces only the credit", async () => {
      expect(await moved({ ...half, duration: "once" }, {})).toEqual([-2500, 15_000, 12_500]);
    });
  });

  it("is refused if the coupon is used up or the discount belongs to another subscription", async () => {
    const one = await paying({ coupon: { percent_off: 25, max_redemptions: 1 } });
    const { stripe, coupon, customer, price } = one;
    const another = { customer: customer.id, items: [{ price: price.id }] };
    const again = stripe.subscriptions.create({ ...another, discounts: [{ coupon: coupon?.id ?? "" }] });
    expect(await refusal(again)).toMatchObject({ statusCode: 400, code: "coupon_expired" });
    const { discounts } = await stripe.subscriptions.retrieve(one.id);
    const foreign = stripe.subscriptions.create({
      ...another,
      discounts: [{ discount: String(discounts[0]) }],
    });
    expect(await refusal(foreign)).toMatchObject({ statusCode: 400, code: "resource_missing" });
  });
});

it.each([
  [false, 12_000],
  [true, 10_000],
])("a tax rate (inclusive: %s) is part of each invoice's total", async (inclusive, total) => {
  const { totals } = await paying({ rate: { percentage: 20, inclusive } });
  expect(await totals()).toEqual([total]);
});

it("a phase of a schedule removes settings that it omits, and keeps the others", async () => {
  const { stripe, id, price, advance } = await paying({
    coupon: { percent_off: 25, duration: "forever" },
    rate: { percentage: 20, inclusive: false },
  });
  await stripe.subscriptions.update(id, { description: "Agreed in May" });
  const { discounts } = await stripe.subscriptions.retrieve(id);
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id });
  const [now] = schedule.phases;
  if (now === undefined) throw new Error("The schedule has no phase");
  expect(now).toMatchObject({ description: "Agreed in May", discounts: [{ discount: discounts[0] }] });
  const items = [{ price: price.id }];
  const period = { start_date: now.start_date, end_date: now.end_date };
  const kept = { discounts: [{ discount: String(discounts[0]) }] };
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [{ items, ...period, ...kept }, { items }],
  });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    description: null,
    default_tax_rates: [],
    discounts,
  });
  await advance({ days: 31 });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ discounts: [] });
});
