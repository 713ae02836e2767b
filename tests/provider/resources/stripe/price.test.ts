import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { price } from "../../../../src/provider/resources/stripe/price.ts";
import { product } from "../../../../src/provider/resources/stripe/product.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { LAUNCH, LAUNCH_PRICE, stripeWrites } from "./billing.ts";

let live: Live;

beforeAll(async () => {
  live = await startLive();
  await new Life(product, live.context()).up(LAUNCH);
});
afterAll(() => live.stop());

const life = () => new Life(price, live.context());
const stripe = () => live.context()("write").stripe;
let count = 0;
let declared = LAUNCH_PRICE;

beforeEach(() => {
  count += 1;
  declared = { ...LAUNCH_PRICE, lookupKey: `demo--launch--v${count}` };
});

async function pricesOf(lookupKey: string) {
  return (await stripe().prices.list({ lookup_keys: [lookupKey] })).data;
}

describe("a price's life", () => {
  test("a price is created, named, left unchanged, archived and reactivated", async () => {
    const one = life();
    const { priceId } = await one.up(declared);
    await one.up({ ...declared, nickname: "Launch, monthly" });
    expect(await stripe().prices.retrieve(priceId)).toMatchObject({
      nickname: "Launch, monthly",
      unit_amount: 4900,
      lookup_key: declared.lookupKey,
    });

    live.sandbox.clearRequests();
    await one.up({ ...declared, nickname: "Launch, monthly" });
    expect(stripeWrites(live)).toEqual([]);
    expect(await one.refresh()).toEqual([]);

    await one.remove();
    await one.remove();
    expect(await one.refresh()).toBe("gone");
    expect(await life().up(declared)).toEqual({ priceId });
    expect(await pricesOf(declared.lookupKey)).toMatchObject([{ id: priceId, active: true, nickname: null }]);
  });

  test("a product's default price is archived too", async () => {
    const one = life();
    const { priceId } = await one.up(declared);
    await stripe().products.update(LAUNCH.productId, { default_price: priceId });
    await one.remove();
    expect(await stripe().prices.retrieve(priceId)).toMatchObject({ active: false });
    expect(await stripe().products.retrieve(LAUNCH.productId)).toMatchObject({ default_price: null });
  });

  test("a lookup key of a price with other terms is never taken over", async () => {
    await life().up(declared);
    await expect(life().up({ ...declared, amount: 9900 })).rejects.toThrow(
      /belongs to another price .*: expected demo_launch 9900 usd month, found demo_launch 4900 usd month/,
    );
  });

  test("a price whose lookup key was changed by hand is replaced on the same day", async () => {
    const one = life();
    const { priceId } = await one.up(declared);
    await stripe().prices.update(priceId, { lookup_key: `${declared.lookupKey}-changed` });
    expect(await one.refresh()).toEqual(["lookupKey"]);
    const successor = await life().up(declared);
    await one.remove();
    expect(successor.priceId).not.toBe(priceId);
    expect(await pricesOf(declared.lookupKey)).toMatchObject([{ id: successor.priceId, active: true }]);
    expect(await stripe().prices.retrieve(priceId)).toMatchObject({ active: false });
  });

  test("a price whose lookup key was changed by hand and back stays", async () => {
    const one = life();
    const { priceId } = await one.up(declared);
    await stripe().prices.update(priceId, { lookup_key: `${declared.lookupKey}-changed` });
    await one.refresh();
    await stripe().prices.update(priceId, { lookup_key: declared.lookupKey });
    expect((await life().up(declared)).priceId).toBe(priceId);
    await one.remove();
    expect(await pricesOf(declared.lookupKey)).toMatchObject([{ id: priceId, active: true }]);
  });

  test("a refusal that Stripe stored has no effect once its cause is resolved", async () => {
    const later = { ...declared, product: `demo_later_${count}` };
    await expect(life().up(later)).rejects.toThrow("No such product");
    await new Life(product, live.context()).up({ ...LAUNCH, productId: later.product });
    await life().up(later);
    expect(await pricesOf(declared.lookupKey)).toMatchObject([{ product: later.product, active: true }]);
  });

  test.each(["drop-before", "drop-after", "500", "500-stored", "500-after", "429"] as const)(
    "%s on the POST creates one",
    async (kind) => {
      live.sandbox.setFaults([{ kind, match: "^POST /v1/prices$", nth: 1 }]);
      await life().up(declared);
      live.sandbox.setFaults([]);
      expect(await pricesOf(declared.lookupKey)).toHaveLength(1);
    },
  );
});
