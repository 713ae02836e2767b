import { describe, expect, it } from "vitest";
import { customerWithCard, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

describe("customers", () => {
  it("are created, read, changed and deleted", async () => {
    const { stripe } = await localStripe();
    const created = await stripe.customers.create({
      email: "ada@acme.example",
      name: "Acme",
      address: { city: "Rome", line1: "Via 1" },
      metadata: { organization: "acme", id: "1" },
    });
    expect(created).toMatchObject({
      object: "customer",
      email: "ada@acme.example",
      livemode: false,
      balance: 0,
    });
    expect(created.id).toMatch(/^cus_\w{14}$/);
    expect(created.address).toMatchObject({ city: "Rome", line1: "Via 1", country: null });

    const changed = await stripe.customers.update(created.id, { name: "Acme Robotics", description: "d" });
    expect(changed).toMatchObject({ name: "Acme Robotics", description: "d", email: "ada@acme.example" });
    expect(await stripe.customers.retrieve(created.id)).toEqual(changed);

    const gone = { id: created.id, object: "customer", deleted: true };
    expect(await stripe.customers.del(created.id)).toMatchObject(gone);
    const read = await stripe.customers.retrieve(created.id);
    expect(JSON.parse(JSON.stringify(read))).toEqual(gone);
    expect((await stripe.customers.list()).data).toEqual([]);
    expect(await refusal(stripe.customers.update(created.id, { name: "x" }))).toEqual({
      statusCode: 404,
      type: "invalid_request_error",
      code: "resource_missing",
      message: `No such customer: '${created.id}'`,
      param: "id",
    });
    expect(await refusal(stripe.customers.del(created.id))).toMatchObject({ statusCode: 404 });
  });

  it("merge metadata; an empty value removes a key, and empty metadata removes all", async () => {
    const { stripe } = await localStripe();
    const { id } = await stripe.customers.create({ metadata: { a: "1", b: "2" } });
    const merged = await stripe.customers.update(id, { metadata: { b: "", c: "3" } });
    expect(merged.metadata).toEqual({ a: "1", c: "3" });
    expect((await stripe.customers.update(id, { metadata: "" })).metadata).toEqual({});
  });

  it.each([
    ["51 keys", Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, "v"])), /50 metadata keys/],
    ["a key of 41 characters", { ["k".repeat(41)]: "v" }, /up to 40 characters/],
    ["a value of 501 characters", { k: "v".repeat(501) }, /up to 500 characters/],
  ])("refuse metadata with %s, and change nothing", async (_, metadata, message) => {
    const { stripe } = await localStripe();
    const { id } = await stripe.customers.create({ metadata: { kept: "1" } });
    expect((await refusal(stripe.customers.update(id, { metadata }))).message).toMatch(message);
    expect((await stripe.customers.retrieve(id)) as object).toMatchObject({ metadata: { kept: "1" } });
  });

  it("are found by email, case-sensitively", async () => {
    const { stripe } = await localStripe();
    const first = await stripe.customers.create({ email: "Ada@acme.example" });
    const second = await stripe.customers.create({ email: "Ada@acme.example" });
    await stripe.customers.create({ email: "ada@acme.example" });
    const found = await stripe.customers.list({ email: "Ada@acme.example" });
    expect(found.data.map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  it("can't be searched or filtered by metadata", async () => {
    const { stripe } = await localStripe();
    expect(await refusal(stripe.customers.search({ query: "email:'a@b.co'" }))).toMatchObject({
      statusCode: 400,
      message: expect.stringMatching(/Search/),
    });
    expect(await refusal(stripe.customers.list({ metadata: { a: "1" } } as never))).toMatchObject({
      code: "parameter_unknown",
    });
  });

  it("that are deleted have their subscriptions canceled", async () => {
    const { stripe } = await localStripe();
    const customer = await customerWithCard(stripe);
    const price = await monthlyPrice(stripe, 4900);
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    await stripe.customers.del(customer.id);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "canceled" });
    const renewed = stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    expect(await refusal(renewed)).toMatchObject({
      statusCode: 400,
      code: "resource_missing",
      param: "customer",
    });
  });

  it("accept only their own payment method as the default", async () => {
    const { stripe } = await localStripe();
    const other = await stripe.customers.create();
    const method = await stripe.paymentMethods.attach("pm_card_visa", { customer: other.id });
    const { id } = await stripe.customers.create();
    const change = stripe.customers.update(id, { invoice_settings: { default_payment_method: method.id } });
    expect(await refusal(change)).toMatchObject({
      statusCode: 400,
      code: "resource_missing",
      param: "invoice_settings[default_payment_method]",
    });
  });

  it("that can't be created leave no objects", async () => {
    const { stripe } = await localStripe();
    const made = stripe.customers.create({ payment_method: "pm_card_chargeDeclined" });
    expect(await refusal(made)).toMatchObject({ statusCode: 402, type: "card_error", code: "card_declined" });
    expect((await stripe.customers.list()).data).toEqual([]);
    expect((await stripe.paymentMethods.list()).data).toEqual([]);
  });
});
