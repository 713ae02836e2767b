import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { product } from "../../../../src/provider/resources/stripe/product.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { PLATFORM, stripeWrites } from "./billing.ts";

let live: Live;

beforeAll(async () => {
  live = await startLive();
});
afterAll(() => live.stop());

const life = () => new Life(product, live.context());
const stripe = () => live.context()("write").stripe;

describe("a product's life", () => {
  test("a product is created with its id, updated, cleared, left unchanged, archived and reactivated", async () => {
    const declared = { productId: "demo_pro", name: "Pro", description: "For teams", brand: PLATFORM };
    const one = life();
    await one.up(declared);
    expect(await stripe().products.retrieve("demo_pro")).toMatchObject({
      name: "Pro",
      description: "For teams",
      active: true,
      metadata: { tenantry_platform: "demo" },
    });

    const { description: _, ...cleared } = { ...declared, name: "Pro 2" };
    await one.up(cleared);
    expect(await stripe().products.retrieve("demo_pro")).toMatchObject({ name: "Pro 2", description: null });

    live.sandbox.clearRequests();
    await one.up(cleared);
    expect(stripeWrites(live)).toEqual([]);
    expect(await one.refresh()).toEqual([]);

    await one.remove();
    await one.remove();
    expect(await stripe().products.retrieve("demo_pro")).toMatchObject({ active: false });
    expect(await one.refresh()).toBe("gone");
    await one.up(declared);
    expect(await stripe().products.retrieve("demo_pro")).toMatchObject({ active: true, name: "Pro" });
  });

  test("a change in the dashboard is drift", async () => {
    const one = life();
    await one.up({ productId: "demo_drift", name: "Drift", brand: PLATFORM });
    await stripe().products.update("demo_drift", { name: "By hand" });
    expect(await one.refresh()).toEqual(["name"]);
  });

  test("a product of another owner is neither changed nor archived", async () => {
    await stripe().products.create({ id: "demo_foreign", name: "Foreign" });
    const one = life();
    const declared = { productId: "demo_foreign", name: "Ours", brand: PLATFORM };
    await expect(one.up(declared)).rejects.toThrow(
      /already has the product demo_foreign, and it isn't managed by tenantry/,
    );
    await stripe().products.update("demo_foreign", { metadata: { tenantry_platform: "other" } });
    await expect(one.up(declared)).rejects.toThrow(/belongs to the platform other/);
    expect(await stripe().products.retrieve("demo_foreign")).toMatchObject({ name: "Foreign", active: true });
  });

  test("a product that was deleted by hand is created again on the same day", async () => {
    const one = life();
    const declared = { productId: "demo_deleted", name: "Deleted", brand: PLATFORM };
    await one.up(declared);
    await stripe().products.del("demo_deleted");
    expect(await one.refresh()).toBe("gone");
    await life().up(declared);
    expect(await stripe().products.retrieve("demo_deleted")).toMatchObject({ active: true });
  });

  test.each(["drop-before", "drop-after", "500", "500-stored", "500-after", "429"] as const)(
    "%s on the POST creates one",
    async (kind) => {
      live.sandbox.setFaults([{ kind, match: "^POST /v1/products$", nth: 1 }]);
      const id = `demo_cut_${kind.replace("-", "_")}`;
      await life().up({ productId: id, name: "Cut", brand: PLATFORM });
      live.sandbox.setFaults([]);
      expect(await stripe().products.retrieve(id)).toMatchObject({ name: "Cut", active: true });
    },
  );
});
