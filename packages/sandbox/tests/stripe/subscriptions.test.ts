import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { customerWithCard, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

const NO_CARD = /^This customer has no attached payment source or default payment method\./;

function invoiceOf(subscription: Stripe.Subscription): Stripe.Invoice {
  const { latest_invoice } = subscription;
  if (latest_invoice === null || typeof latest_invoice === "string") throw new Error("Not expanded");
  return latest_invoice;
}

describe("a new subscription", () => {
  it.each([
    ["a card that works", "pm_card_visa", {}, "active", "paid"],
    ["a card that is declined", "pm_card_chargeCustomerFail", {}, "incomplete", "open"],
    ["a card that requires authentication", "pm_card_authenticationRequired", {}, "incomplete", "open"],
    [
      "a card that works and default_incomplete",
      "pm_card_visa",
      { payment_behavior: "default_incomplete" },
      "incomplete",
      "open",
    ],
    [
      "no card and default_incomplete",
      undefined,
      { payment_behavior: "default_incomplete" },
      "incomplete",
      "open",
    ],
    ["no card and a trial", undefined, { trial_period_days: 14 }, "trialing", "paid"],
    [
      "no card and send_invoice",
      undefined,
      { collection_method: "send_invoice", days_until_due: 14 },
      "active",
      "draft",
    ],
  ] as const)("with %s is $3", async (_, card, fields, status, invoiced) => {
    const { stripe } = await localStripe();
    const customer =
      card === undefined ? await stripe.customers.create() : await customerWithCard(stripe, card);
    const price = await monthlyPrice(stripe, 4900);
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id, quantity: 2 }],
      expand: ["latest_invoice"],
      ...fields,
    });
    expect(subscription.status).toBe(status);
    expect(invoiceOf(subscription)).toMatchObject({
      status: invoiced,
      total: status === "trialing" ? 0 : 9800,
      billing_reason: "subscription_create",
    });
    expect(subscription.items.data).toMatchObject([{ quantity: 2, price: { id: price.id } }]);
  });

  it("with a free price needs no card", async () => {
    const { stripe } = await localStripe();
    const { id } = await stripe.customers.create();
    const price = await monthlyPrice(stripe, 0);
    const made = await stripe.subscriptions.create({ customer: id, items: [{ price: price.id }] });
    expect(made.status).toBe("active");
  });

  it("without a payment method is refused and leaves no objects", async () => {
    const { stripe } = await localStripe();
    const { id } = await stripe.customers.create();
    const price = await monthlyPrice(stripe, 4900);
    const made = stripe.subscriptions.create({ customer: id, items: [{ price: price.id }] });
    expect(await refusal(made)).toMatchObject({ statusCode: 400, message: expect.stringMatching(NO_CARD) });
    expect((await stripe.subscriptions.list({ status: "all" })).data).toEqual([]);
    expect((await stripe.invoices.list()).data).toEqual([]);
  });

  it("with error_if_incomplete is refused if the card is declined, and leaves no objects", async () => {
    const { stripe } = await localStripe();
    const customer = await customerWithCard(stripe, "pm_card_chargeCustomerFail");
    const price = await monthlyPrice(stripe, 4900);
    const made = stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      payment_behavior: "error_if_incomplete",
    });
    expect(await refusal(made)).toMatchObject({
      statusCode: 402,
      type: "card_error",
      code: "card_declined",
      decline_code: "generic_decline",
    });
    expect((await stripe.subscriptions.list({ status: "all" })).data).toEqual([]);
    expect((await stripe.invoices.list()).data).toEqual([]);
  });

  it.each([
    ["an archived price", "archived", {}, /The price specified is inactive/],
    ["a one-time price", "one_time", {}, /only accepts prices with `type=recurring`/],
    ["a price that doesn't exist", "none", {}, /No such price: 'price_none'/],
    ["send_invoice without days_until_due", "good", { collection_method: "send_invoice" }, /days_until_due/],
    ["days_until_due without send_invoice", "good", { days_until_due: 3 }, /days_until_due/],
    ["two trial ends", "good", { trial_period_days: 1, trial_end: 4e9 }, /only specify one of these/],
    ["a trial end in the past", "good", { trial_end: 5 }, /must be an integer Unix timestamp in the future/],
    ["a trial that is too long", "good", { trial_period_days: 731 }, /less than or equal to 730/],
    ["an unknown parameter", "good", { plan_name: "x" }, /Received unknown parameter: plan_name/],
  ])("is refused with %s", async (_, kind, fields, message) => {
    const { stripe } = await localStripe();
    const customer = await customerWithCard(stripe);
    const good = await monthlyPrice(stripe, 4900);
    const archived = await stripe.prices.update((await monthlyPrice(stripe, 1)).id, { active: false });
    const once = await stripe.prices.create({
      product: good.product as string,
      currency: "usd",
      unit_amount: 1,
    });
    const price = { good: good.id, archived: archived.id, one_time: once.id, none: "price_none" }[kind] ?? "";
    const made = stripe.subscriptions.create({ customer: customer.id, items: [{ price }], ...fields });
    expect(await refusal(made)).toMatchObject({ statusCode: 400, message: expect.stringMatching(message) });
  });

  it("must have the customer's currency", async () => {
    const { stripe } = await localStripe();
    const customer = await customerWithCard(stripe);
    const usd = await monthlyPrice(stripe, 4900);
    const eur = await monthlyPrice(stripe, 4900, { currency: "eur" });
    await stripe.subscriptions.create({ customer: customer.id, items: [{ price: usd.id }] });
    const second = stripe.subscriptions.create({ customer: customer.id, items: [{ price: eur.id }] });
    expect((await refusal(second)).message).toMatch(/cannot combine currencies on a single customer/);
  });
});

