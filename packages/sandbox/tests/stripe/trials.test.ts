import { describe, expect, it } from "vitest";
import { customerWithCard, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

async function trialing(card?: string) {
  const local = await localStripe();
  const { stripe } = local;
  const customer =
    card === undefined ? await stripe.customers.create() : await customerWithCard(stripe, card);
  const small = await monthlyPrice(stripe, 4900);
  const large = await monthlyPrice(stripe, 49_900);
  const begun = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: small.id }],
    trial_period_days: 14,
  });
  const item = begun.items.data[0]?.id ?? "";
  const upgrade = {
    items: [{ id: item, price: large.id }],
    proration_behavior: "always_invoice" as const,
    payment_behavior: "pending_if_incomplete" as const,
    trial_end: "now" as const,
  };
  const totals = async () =>
    (await stripe.invoices.list({ customer: customer.id })).data.map(({ total }) => total).reverse();
  return { ...local, customer, small, large, begun, upgrade, totals };
}

describe("ending a trial together with a price change", () => {
  it("starts a paid period with the new price", async () => {
    const { stripe, begun, large, upgrade, totals } = await trialing("pm_card_visa");
    const paid = await stripe.subscriptions.update(begun.id, upgrade);
    expect(paid).toMatchObject({
      status: "active",
      pending_update: null,
      latest_invoice: expect.any(String),
    });
    expect(paid.items.data).toMatchObject([{ price: { id: large.id } }]);
    expect(paid.trial_end).toBe(paid.items.data[0]?.current_period_start);
    expect(await totals()).toEqual([0, 49_900]);
  });

  it("keeps the trial and the old price until a declined payment is paid", async () => {
    const { stripe, begun, customer, small, large, upgrade } = await trialing("pm_card_chargeCustomerFail");
    const waiting = await stripe.subscriptions.update(begun.id, upgrade);
    expect(waiting).toMatchObject({
      status: "trialing",
      trial_end: begun.trial_end,
      pending_update: { trial_end: expect.any(Number), subscription_items: [{ price: { id: large.id } }] },
    });
    expect(waiting.items.data).toMatchObject([{ price: { id: small.id } }]);
    const good = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    await stripe.invoices.pay(String(waiting.latest_invoice), { payment_method: good.id });
    const paid = await stripe.subscriptions.retrieve(begun.id);
    expect(paid).toMatchObject({ status: "active", pending_update: null });
    expect(paid.items.data).toMatchObject([{ price: { id: large.id } }]);
  });

  it("is refused without a payment method", async () => {
    const { stripe, begun, upgrade } = await trialing();
    expect(await refusal(stripe.subscriptions.update(begun.id, upgrade))).toMatchObject({
      statusCode: 400,
      code: "resource_missing",
    });
    expect(await stripe.subscriptions.retrieve(begun.id)).toMatchObject({ status: "trialing" });
  });

  it("bills nothing if a new trial starts with the change", async () => {
    const { stripe, customer, totals, large } = await trialing("pm_card_visa");
    const free = await monthlyPrice(stripe, 0);
    const { id, items } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: free.id }],
    });
    const end = Math.floor(Date.now() / 1000) + 14 * 24 * 60 * 60;
    const begun = await stripe.subscriptions.update(id, {
      items: [{ id: items.data[0]?.id ?? "", price: large.id }],
      trial_end: end,
    });
    expect(begun).toMatchObject({ status: "trialing", trial_end: end, trial_start: expect.any(Number) });
    expect(await totals()).toEqual([0, 0]);
  });
});
