import { describe, expect, it } from "vitest";
import { customerWithCard, localStripe, refusal } from "./local-stripe.ts";

async function charged(card = "pm_card_visa") {
  const { stripe, url } = await localStripe();
  const customer = await customerWithCard(stripe, card);
  const payment = await stripe.paymentIntents.create({
    amount: 2000,
    currency: "usd",
    customer: customer.id,
    payment_method: String(customer.invoice_settings.default_payment_method),
    confirm: true,
    off_session: true,
  });
  const happens = async (path: string, body: object = {}) => {
    const answer = await fetch(`${url}/_sandbox${path}`, { method: "POST", body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as { id: string; status: string } };
  };
  const typesSince = async () =>
    (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type).reverse();
  return { stripe, payment, charge: String(payment.latest_charge), happens, typesSince };
}

describe("a dispute", () => {
  it("withdraws the amount that wasn't refunded, and reinstates it if the dispute is won", async () => {
    const { stripe, payment, charge, happens, typesSince } = await charged();
    await stripe.refunds.create({ charge, amount: 500 });
    const { body: opened } = await happens(`/charges/${charge}/dispute`);
    expect((await stripe.disputes.list({ charge })).data).toMatchObject([
      { id: opened.id, amount: 1500, status: "needs_response", payment_intent: payment.id },
    ]);
    expect(await stripe.charges.retrieve(charge)).toMatchObject({ disputed: true });
    expect((await happens(`/charges/${charge}/dispute`)).status).toBe(400);
    await happens(`/disputes/${opened.id}/decide`, { won: true });
    expect(await stripe.disputes.retrieve(opened.id)).toMatchObject({ status: "won" });
    expect((await typesSince()).slice(-4)).toEqual([
      "charge.dispute.created",
      "charge.dispute.funds_withdrawn",
      "charge.dispute.closed",
      "charge.dispute.funds_reinstated",
    ]);
    expect(await refusal(stripe.disputes.close(opened.id))).toMatchObject({ statusCode: 400 });
  });

  it("is lost if it is closed", async () => {
    const { stripe, charge, happens } = await charged();
    const { body } = await happens(`/charges/${charge}/dispute`);
    expect(await stripe.disputes.close(body.id)).toMatchObject({ status: "lost" });
  });
});

describe("a delayed payment", () => {
  it.each([
    [true, "succeeded"],
    [false, "requires_payment_method"],
  ])("is processing until it finishes; succeeds: %j", async (succeeds, status) => {
    const { stripe, payment, happens, typesSince } = await charged("pm_card_slowToProcess");
    expect(payment.status).toBe("processing");
    await happens(`/payment_intents/${payment.id}/finish`, { succeeds });
    expect(await stripe.paymentIntents.retrieve(payment.id)).toMatchObject({ status });
    expect(await typesSince()).toContain("payment_intent.processing");
    expect((await happens(`/payment_intents/${payment.id}/finish`)).status).toBe(400);
  });
});

describe("a configuration of the billing portal", () => {
  it("keeps its login page, and can't be deactivated while the page is enabled", async () => {
    const { stripe } = await localStripe();
    const { configurations } = stripe.billingPortal;
    const features = { invoice_history: { enabled: true } };
    const first = await configurations.create({ features });
    const second = await configurations.create({ features, login_page: { enabled: true } });
    expect([first.is_default, second.is_default]).toEqual([true, false]);
    const renamed = await configurations.update(second.id, { business_profile: { headline: "Demo" } });
    expect(renamed).toMatchObject({
      login_page: second.login_page,
      features: { invoice_history: { enabled: true } },
    });
    expect(await refusal(configurations.update(first.id, { active: false }))).toMatchObject({
      param: "active",
    });
    expect(await refusal(configurations.update(second.id, { active: false }))).toMatchObject({
      param: "active",
    });
    await configurations.update(second.id, { active: false, login_page: { enabled: false } });
    expect((await configurations.list({ active: true })).data).toMatchObject([{ id: first.id }]);
  });
});
