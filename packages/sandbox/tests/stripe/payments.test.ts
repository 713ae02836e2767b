import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { customerWithCard, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

const OFF_SESSION = { off_session: true, confirm: true, error_on_requires_action: true } as const;

async function reload(stripe: Stripe, card: string): Promise<Stripe.PaymentIntent> {
  const customer = await stripe.customers.create();
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  return stripe.paymentIntents.create({
    amount: 2000,
    currency: "usd",
    customer: customer.id,
    payment_method: method.id,
    ...OFF_SESSION,
  });
}

describe("a payment without the customer", () => {
  it("succeeds and returns its charge", async () => {
    const { stripe } = await localStripe();
    const intent = await reload(stripe, "pm_card_visa");
    expect(intent).toMatchObject({ status: "succeeded", amount: 2000, amount_received: 2000 });
    const charge = await stripe.charges.retrieve(intent.latest_charge as string);
    expect(charge).toMatchObject({ status: "succeeded", amount: 2000, payment_intent: intent.id });
  });

  it.each([
    ["pm_card_chargeCustomerFail", "card_declined", "generic_decline"],
    ["pm_card_authenticationRequired", "authentication_required", "authentication_required"],
  ])("with %s fails with %s, which the payment intent records", async (card, code, decline_code) => {
    const { stripe } = await localStripe();
    const refused = await refusal(reload(stripe, card));
    expect(refused).toMatchObject({ statusCode: 402, type: "card_error", code, decline_code });
    const [intent] = (await stripe.paymentIntents.list()).data;
    expect(intent).toMatchObject({ status: "requires_payment_method", last_payment_error: { code } });
    const [charge] = (await stripe.charges.list()).data;
    expect(charge).toMatchObject({ status: "failed", id: intent?.latest_charge });
  });

  it("that is declined is replayed for the same idempotency key", async () => {
    const { stripe } = await localStripe();
    const customer = await customerWithCard(stripe, "pm_card_chargeCustomerFail");
    const payment_method = customer.invoice_settings.default_payment_method as string;
    const pay = () =>
      stripe.paymentIntents.create(
        { amount: 2000, currency: "usd", customer: customer.id, payment_method, ...OFF_SESSION },
        { idempotencyKey: "reload-1" },
      );
    expect(await refusal(pay())).toEqual(await refusal(pay()));
    expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
  });

  it.each([
    ["an amount that is too small", { amount: 49 }, "amount_too_small"],
    ["a fraction of a cent", { amount: 50.5 }, "parameter_invalid_integer"],
    ["an unknown payment method", { payment_method: "pm_none", confirm: true }, "resource_missing"],
    ["no payment method", { confirm: true }, "payment_intent_unexpected_state"],
    ["an unknown customer", { customer: "cus_none" }, "resource_missing"],
  ])("is refused with %s", async (_, fields, code) => {
    const { stripe } = await localStripe();
    const made = stripe.paymentIntents.create({ amount: 2000, currency: "usd", ...fields });
    expect(await refusal(made)).toMatchObject({ statusCode: 400, code });
    expect((await stripe.paymentIntents.list()).data).toEqual([]);
  });
});

describe("a payment with the customer", () => {
  it.each([
    [true, "succeeded"],
    [false, "requires_payment_method"],
  ])("waits for authentication; succeeds: %s, status: %s", async (succeeds, status) => {
    const { stripe, url } = await localStripe();
    const { id } = await stripe.paymentIntents.create({
      amount: 2000,
      currency: "usd",
      payment_method: "pm_card_authenticationRequired",
      confirm: true,
    });
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status: "requires_action" });
    const answer = await fetch(`${url}/_sandbox/payment_intents/${id}/authenticate`, {
      method: "POST",
      body: JSON.stringify({ succeeds }),
    });
    expect(answer.status).toBe(200);
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({ status });
  });

  it("of a subscription's first invoice activates the subscription", async () => {
    const { stripe } = await localStripe();
    const customer = await stripe.customers.create();
    const price = await monthlyPrice(stripe, 4900);
    const { id, latest_invoice } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      payment_behavior: "default_incomplete",
      expand: ["latest_invoice.payments"],
    });
    const payment = (latest_invoice as Stripe.Invoice).payments?.data[0]?.payment.payment_intent as string;
    await stripe.paymentIntents.confirm(payment, { payment_method: "pm_card_visa" });
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "active" });
    const again = stripe.paymentIntents.confirm(payment, { payment_method: "pm_card_visa" });
    expect(await refusal(again)).toMatchObject({ code: "payment_intent_unexpected_state" });
  });

  it("can be canceled once, but not after it succeeded", async () => {
    const { stripe } = await localStripe();
    const { id } = await stripe.paymentIntents.create({ amount: 2000, currency: "usd" });
    expect(await stripe.paymentIntents.cancel(id)).toMatchObject({ status: "canceled" });
    expect(await refusal(stripe.paymentIntents.cancel(id))).toMatchObject({ statusCode: 400 });
    const paid = await reload(stripe, "pm_card_visa");
    expect(await refusal(stripe.paymentIntents.cancel(paid.id))).toMatchObject({ statusCode: 400 });
  });
});

