import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { customerWithCard, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

async function subscribed() {
  const local = await localStripe({ now: () => new Date("2027-03-01T00:00:00Z") });
  const { stripe } = local;
  const { id: customer } = await customerWithCard(stripe);
  const price = await monthlyPrice(stripe, 4900);
  const create = async () =>
    (await stripe.subscriptions.create({ customer, items: [{ price: price.id }] })).id;
  const id = await create();
  const latest = async (subscription = id): Promise<Stripe.Invoice> => {
    const [newest] = (await stripe.invoices.list({ subscription })).data;
    if (newest === undefined) throw new Error("No invoice");
    return newest;
  };
  const amounts = async (subscription = id) =>
    (await latest(subscription)).lines.data.map(({ amount }) => amount);
  const item = (more: Partial<Stripe.InvoiceItemCreateParams> = {}) =>
    stripe.invoiceItems.create({ customer, amount: 700, currency: "usd", description: "Setup", ...more });
  return { ...local, customer, price, id, create, latest, amounts, item };
}

describe("an invoice item", () => {
  it("waits for the customer's next invoice, which says so in its line", async () => {
    const { stripe, item, advance, amounts, latest } = await subscribed();
    const waiting = await item({ metadata: { a: "1" } });
    expect(waiting).toMatchObject({
      object: "invoiceitem",
      amount: 700,
      invoice: null,
      parent: null,
      proration: false,
      quantity: 1,
    });
    await advance({ days: 31 });
    expect(await amounts()).toEqual([700, 4900]);
    const { id, lines, total } = await latest();
    expect(total).toBe(5600);
    expect(lines.data[0]).toMatchObject({
      description: "Setup",
      metadata: { a: "1" },
      parent: { type: "invoice_item_details", invoice_item_details: { invoice_item: waiting.id } },
      subscription: null,
    });
    expect((await stripe.invoiceItems.retrieve(waiting.id)).invoice).toBe(id);
    expect((await stripe.invoiceItems.list({ pending: true })).data).toEqual([]);
    expect((await stripe.invoiceItems.list({ invoice: id ?? "" })).data.map((one) => one.id)).toEqual([
      waiting.id,
    ]);
    await advance({ days: 31 });
    expect(await amounts()).toEqual([4900]);
  });

  it("of a subscription is ignored by invoices of others", async () => {
    const { stripe, item, create, amounts, id } = await subscribed();
    await item({ subscription: id });
    const other = await create();
    expect(await amounts(other)).toEqual([4900]);
    const now = await stripe.subscriptions.update(id, { billing_cycle_anchor: { type: "now" } });
    expect(now.status).toBe("active");
    expect(await amounts()).toEqual([700, 4900]);
  });

  it("can have a one-time price and a quantity, or a negative amount that discounts don't reduce", async () => {
    const { stripe, item, customer } = await subscribed();
    const { product } = await monthlyPrice(stripe, 1);
    const once = await stripe.prices.create({ product: String(product), currency: "usd", unit_amount: 250 });
    const priced = await stripe.invoiceItems.create({
      customer,
      pricing: { price: once.id },
      quantity: 3,
      period: { start: 5, end: 9 },
    });
    expect(priced).toMatchObject({
      amount: 750,
      quantity: 3,
      pricing: { price_details: { price: once.id, product } },
      period: { start: 5, end: 9 },
      discountable: true,
    });
    expect(await item({ amount: -300 })).toMatchObject({ amount: -300, discountable: false });
  });

  it("can be changed and deleted until its invoice is finalized", async () => {
    const { stripe, item, advance, amounts, latest } = await subscribed();
    const first = await item();
    const second = await item({ amount: 100 });
    await stripe.invoiceItems.update(first.id, { amount: 900, description: "More" });
    await advance({ days: 31 });
    expect(await amounts()).toEqual([900, 100, 4900]);
    await stripe.invoiceItems.del(second.id);
    await stripe.invoiceItems.update(first.id, { amount: 50 });
    const draft = (await latest()).id ?? "";
    const added = await item({ amount: 30, invoice: draft });
    expect(added.invoice).toBe(draft);
    expect(await amounts()).toEqual([50, 4900, 30]);
    expect((await latest()).amount_due).toBe(4980);
    await advance({ hours: 1 });
    expect(await latest()).toMatchObject({ status: "paid", amount_paid: 4980 });
    for (const late of [
      stripe.invoiceItems.update(first.id, { amount: 1 }),
      stripe.invoiceItems.del(first.id),
      item({ invoice: draft }),
    ])
      expect(await refusal(late)).toMatchObject({ statusCode: 400, code: "invoice_not_editable" });
  });

  it.each([
    ["without an amount", { amount: undefined }, /must pass either `amount` or `pricing\[price\]`/],
    ["without a currency", { currency: undefined }, /Missing required param: currency/],
    ["in another currency", { currency: "eur" }, /cannot combine currencies/],
    ["for a subscription that doesn't exist", { subscription: "sub_1" }, /No such subscription: 'sub_1'/],
    ["for an invoice that doesn't exist", { invoice: "in_1" }, /No such invoice: 'in_1'/],
    ["with tax rates", { tax_rates: ["txr_1"] }, /The sandbox doesn't support Stripe's parameter tax_rates/],
  ])("is refused %s", async (_, more, message) => {
    const { item } = await subscribed();
    expect(await refusal(item(more as Partial<Stripe.InvoiceItemCreateParams>))).toMatchObject({
      statusCode: 400,
      message: expect.stringMatching(message),
    });
  });

  it("can't have a recurring price", async () => {
    const { stripe, customer, price } = await subscribed();
    const made = stripe.invoiceItems.create({ customer, pricing: { price: price.id } });
    expect((await refusal(made)).message).toMatch(/only accepts prices with `type=one_time`/);
  });
});

describe("a proration", () => {
  async function changed() {
    const world = await subscribed();
    const large = await monthlyPrice(world.stripe, 9900);
    const { items } = await world.stripe.subscriptions.retrieve(world.id);
    await world.stripe.subscriptions.update(world.id, {
      items: [{ id: items.data[0]?.id ?? "", price: large.id }],
    });
    return world;
  }

  it("is an invoice item that waits for the renewal", async () => {
    const { stripe, id, amounts, advance } = await changed();
    const waiting = (await stripe.invoiceItems.list({ pending: true })).data;
    expect(waiting.map(({ amount }) => amount).reverse()).toEqual([-4900, 9900]);
    expect(waiting[0]).toMatchObject({
      proration: true,
      discountable: false,
      parent: { subscription_details: { subscription: id } },
    });
    await advance({ days: 31 });
    expect(await amounts()).toEqual([-4900, 9900, 9900]);
  });

  it("is dropped by an immediate cancellation, and billed by one at the period's end", async () => {
    const now = await changed();
    await now.stripe.subscriptions.cancel(now.id);
    expect((await now.stripe.invoiceItems.list()).data).toEqual([]);

    const later = await changed();
    await later.stripe.subscriptions.update(later.id, { cancel_at_period_end: true });
    await later.advance({ days: 32 });
    expect(await later.stripe.subscriptions.retrieve(later.id)).toMatchObject({ status: "canceled" });
    expect(await later.latest()).toMatchObject({ status: "paid", total: 5000 });
  });
});

describe("an invoice outside of billing periods", () => {
  it("includes waiting items if asked to, and is collected only if it advances automatically", async () => {
    const { stripe, item, customer, advance } = await subscribed();
    await item();
    const empty = await stripe.invoices.create({ customer });
    expect(empty).toMatchObject({ status: "draft", billing_reason: "manual", total: 0, auto_advance: false });
    const full = await stripe.invoices.create({
      customer,
      pending_invoice_items_behavior: "include",
      auto_advance: true,
      description: "Setup",
      footer: "Thanks",
      metadata: { a: "1" },
    });
    expect(full).toMatchObject({ total: 700, footer: "Thanks", metadata: { a: "1" }, parent: null });
    await advance({ hours: 1 });
    expect(await stripe.invoices.retrieve(full.id ?? "")).toMatchObject({ status: "paid", amount_paid: 700 });
    expect((await stripe.invoices.retrieve(empty.id ?? "")).status).toBe("draft");
  });

  it("of a subscription bills its waiting items, and doesn't decide its status", async () => {
    const { stripe, item, customer, id } = await subscribed();
    const nothing = stripe.invoices.create({ customer, subscription: id });
    expect(await refusal(nothing)).toMatchObject({ code: "invoice_no_subscription_line_items" });
    await item({ subscription: id });
    const made = await stripe.invoices.create({
      customer,
      subscription: id,
      collection_method: "send_invoice",
      days_until_due: 1,
    });
    expect(made).toMatchObject({ total: 700, due_date: made.created + 24 * 3600 });
    await stripe.invoices.finalizeInvoice(made.id ?? "");
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "active" });
    expect((await stripe.subscriptions.retrieve(id)).latest_invoice).not.toBe(made.id);
  });
});