describe("when time passes", () => {
  it.each([
    ["cancel", undefined, "canceled"],
    ["pause", undefined, "paused"],
    ["create_invoice", undefined, "past_due"],
    ["cancel", "pm_card_visa", "active"],
    ["cancel", "pm_card_chargeCustomerFail", "past_due"],
  ] as const)("a trial that ends with %s and the card %s is %s", async (behavior, card, status) => {
    const { stripe, advance } = await localStripe();
    const customer =
      card === undefined ? await stripe.customers.create() : await customerWithCard(stripe, card);
    const price = await monthlyPrice(stripe, 4900);
    const { id, trial_end } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      trial_period_days: 14,
      trial_settings: { end_behavior: { missing_payment_method: behavior } },
    });
    await advance({ days: 13, hours: 23 });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe("trialing");
    await advance({ hours: 2 });
    const after = await stripe.subscriptions.retrieve(id);
    expect(after.status).toBe(status);
    if (status === "canceled") expect(after.ended_at).toBe(trial_end);
    if (status === "active") expect(after.items.data[0]?.current_period_start).toBe(trial_end);
  });

  it("a subscription that started on the last day of a month renews on the last day of each month", async () => {
    const now = () => new Date("2027-01-31T12:00:00Z");
    const { stripe, advance } = await localStripe({ now });
    const customer = await customerWithCard(stripe);
    const price = await monthlyPrice(stripe, 4900);
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    await advance({ days: 75 });
    const invoices = await stripe.invoices.list({ subscription: id });
    const dates = invoices.data.map(({ created }) => new Date(created * 1000).toISOString());
    expect(dates).toEqual([
      "2027-03-31T12:00:00.000Z",
      "2027-02-28T12:00:00.000Z",
      "2027-01-31T12:00:00.000Z",
    ]);
    expect(invoices.data.map(({ amount_paid }) => amount_paid)).toEqual([4900, 4900, 4900]);
  });

  it("a subscription whose card stops working is past due, and is canceled after the last retry", async () => {
    const { stripe, advance } = await localStripe();
    const customer = await customerWithCard(stripe);
    const price = await monthlyPrice(stripe, 4900);
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    const bad = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
    await advance({ days: 31 });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe("past_due");
    await advance({ days: 20 });
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: "canceled",
      cancellation_details: { reason: "payment_failed" },
    });
  });

  it("a past-due subscription is active again once its invoice is paid", async () => {
    const { stripe, advance } = await localStripe();
    const customer = await customerWithCard(stripe, "pm_card_chargeCustomerFail");
    const price = await monthlyPrice(stripe, 4900);
    const { id } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      trial_period_days: 1,
    });
    await advance({ days: 2 });
    const late = await stripe.subscriptions.retrieve(id);
    expect(late.status).toBe("past_due");
    const invoice = late.latest_invoice as string;
    expect(await refusal(stripe.invoices.pay(invoice))).toMatchObject({
      statusCode: 402,
      code: "card_declined",
    });
    const good = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
    expect(await stripe.invoices.pay(invoice, { payment_method: good.id })).toMatchObject({ status: "paid" });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
  });

  it("an incomplete subscription expires after 23 hours, and its invoice is voided", async () => {
    const { stripe, advance } = await localStripe();
    const customer = await customerWithCard(stripe, "pm_card_chargeCustomerFail");
    const price = await monthlyPrice(stripe, 4900);
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    await advance({ hours: 22 });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe("incomplete");
    await advance({ hours: 2 });
    const after = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
    expect(after.status).toBe("incomplete_expired");
    expect(invoiceOf(after).status).toBe("void");
  });

  it("an incomplete subscription accepts only metadata and a payment method", async () => {
    const { stripe } = await localStripe();
    const customer = await customerWithCard(stripe, "pm_card_chargeCustomerFail");
    const price = await monthlyPrice(stripe, 4900);
    const { id, items } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
    });
    expect((await stripe.subscriptions.update(id, { metadata: { a: "b" } })).metadata).toEqual({ a: "b" });
    const other = await monthlyPrice(stripe, 9900);
    const change = { items: [{ id: items.data[0]?.id ?? "", price: other.id }] };
    for (const refused of [change, { collection_method: "send_invoice" as const, days_until_due: 7 }])
      expect(await refusal(stripe.subscriptions.update(id, refused))).toMatchObject({
        statusCode: 400,
        message: expect.stringContaining("while in `incomplete` status"),
      });
  });

  it("an invoice that isn't paid when due makes its subscription past due", async () => {
    const { stripe, advance } = await localStripe();
    const { id: customer } = await stripe.customers.create();
    const price = await monthlyPrice(stripe, 4900);
    const { id, latest_invoice } = await stripe.subscriptions.create({
      customer,
      items: [{ price: price.id }],
      collection_method: "send_invoice",
      days_until_due: 14,
    });
    await advance({ days: 15 });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe("past_due");
    await stripe.invoices.pay(latest_invoice as string, { paid_out_of_band: true });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
  });
});