it("refunds can't exceed the amount that was paid", async () => {
  const { stripe } = await localStripe();
  const intent = await reload(stripe, "pm_card_visa");
  const first = await stripe.refunds.create({ payment_intent: intent.id, amount: 500 });
  expect(first).toMatchObject({
    object: "refund",
    status: "succeeded",
    amount: 500,
    charge: intent.latest_charge,
  });
  expect(await refusal(stripe.refunds.create({ payment_intent: intent.id, amount: 1501 }))).toMatchObject({
    statusCode: 400,
    message: "Refund amount ($15.01) is greater than unrefunded amount on charge ($15.00)",
  });
  await stripe.refunds.create({ charge: intent.latest_charge as string });
  expect(await refusal(stripe.refunds.create({ payment_intent: intent.id }))).toMatchObject({
    code: "charge_already_refunded",
  });
  expect(await stripe.charges.retrieve(intent.latest_charge as string)).toMatchObject({
    refunded: true,
    amount_refunded: 2000,
  });
  expect((await stripe.refunds.list({ payment_intent: intent.id })).data).toHaveLength(2);
});

describe("setup intents", () => {
  it("attach a card to the customer", async () => {
    const { stripe } = await localStripe();
    const { id: customer } = await stripe.customers.create();
    const { id } = await stripe.setupIntents.create({ customer });
    const after = await stripe.setupIntents.confirm(id, { payment_method: "pm_card_visa" });
    expect(after).toMatchObject({ status: "succeeded", usage: "off_session" });
    const saved = await stripe.paymentMethods.list({ customer });
    expect(saved.data.map((one) => one.id)).toEqual([after.payment_method]);
  });

  it("don't attach a card that is declined", async () => {
    const { stripe } = await localStripe();
    const { id: customer } = await stripe.customers.create();
    const made = stripe.setupIntents.create({
      customer,
      confirm: true,
      payment_method: "pm_card_chargeDeclined",
    });
    expect(await refusal(made)).toMatchObject({ statusCode: 402, code: "card_declined" });
    expect((await stripe.paymentMethods.list({ customer })).data).toEqual([]);
  });
});

describe("payment methods", () => {
  it("are attached to one customer, and are no longer a default once detached", async () => {
    const { stripe } = await localStripe();
    const customer = await customerWithCard(stripe);
    const other = await stripe.customers.create();
    const method = customer.invoice_settings.default_payment_method as string;
    expect(await refusal(stripe.paymentMethods.attach(method, { customer: other.id }))).toMatchObject({
      statusCode: 400,
    });
    expect(await stripe.paymentMethods.detach(method)).toMatchObject({ customer: null });
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({
      invoice_settings: { default_payment_method: null },
    });
    expect(await refusal(stripe.paymentMethods.detach(method))).toMatchObject({ statusCode: 400 });
  });

  it("can't be used again once detached", async () => {
    const { stripe } = await localStripe();
    const { id: customer, invoice_settings: settings } = await customerWithCard(stripe);
    const method = settings.default_payment_method as string;
    await stripe.paymentMethods.detach(method);
    const invoice = await stripe.invoices.create({ customer, auto_advance: false });
    await stripe.invoiceItems.create({ customer, invoice: invoice.id, amount: 1000, currency: "usd" });
    const uses = {
      attach: () => stripe.paymentMethods.attach(method, { customer }),
      "create an intent": () =>
        stripe.paymentIntents.create({ amount: 1000, currency: "usd", customer, payment_method: method }),
      "save it by an intent": () =>
        stripe.setupIntents.create({ customer, payment_method: method, confirm: true }),
      "pay an invoice": () => stripe.invoices.pay(invoice.id, { payment_method: method }),
    };
    for (const [name, use] of Object.entries(uses))
      expect(await refusal(use()), name).toMatchObject({
        statusCode: 400,
        message: expect.stringContaining("may not be used again"),
      });
  });

  it("can be created from a test card's token, but not from a card number", async () => {
    const { stripe } = await localStripe();
    const made = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
    expect(made).toMatchObject({ type: "card", card: { last4: "4242", brand: "visa" }, customer: null });
    const number = { number: "4242424242424242", exp_month: 1, exp_year: 2030 };
    expect(await refusal(stripe.paymentMethods.create({ type: "card", card: number }))).toMatchObject({
      statusCode: 400,
    });
  });
});
