import { describe, expect, it } from "vitest";
import { localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

describe("products", () => {
  it("accept an id that no other product has, not even an archived one", async () => {
    const { stripe } = await localStripe();
    await stripe.products.create({ id: "agntdata-launch", name: "Launch" });
    const taken = {
      statusCode: 400,
      type: "invalid_request_error",
      code: "resource_already_exists",
      message: "Product already exists.",
      param: "id",
    };
    expect(await refusal(stripe.products.create({ id: "agntdata-launch", name: "x" }))).toEqual(taken);
    await stripe.products.update("agntdata-launch", { active: false });
    expect(await refusal(stripe.products.create({ id: "agntdata-launch", name: "x" }))).toEqual(taken);
  });

  it("can be archived, listed by `active`, and deleted if they have no prices", async () => {
    const { stripe } = await localStripe();
    const price = await monthlyPrice(stripe, 100);
    const product = price.product as string;
    expect(await refusal(stripe.products.del(product))).toMatchObject({
      statusCode: 400,
      message: expect.stringContaining("has one or more user-created prices"),
    });
    await stripe.products.update(product, { active: false });
    expect((await stripe.products.list({ active: true })).data).toEqual([]);
    expect((await stripe.products.list({ active: false })).data).toHaveLength(1);

    const { id } = await stripe.products.create({ name: "Bare" });
    expect(await stripe.products.del(id)).toMatchObject({ id, object: "product", deleted: true });
    expect(await refusal(stripe.products.retrieve(id))).toMatchObject({
      statusCode: 404,
      code: "resource_missing",
    });
  });

  it("unset a text with an empty string, and require a name", async () => {
    const { stripe } = await localStripe();
    const { id } = await stripe.products.create({ name: "Launch", description: "d" });
    expect((await stripe.products.update(id, { description: "" })).description).toBeNull();
    expect(await refusal(stripe.products.update(id, { name: "" }))).toMatchObject({
      code: "parameter_invalid_empty",
      param: "name",
    });
    expect(await refusal(stripe.products.create({} as never))).toMatchObject({
      code: "parameter_missing",
      message: "Missing required param: name.",
    });
  });

  it("accept only their own active price as the default", async () => {
    const { stripe } = await localStripe();
    const mine = await monthlyPrice(stripe, 100);
    const foreign = await monthlyPrice(stripe, 200);
    const product = mine.product as string;
    expect(await refusal(stripe.products.update(product, { default_price: foreign.id }))).toMatchObject({
      param: "default_price",
    });
    await stripe.prices.update(mine.id, { active: false });
    expect(await refusal(stripe.products.update(product, { default_price: mine.id }))).toMatchObject({
      param: "default_price",
    });
  });
});

describe("prices", () => {
  it("have an amount that can't be changed", async () => {
    const { stripe } = await localStripe();
    const price = await monthlyPrice(stripe, 4900);
    expect(price).toMatchObject({
      object: "price",
      active: true,
      type: "recurring",
      unit_amount: 4900,
      recurring: { interval: "month", interval_count: 1, usage_type: "licensed" },
    });
    expect(price.unit_amount_decimal?.toString()).toBe("4900");
    for (const change of [
      { unit_amount: 1 },
      { currency: "eur" },
      { recurring: { interval: "year" } },
      { product: "prod_x" },
    ])
      expect(await refusal(stripe.prices.update(price.id, change as never))).toMatchObject({
        statusCode: 400,
        code: "parameter_unknown",
        param: expect.stringMatching(/^(unit_amount|currency|recurring|product)/),
      });
    expect(await stripe.prices.retrieve(price.id)).toMatchObject({ unit_amount: 4900, currency: "usd" });
  });

  it("return fractions of a cent as decimals, with `unit_amount` null", async () => {
    const { stripe, send } = await localStripe();
    const { product } = await monthlyPrice(stripe, 1);
    const form = `product=${product}&currency=usd&unit_amount_decimal=0.50`;
    const { body } = await send("POST", "/v1/prices", form);
    expect(body).toMatchObject({ unit_amount: null, unit_amount_decimal: "0.5" });
  });

  it("keep their lookup key when archived, until it is transferred", async () => {
    const { stripe } = await localStripe();
    const first = await monthlyPrice(stripe, 100, { lookup_key: "launch-v1" });
    await stripe.prices.update(first.id, { active: false });
    const again = {
      product: first.product as string,
      currency: "usd",
      unit_amount: 200,
      lookup_key: "launch-v1",
    };
    expect(await refusal(stripe.prices.create(again))).toEqual({
      statusCode: 400,
      type: "invalid_request_error",
      message: `A price (\`${first.id}\`) already uses that lookup key.`,
      param: "lookup_key",
    });
    const second = await stripe.prices.create({ ...again, transfer_lookup_key: true });
    expect(second.lookup_key).toBe("launch-v1");
    expect((await stripe.prices.retrieve(first.id)).lookup_key).toBeNull();
    const found = await stripe.prices.list({ lookup_keys: ["launch-v1", "other"] });
    expect(found.data.map(({ id }) => id)).toEqual([second.id]);
    const eleven = Array.from({ length: 11 }, (_, index) => `k${index}`);
    expect(await refusal(stripe.prices.list({ lookup_keys: eleven }))).toMatchObject({ statusCode: 400 });
  });

  it("can't be archived while they are the default of their product", async () => {
    const { stripe } = await localStripe();
    const product = await stripe.products.create({
      name: "Launch",
      default_price_data: { currency: "usd", unit_amount: 4900, recurring: { interval: "month" } },
    });
    const price = product.default_price as string;
    expect((await refusal(stripe.prices.update(price, { active: false }))).message).toBe(
      "This price cannot be archived because it is the default price of its product.",
    );
    await stripe.products.update(product.id, { default_price: "" });
    expect(await stripe.prices.update(price, { active: false })).toMatchObject({ active: false });
  });

  it.each([
    ["no amount", {}, /require an `unit_amount`/],
    ["two amounts", { unit_amount: 1, unit_amount_decimal: "1.5" }, /only specify one of these parameters/],
    ["a negative amount", { unit_amount: -1 }, /Invalid non-negative integer/],
    ["half a cent in `unit_amount`", { unit_amount: 0.5 }, /Invalid integer: 0.5/],
    [
      "an unknown interval",
      { unit_amount: 1, recurring: { interval: "decade" } },
      /must be one of day, week, month, or year/,
    ],
    ["an unknown product", { unit_amount: 1, product: "prod_x" }, /No such product: 'prod_x'/],
  ])("are refused with %s", async (_, fields, message) => {
    const { stripe } = await localStripe();
    const { id } = await stripe.products.create({ name: "Launch" });
    const made = stripe.prices.create({ product: id, currency: "usd", ...fields } as never);
    expect(await refusal(made)).toMatchObject({ statusCode: 400, message: expect.stringMatching(message) });
    expect((await stripe.prices.list()).data).toEqual([]);
  });
});