describe("cancelling", () => {
  it("ends a subscription immediately, and only once", async () => {
    const { stripe } = await localStripe();
    const customer = await customerWithCard(stripe);
    const price = await monthlyPrice(stripe, 4900);
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    expect(await stripe.subscriptions.cancel(id)).toMatchObject({
      status: "canceled",
      cancellation_details: { reason: "cancellation_requested" },
    });
    expect(await refusal(stripe.subscriptions.cancel(id))).toMatchObject({
      statusCode: 404,
      message: `No such subscription: '${id}'`,
    });
    expect((await refusal(stripe.subscriptions.update(id, { description: "x" }))).message).toBe(
      "A canceled subscription can only update its cancellation_details and metadata.",
    );
    expect(await stripe.subscriptions.update(id, { metadata: { a: "1" } })).toMatchObject({
      metadata: { a: "1" },
    });
    expect((await stripe.subscriptions.list({ customer: customer.id })).data).toEqual([]);
    const all = await stripe.subscriptions.list({ customer: customer.id, status: "all" });
    expect(all.data.map((one) => one.id)).toEqual([id]);
  });

  it("at the end of the period can be revoked until then", async () => {
    const { stripe, advance } = await localStripe();
    const customer = await customerWithCard(stripe);
    const price = await monthlyPrice(stripe, 4900);
    const { id, items } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
    });
    const end = items.data[0]?.current_period_end;
    const wanted = await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    expect(wanted).toMatchObject({ status: "active", cancel_at_period_end: true, cancel_at: end });
    const taken = await stripe.subscriptions.update(id, { cancel_at_period_end: false });
    expect(taken).toMatchObject({ cancel_at_period_end: false, cancel_at: null, canceled_at: null });
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await advance({ days: 32 });
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "canceled", ended_at: end });
    expect((await stripe.invoices.list({ subscription: id })).data).toHaveLength(1);
  });

  it("at the end of the period moves with the period when a free plan changes to a paid one", async () => {
    const { stripe, advance } = await localStripe();
    const customer = await customerWithCard(stripe);
    const [free, paid] = [await monthlyPrice(stripe, 0), await monthlyPrice(stripe, 4900)];
    const { id, items } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: free.id }],
    });
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await advance({ days: 10 });
    const item = items.data[0]?.id ?? "";
    const changed = await stripe.subscriptions.update(id, { items: [{ id: item, price: paid.id }] });
    expect(changed.cancel_at).toBe(changed.items.data[0]?.current_period_end);
    expect(changed.cancel_at).toBeGreaterThan(items.data[0]?.current_period_end ?? 0);
  });
});

