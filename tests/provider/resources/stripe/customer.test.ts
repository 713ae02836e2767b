import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { customer } from "../../../../src/provider/resources/stripe/customer.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { brandOf, newCustomer, stripeWrites } from "./billing.ts";

let live: Live;

beforeAll(async () => {
  live = await startLive();
});
afterAll(() => live.stop());

const life = () => new Life(customer, live.context());
const stripe = () => live.context()("write").stripe;

async function customersOf(organization: string) {
  const all = await stripe().customers.list({ limit: 100 });
  return all.data.filter(({ metadata }) => metadata.tenantry_organization === organization);
}

describe("a customer's life", () => {
  test("a customer is created, updated, cleared, left unchanged, and archived when it is removed", async () => {
    const declared = { name: "Acme Robotics", email: "billing@acme.example", brand: brandOf("acme") };
    const one = life();
    const { customerId } = await one.up(declared);
    await one.up({ ...declared, email: "money@acme.example" });
    const { name: _, ...cleared } = { ...declared, email: "money@acme.example" };
    await one.up(cleared);
    const [found] = await customersOf("acme");
    expect(found).toMatchObject({ id: customerId, email: "money@acme.example" });
    expect(found?.name ?? "").toBe("");
    expect(JSON.stringify(found?.metadata)).not.toContain("@");

    live.sandbox.clearRequests();
    await one.up(cleared);
    expect(stripeWrites(live)).toEqual([]);
    expect(await one.refresh()).toEqual([]);

    await one.remove();
    await one.remove();
    expect(await customersOf("acme")).toMatchObject([
      { id: customerId, metadata: { tenantry_archived: "true" } },
    ]);
    expect(await life().up(declared)).toEqual({ customerId });
    expect((await customersOf("acme"))[0]?.metadata).not.toHaveProperty("tenantry_archived");
  });

  test.each([
    ["another organization", { tenantry_organization: "somebody" }],
    ["another generation", { tenantry_generation: "7" }],
    ["a removed entry", { tenantry_organization: "" }],
    ["the archived mark", { tenantry_archived: "true" }],
    ["an unknown entry", { tenantry_discount: "100" }],
  ])("metadata that was changed to %s is drift and is restored", async (name, metadata) => {
    const organization = `changed-${name.replace(/\W+/g, "-")}`;
    const declared = { email: `billing@${organization}.example`, brand: brandOf(organization) };
    const one = life();
    const { customerId } = await one.up(declared);
    await stripe().customers.update(customerId, { metadata: { ...metadata, crm_id: "42" } });
    expect(await one.refresh()).toEqual(["drift"]);
    expect(await one.up(declared)).toEqual({ customerId });
    expect(await one.refresh()).toEqual([]);
    const [found] = await customersOf(organization);
    expect(found?.metadata).toMatchObject({ crm_id: "42", tenantry_organization: organization });
    expect(found?.metadata).not.toHaveProperty("tenantry_discount");
  });

  test("a customer that was assigned to another owner is drift, and is neither changed nor created again", async () => {
    const declared = { email: "billing@taken.example", brand: brandOf("taken") };
    const one = life();
    const { customerId } = await one.up(declared);
    await stripe().customers.update(customerId, { metadata: { tenantry_id: brandOf("other").id } });
    expect(await one.refresh()).toEqual(["drift"]);
    await expect(one.up(declared)).rejects.toThrow(`Stripe already has the customer ${customerId}`);
    expect(await customersOf("taken")).toHaveLength(1);
  });

  test("a killed run's customer is adopted, even if its e-mail has changed", async () => {
    const { customerId } = await life().up({ email: "a@beta.example", brand: brandOf("beta") });
    live.sandbox.clearRequests();
    expect(await life().up({ email: "a@beta.example", brand: brandOf("beta") })).toEqual({ customerId });
    expect(stripeWrites(live)).toEqual([]);
    expect(await life().up({ email: "b@beta.example", brand: brandOf("beta") })).toEqual({ customerId });
    expect(await customersOf("beta")).toHaveLength(1);
  });

  test("organizations that share an e-mail don't share a customer", async () => {
    const email = "shared@agency.example";
    const one = await life().up({ email, brand: brandOf("client-one") });
    const two = await life().up({ email, brand: brandOf("client-two") });
    expect(one.customerId).not.toBe(two.customerId);
  });

  test("a customer that was deleted outside tenantry is reported, and a new one is created on the same day", async () => {
    const declared = { email: "billing@gone.example", brand: brandOf("gone") };
    const one = life();
    const { customerId } = await one.up(declared);
    await stripe().customers.del(customerId);
    await expect(one.up({ ...declared, name: "Gone" })).rejects.toThrow(/was deleted outside tenantry/);
    expect(await one.refresh()).toBe("gone");
    const again = await one.up(declared);
    expect(again.customerId).not.toBe(customerId);
    expect(await customersOf("gone")).toMatchObject([{ id: again.customerId }]);
  });

  test.each(["drop-before", "drop-after", "500", "500-stored", "500-after", "429"] as const)(
    "%s on the POST creates one",
    async (kind) => {
      live.sandbox.setFaults([{ kind, match: "^POST /v1/customers$", nth: 1 }]);
      await newCustomer(live, `cut-${kind}`);
      live.sandbox.setFaults([]);
      expect(await customersOf(`cut-${kind}`)).toHaveLength(1);
    },
  );
});
