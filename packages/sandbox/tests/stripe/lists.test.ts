import fc from "fast-check";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { customerWithCard, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

describe("a list", () => {
  it("is sorted newest first, with ten objects per page", async () => {
    const { stripe } = await localStripe();
    const ids: string[] = [];
    for (let index = 0; index < 12; index += 1) ids.unshift((await stripe.customers.create()).id);
    const page = await stripe.customers.list();
    expect(page).toMatchObject({ object: "list", has_more: true, url: "/v1/customers" });
    expect(page.data.map(({ id }) => id)).toEqual(ids.slice(0, 10));
    expect(await stripe.customers.list({ limit: 12 })).toMatchObject({ has_more: false });
  });

  it.each([
    ["a limit of 0", { limit: 0 }, "parameter_invalid_integer"],
    ["a limit of 101", { limit: 101 }, "parameter_invalid_integer"],
    ["a cursor that doesn't exist", { starting_after: "cus_none" }, "resource_missing"],
    ["an unknown parameter", { offset: 3 }, "parameter_unknown"],
  ])("is refused with %s", async (_, parameters, code) => {
    const { stripe } = await localStripe();
    expect(await refusal(stripe.customers.list(parameters as never))).toMatchObject({
      statusCode: 400,
      code,
    });
  });

  it("can be filtered by the creation time", async () => {
    const { stripe, advance } = await localStripe({ now: () => new Date("2027-01-01T00:00:00Z") });
    const early = await stripe.products.create({ name: "early" });
    await advance({ days: 1 });
    const late = await stripe.products.create({ name: "late" });
    const names = async (created: object | number) =>
      (await stripe.products.list({ created: created as number })).data.map(({ name }) => name);
    expect(await names({ gte: late.created })).toEqual(["late"]);
    expect(await names({ gt: early.created })).toEqual(["late"]);
    expect(await names({ lt: late.created })).toEqual(["early"]);
    expect(await names({ gte: early.created, lte: late.created })).toEqual(["late", "early"]);
    expect(await names(early.created)).toEqual(["early"]);
  });

  it("is complete when paging forwards or backwards", async () => {
    const { stripe } = await localStripe();
    let group = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (count, limit) => {
          const email = `group-${group++}@acme.example`;
          const ids: string[] = [];
          for (let index = 0; index < count; index += 1)
            ids.unshift((await stripe.customers.create({ email })).id);

          const forwards: string[] = [];
          for await (const { id } of stripe.customers.list({ email, limit })) forwards.push(id);
          expect(forwards).toEqual(ids);

          const last = ids.at(-1);
          if (last === undefined) return;
          const backwards: string[] = [last];
          for await (const { id } of stripe.customers.list({ email, limit, ending_before: last }))
            backwards.unshift(id);
          expect(backwards).toEqual(ids);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe("expand", () => {
  it("expands references, including those in lists, down to four levels", async () => {
    const { stripe } = await localStripe();
    const product = await stripe.products.create({
      name: "Launch",
      default_price_data: { currency: "usd", unit_amount: 0, recurring: { interval: "month" } },
      expand: ["default_price"],
    });
    expect(product.default_price).toMatchObject({ object: "price", product: product.id });
    const customer = await stripe.customers.create();
    const price = typeof product.default_price === "object" ? product.default_price?.id : undefined;
    const { id } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price ?? "" }],
    });
    const { data } = await stripe.subscriptions.list({
      expand: ["data.customer", "data.latest_invoice.payments"],
    });
    expect(data[0]).toMatchObject({
      customer: { id: customer.id },
      latest_invoice: { object: "invoice", payments: { object: "list" } },
    });
    const read = await stripe.subscriptions.retrieve(id, { expand: ["items.data.price.product"] });
    expect(read.items.data[0]?.price.product).toMatchObject({ id: product.id, name: "Launch" });
    const deep = stripe.subscriptions.list({ expand: ["data.items.data.price.product"] });
    expect((await refusal(deep)).message).toMatch(/cannot expand more than 4 levels/);
    const owner = await stripe.customers.retrieve(customer.id, { expand: ["subscriptions"] });
    expect(owner).toMatchObject({ subscriptions: { data: [{ id }] } });
  });

  it("shows a deleted customer as deleted", async () => {
    const { stripe } = await localStripe();
    const product = await stripe.products.create({
      name: "Free",
      default_price_data: { currency: "usd", unit_amount: 0, recurring: { interval: "month" } },
    });
    const { id: customer } = await stripe.customers.create();
    const { id } = await stripe.subscriptions.create({
      customer,
      items: [{ price: product.default_price as string }],
    });
    await stripe.customers.del(customer);
    const read = await stripe.subscriptions.retrieve(id, { expand: ["customer"] });
    expect(read.customer).toEqual({ id: customer, object: "customer", deleted: true });
  });

  it.each(["name", "nothing", "metadata.key"])("refuses %s", async (path) => {
    const { stripe } = await localStripe();
    const made = stripe.customers.create({ name: "Acme", expand: [path] });
    expect(await refusal(made)).toMatchObject({
      statusCode: 400,
      message: `This property cannot be expanded (${path}).`,
    });
    expect((await stripe.customers.list()).data).toEqual([]);
  });
});

describe("an embedded list", () => {
  it("contains ten objects, and its URL returns all", async () => {
    const { stripe } = await localStripe();
    const customer = await customerWithCard(stripe);
    const prices = await Promise.all(
      Array.from({ length: 12 }, (_, index) => monthlyPrice(stripe, 100 + index)),
    );
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: prices.map(({ id }) => ({ price: id })),
      expand: ["latest_invoice"],
    });
    expect([subscription.items.data.length, subscription.items.has_more]).toEqual([10, true]);
    const items = await stripe.subscriptionItems.list({ subscription: subscription.id, limit: 100 });
    expect([items.data.length, items.has_more]).toEqual([12, false]);

    const invoice = subscription.latest_invoice as Stripe.Invoice;
    expect([invoice.lines.data.length, invoice.lines.has_more]).toEqual([10, true]);
    const lines = await stripe.invoices.listLineItems(invoice.id, { limit: 100 });
    expect([lines.data.length, lines.has_more]).toEqual([12, false]);
    expect(lines.data.slice(0, 10).map(({ id }) => id)).toEqual(invoice.lines.data.map(({ id }) => id));
    const rest = await stripe.invoices.listLineItems(invoice.id, {
      starting_after: invoice.lines.data[9]?.id ?? "",
    });
    expect(rest.data.map(({ id }) => id)).toEqual(lines.data.slice(10).map(({ id }) => id));
  });
});