describe("changing the price", () => {
  const now = () => new Date("2027-04-01T00:00:00Z");

  async function halfWay() {
    const local = await localStripe({ now });
    const customer = await customerWithCard(local.stripe);
    const small = await monthlyPrice(local.stripe, 3000);
    const large = await monthlyPrice(local.stripe, 9000);
    const subscription = await local.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: small.id }],
    });
    await local.advance({ days: 15 });
    const item = subscription.items.data[0]?.id ?? "";
    return { ...local, customer, small, large, id: subscription.id, item };
  }

  it("prorates the difference on the next invoice", async () => {
    const { stripe, advance, id, item, large } = await halfWay();
    const after = await stripe.subscriptions.update(id, { items: [{ id: item, price: large.id }] });
    expect(after.items.data).toMatchObject([{ id: item, price: { id: large.id } }]);
    await advance({ days: 16 });
    const [renewal] = (await stripe.invoices.list({ subscription: id })).data;
    expect(renewal?.lines.data.map(({ amount }) => amount)).toEqual([-1500, 4500, 9000]);
    expect(renewal).toMatchObject({ total: 12_000, status: "paid" });
  });

  it("with always_invoice bills the difference immediately", async () => {
    const { stripe, id, item, large } = await halfWay();
    const after = await stripe.subscriptions.update(id, {
      items: [{ id: item, price: large.id }],
      proration_behavior: "always_invoice",
      expand: ["latest_invoice"],
    });
    expect(invoiceOf(after)).toMatchObject({
      total: 3000,
      status: "paid",
      billing_reason: "subscription_update",
    });
  });

  it("with none bills nothing until the renewal", async () => {
    const { stripe, advance, id, item, large } = await halfWay();
    await stripe.subscriptions.update(id, {
      items: [{ id: item, price: large.id }],
      proration_behavior: "none",
    });
    await advance({ days: 16 });
    const totals = (await stripe.invoices.list({ subscription: id })).data.map(({ total }) => total);
    expect(totals).toEqual([9000, 3000]);
  });

  it("to a lower one credits the customer's balance, which the next invoice uses", async () => {
    const { stripe, advance, customer, id, item, large, small } = await halfWay();
    await stripe.subscriptions.update(id, {
      items: [{ id: item, price: large.id }],
      proration_behavior: "none",
    });
    await stripe.subscriptions.update(id, {
      items: [{ id: item, price: small.id }],
      proration_behavior: "always_invoice",
    });
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -3000 });
    await advance({ days: 16 });
    const [renewal] = (await stripe.invoices.list({ subscription: id })).data;
    expect(renewal).toMatchObject({ total: 3000, amount_due: 0, status: "paid" });
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: 0 });
  });

  it("from free to paid starts a period that is paid immediately", async () => {
    const { stripe } = await localStripe({ now });
    const { id: customer } = await stripe.customers.create();
    const free = await monthlyPrice(stripe, 0);
    const paid = await monthlyPrice(stripe, 4900);
    const made = await stripe.subscriptions.create({ customer, items: [{ price: free.id }] });
    const upgrade = { items: [{ id: made.items.data[0]?.id ?? "", price: paid.id }] };
    expect((await refusal(stripe.subscriptions.update(made.id, upgrade))).message).toMatch(NO_CARD);
    expect((await stripe.subscriptions.retrieve(made.id)).items.data[0]?.price.id).toBe(free.id);
    const method = await stripe.paymentMethods.attach("pm_card_visa", { customer });
    const after = await stripe.subscriptions.update(made.id, {
      ...upgrade,
      default_payment_method: method.id,
      expand: ["latest_invoice"],
    });
    expect(invoiceOf(after)).toMatchObject({ total: 4900, status: "paid" });
  });

  it("with a declined payment makes it past due, or is refused with error_if_incomplete", async () => {
    const { stripe, customer, id, item, large, small } = await halfWay();
    const bad = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: customer.id });
    const change = {
      default_payment_method: bad.id,
      items: [{ id: item, price: large.id }],
      proration_behavior: "always_invoice" as const,
    };
    const strict = { ...change, payment_behavior: "error_if_incomplete" as const };
    expect(await refusal(stripe.subscriptions.update(id, strict))).toMatchObject({ statusCode: 402 });
    const kept = await stripe.subscriptions.retrieve(id);
    expect(kept).toMatchObject({ status: "active", default_payment_method: null });
    expect(kept.items.data[0]?.price.id).toBe(small.id);
    expect(await stripe.subscriptions.update(id, change)).toMatchObject({ status: "past_due" });
  });

  describe("with pending_if_incomplete and a declined payment", () => {
    async function pending() {
      const world = await halfWay();
      const { stripe, customer, id, item, large } = world;
      const bad = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: customer.id });
      await stripe.subscriptions.update(id, { default_payment_method: bad.id });
      const change = {
        items: [{ id: item, price: large.id }],
        proration_behavior: "always_invoice" as const,
        payment_behavior: "pending_if_incomplete" as const,
      };
      const waiting = await stripe.subscriptions.update(id, { ...change, expand: ["latest_invoice"] });
      return { ...world, change, waiting, invoice: invoiceOf(waiting).id ?? "" };
    }
    const priceOf = (found: Stripe.Subscription) => found.items.data[0]?.price.id;

    it("is pending until its invoice is paid", async () => {
      const { stripe, customer, id, waiting, small, large, invoice } = await pending();
      expect(priceOf(waiting)).toBe(small.id);
      expect(waiting).toMatchObject({
        status: "active",
        latest_invoice: { status: "open" },
        pending_update: { subscription_items: [{ price: { id: large.id } }] },
      });
      const good = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
      await stripe.invoices.pay(invoice, { payment_method: good.id });
      const paid = await stripe.subscriptions.retrieve(id);
      expect(paid).toMatchObject({ status: "active", pending_update: null });
      expect(priceOf(paid)).toBe(large.id);
    });

    it("expires after 23 hours and voids its invoice", async () => {
      const { stripe, id, small, invoice, advance } = await pending();
      await advance({ hours: 22 });
      expect((await stripe.subscriptions.retrieve(id)).pending_update).not.toBeNull();
      await advance({ hours: 2 });
      const lapsed = await stripe.subscriptions.retrieve(id);
      expect([lapsed.pending_update, priceOf(lapsed)]).toEqual([null, small.id]);
      expect(await stripe.invoices.retrieve(invoice)).toMatchObject({ status: "void" });
    });

    it("is discarded if its invoice is voided or another change is made", async () => {
      const { stripe, id, change, invoice, large, small } = await pending();
      await stripe.invoices.voidInvoice(invoice);
      expect((await stripe.subscriptions.retrieve(id)).pending_update).toBeNull();
      const again = await stripe.subscriptions.update(id, change);
      const other = { ...change, items: [{ ...change.items[0], quantity: 2 }] };
      const instead = await stripe.subscriptions.update(id, other);
      expect(instead.pending_update?.subscription_items).toMatchObject([
        { price: { id: large.id }, quantity: 2 },
      ]);
      expect(await stripe.invoices.retrieve(String(again.latest_invoice))).toMatchObject({ status: "void" });
      expect(priceOf(instead)).toBe(small.id);
    });

    it("is refused with send_invoice, and for parameters that don't support it", async () => {
      const { stripe, id, change } = await pending();
      const described = stripe.subscriptions.update(id, { ...change, description: "x" });
      expect(await refusal(described)).toMatchObject({ statusCode: 400, param: "description" });
      await stripe.subscriptions.update(id, { collection_method: "send_invoice", days_until_due: 30 });
      expect(await refusal(stripe.subscriptions.update(id, change))).toMatchObject({
        statusCode: 400,
        param: "payment_behavior",
      });
    });
  });

  it("adds and removes items, but not the last one", async () => {
    const { stripe, id, item, large } = await halfWay();
    const added = await stripe.subscriptionItems.create({ subscription: id, price: large.id, quantity: 3 });
    expect(added).toMatchObject({ object: "subscription_item", quantity: 3, subscription: id });
    const changed = await stripe.subscriptionItems.update(added.id, { quantity: 1, metadata: { a: "1" } });
    expect(changed).toMatchObject({ quantity: 1, metadata: { a: "1" } });
    expect((await stripe.subscriptionItems.list({ subscription: id })).data).toHaveLength(2);
    await stripe.subscriptionItems.del(added.id);
    expect((await stripe.subscriptions.retrieve(id)).items.data.map((one) => one.id)).toEqual([item]);
    expect(await refusal(stripe.subscriptionItems.del(item))).toMatchObject({ statusCode: 400 });
  });
});
