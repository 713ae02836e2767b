import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscription } from "../../../../src/provider/resources/stripe/subscription.ts";
import { toMetadata } from "../../../../src/vendors/stripe/brand.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { brandOf, giveCard, LAUNCH_PRICE, newCustomer, sellPlan } from "./billing.ts";

let live: Live;
const LAUNCH = LAUNCH_PRICE.lookupKey;
const SCALE = "demo--scale--monthly--usd-49900";

beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, SCALE, 49_900, "demo_scale");
});
afterAll(() => live.stop());

const stripe = () => live.context()("write").stripe;

/** A paying organization whose card belongs to its subscription, not to its customer. */
async function withOwnCard(name: string) {
  const customer = await newCustomer(live, name);
  const card = await giveCard(live, customer);
  const one = new Life(subscription, live.context());
  const declared = { customer, price: LAUNCH, brand: brandOf(name) };
  const { subscriptionId: id } = await one.up(declared);
  await stripe().subscriptions.update(id, { default_payment_method: card });
  await stripe().customers.update(customer, { invoice_settings: { default_payment_method: "" } });
  return { customer, card, one, declared, id };
}

async function cancel(id: string): Promise<string> {
  const { ended_at: ended } = await stripe().subscriptions.cancel(id);
  return new Date((ended ?? 0) * 1000).toISOString().slice(0, 10);
}

describe("a subscription that is started again with the card of the former one", () => {
  test("is charged at once, and stays active", async () => {
    const { one, declared, id, card } = await withOwnCard("charged");
    const resume = await cancel(id);
    const { subscriptionId, status } = await one.up({ ...declared, resume });
    expect([status, subscriptionId === id]).toEqual(["active", false]);
    expect(await stripe().subscriptions.retrieve(subscriptionId)).toMatchObject({
      default_payment_method: card,
      payment_settings: { save_default_payment_method: "off" },
    });
  });

  test("is charged for another plan", async () => {
    const { one, declared, id } = await withOwnCard("another-plan");
    await cancel(id);
    expect(await one.up({ ...declared, price: SCALE })).toMatchObject({ status: "active" });
  });

  test("is sent as an invoice where that is declared", async () => {
    const { one, declared, id } = await withOwnCard("sent");
    const resume = await cancel(id);
    const { subscriptionId } = await one.up({ ...declared, resume, collection: "send_invoice" });
    expect(await stripe().subscriptions.retrieve(subscriptionId)).toMatchObject({
      status: "active",
      collection_method: "send_invoice",
    });
  });
});

describe("removing the resource", () => {
  async function second(customer: string, name: string, price = LAUNCH) {
    const [found] = (await stripe().prices.list({ lookup_keys: [price] })).data;
    return stripe().subscriptions.create({
      customer,
      items: [{ price: found?.id ?? "" }],
      payment_behavior: "default_incomplete",
      metadata: toMetadata(brandOf(name)),
    });
  }

  test.each([
    ["another live one that a killed run left", false],
    ["a live one, though the recorded one has ended", true],
  ])("ends %s", async (what, ended) => {
    const name = ended ? "ended" : "two";
    const { one, customer, id } = await withOwnCard(name);
    await second(customer, name, SCALE);
    if (ended) await stripe().subscriptions.cancel(id);
    await one.remove();
    const { data } = await stripe().subscriptions.list({ customer, status: "all" });
    const statuses = data.map(({ status }) => status).sort();
    expect(statuses, what).toEqual(["canceled", expect.stringMatching(/^(canceled|incomplete_expired)$/)]);
    expect((await stripe().invoices.list({ customer, status: "open" })).data).toEqual([]);
  });

  test("leaves the subscriptions of other programs and organizations", async () => {
    const { one, customer } = await withOwnCard("shared");
    const { id } = await second(customer, "neighbour");
    await one.remove();
    expect((await stripe().subscriptions.retrieve(id)).status).toBe("incomplete");
  });

  test("succeeds if the customer was deleted", async () => {
    const { one, customer } = await withOwnCard("gone");
    await stripe().customers.del(customer);
    await one.remove();
  });
});
