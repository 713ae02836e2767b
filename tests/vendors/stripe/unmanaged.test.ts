import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { subscription } from "../../../src/provider/resources/stripe/subscription.ts";
import { Life } from "../../provider/life.ts";
import { type Live, startLive } from "../../provider/live.ts";
import {
  brandOf,
  giveCard,
  LAUNCH_PRICE,
  newCustomer,
  sellPlan,
} from "../../provider/resources/stripe/billing.ts";

let live: Live;
beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, "demo--extra", 100, "demo_extra");
});
afterAll(() => live.stop());

const stripe = () => live.context()("write").stripe;

test.each<[what: string, change: (id: string, customer: string) => Promise<unknown>, found: object]>([
  [
    "a description",
    (id) => stripe().subscriptions.update(id, { description: "Agreed in May" }),
    { description: "Agreed in May" },
  ],
  [
    "another item",
    async (id) => {
      const [price] = (await stripe().prices.list({ lookup_keys: ["demo--extra"] })).data;
      return stripe().subscriptionItems.create({ subscription: id, price: price?.id ?? "", quantity: 3 });
    },
    { items: "demo--extra × 3" },
  ],
  [
    "the allowed payment methods",
    (id) => stripe().subscriptions.update(id, { payment_settings: { payment_method_types: ["card"] } }),
    { payment_method_types: "card" },
  ],
  [
    "a card of its own",
    async (id, customer) => {
      const card = await stripe().paymentMethods.attach("pm_card_mastercard", { customer });
      return stripe().subscriptions.update(id, { default_payment_method: card.id });
    },
    { default_payment_method: expect.stringMatching(/^pm_/) },
  ],
])("a refresh reports %s that others set, and an update keeps it", async (what, change, found) => {
  const organization = what.replaceAll(" ", "-");
  const customer = await newCustomer(live, organization);
  await giveCard(live, customer);
  const life = new Life(subscription, live.context());
  const declared = { customer, price: LAUNCH_PRICE.lookupKey, brand: brandOf(organization) };
  const { subscriptionId, unmanaged } = await life.up(declared);
  expect(unmanaged).toBeUndefined();
  await change(subscriptionId, customer);
  expect(await life.refresh()).toEqual([]);
  expect(life.outputs.unmanaged).toEqual(found);
  expect((await life.up(declared)).unmanaged).toEqual(found);
  const kept: Stripe.Subscription = await stripe().subscriptions.retrieve(subscriptionId);
  expect(kept.status).toBe("active");
});
