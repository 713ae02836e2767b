import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscription } from "../../../../src/provider/resources/stripe/subscription.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import {
  brandOf,
  daysPass,
  giveCard,
  LAUNCH_PRICE,
  NO_CONTROL_PLANE,
  newCustomer,
  sellPlan,
  stripeWrites,
} from "./billing.ts";

let live: Live;
let support: string;
const LAUNCH = LAUNCH_PRICE.lookupKey;
const SCALE = "demo--scale--monthly--usd-49900";
const DAY = 24 * 60 * 60;
const NO_BRAND = {
  tenantry_platform: "",
  tenantry_organization: "",
  tenantry_id: "",
  tenantry_generation: "",
};

beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, SCALE, 49_900, "demo_scale");
  const recurring = { interval: "month" } as const;
  const { id: product } = await stripe().products.create({ name: "Support" });
  support = (await stripe().prices.create({ currency: "usd", unit_amount: 1000, recurring, product })).id;
});
afterAll(() => live.stop());

const stripe = () => live.context()("write").stripe;
const read = (id: string) => stripe().subscriptions.retrieve(id);

let organizations = 0;
async function paying(more: { readonly trial?: true } = {}) {
  organizations += 1;
  const name = `drifts-${organizations}`;
  const customer = await newCustomer(live, name);
  await giveCard(live, customer);
  const trial = more.trial && { days: 14, controlPlane: NO_CONTROL_PLANE };
  const declared = { customer, price: LAUNCH, brand: brandOf(name), ...(trial && { trial }) };
  const one = new Life(subscription, live.context());
  const { subscriptionId: id } = await one.up(declared);
  return { customer, declared, one, id };
}

async function invoicesOf(customer: string): Promise<number[]> {
  return (await stripe().invoices.list({ customer })).data.map(({ total }) => total);
}

type Change = (id: string, found: Stripe.Subscription) => Promise<unknown>;
const update =
  (params: Stripe.SubscriptionUpdateParams): Change =>
  (id) =>
    stripe().subscriptions.update(id, params);
const trialEnd =
  (days: number): Change =>
  (id, found) =>
    stripe().subscriptions.update(id, { trial_end: (found.trial_end ?? 0) + days * DAY });
const quantity =
  (count: number): Change =>
  (_, { items }) =>
    stripe().subscriptionItems.update(items.data[0]?.id ?? "", {
      quantity: count,
      proration_behavior: "none",
    });

/** What a subscription has that tenantry declares. */
function declaredPart({ items, metadata, ...found }: Stripe.Subscription) {
  return {
    quantity: items.data.map((item) => item.quantity),
    pause: found.pause_collection,
    collection: [found.collection_method, found.days_until_due],
    trialEnd: found.trial_end,
    metadata,
  };
}

describe("a setting that tenantry declares", () => {
  test.each<[what: string, change: Change, path: string, more?: { trial: true }]>([
    ["the quantity of the plan", quantity(3), "drift"],
    ["a pause", update({ pause_collection: { behavior: "void" } }), "state"],
    [
      "a pause with an end",
      update({ pause_collection: { behavior: "keep_as_draft", resumes_at: 4_000_000_000 } }),
      "drift,state",
    ],
    ["the collection", update({ collection_method: "send_invoice", days_until_due: 30 }), "collection"],
    ["a longer trial", trialEnd(30), "drift", { trial: true }],
    ["a shorter trial", trialEnd(-7), "drift", { trial: true }],
    ["the owner", update({ metadata: NO_BRAND }), "drift"],
    ["the organization's name", update({ metadata: { tenantry_organization: "other" } }), "drift"],
    ["an entry that tenantry doesn't know", update({ metadata: { tenantry_plan: "scale" } }), "drift"],
  ])("is found and restored without a charge: %s", async (_, change, path, more) => {
    const { customer, declared, one, id } = await paying(more);
    const before = await read(id);
    const invoices = await invoicesOf(customer);
    await change(id, before);
    expect(String(await one.refresh())).toBe(path);
    expect((await one.up(declared)).subscriptionId).toBe(id);
    expect(declaredPart(await read(id))).toEqual(declaredPart(before));
    expect(await one.refresh()).toEqual([]);
    expect(await invoicesOf(customer)).toEqual(invoices);
    expect((await stripe().subscriptions.list({ customer, status: "all" })).data).toHaveLength(1);
  });

  test("is charged from now on if the quantity was zero, since Stripe then starts a new period", async () => {
    const { customer, declared, one, id } = await paying();
    await quantity(0)(id, await read(id));
    expect(await one.refresh()).toEqual(["drift"]);
    expect(await one.up(declared)).toMatchObject({ subscriptionId: id, status: "active" });
    expect(await one.refresh()).toEqual([]);
    expect(await invoicesOf(customer)).toEqual([4900, 4900]);
  });

  test("can't be declared as drift", async () => {
    const { declared, one } = await paying();
    await expect(one.up({ ...declared, drift: { quantity: "3" } })).rejects.toThrow(/set by a refresh/);
  });

  test("isn't drift if the trial's length changes in the manifest, or after the trial's original end", async () => {
    const { declared, one, id } = await paying({ trial: true });
    const longer = { ...declared, trial: { days: 30, controlPlane: NO_CONTROL_PLANE } };
    const { trial_end } = await read(id);
    await one.up(longer);
    expect((await read(id)).trial_end).toBe(trial_end);
    expect(await one.refresh()).toEqual([]);
  });
});

test.each(["suspended", "deleted"] as const)(
  "a subscription that lost its metadata is still found when the organization is %s",
  async (state) => {
    const { declared, one, id } = await paying();
    await stripe().subscriptions.update(id, { metadata: NO_BRAND });
    await one.up({ ...declared, state });
    const { status, pause_collection: pause } = await read(id);
    expect(state === "deleted" ? status : pause?.behavior).toBe(state === "deleted" ? "canceled" : "void");
  },
);

test("a subscription that names another owner is refused, and no second one is created", async () => {
  const { customer, declared, one, id } = await paying();
  await stripe().subscriptions.update(id, { metadata: { tenantry_platform: "other" } });
  expect(await one.refresh()).toEqual(["drift"]);
  await expect(one.up(declared)).rejects.toThrow(
    `Stripe already has the subscription ${id}, and it belongs to the platform other.`,
  );
  expect((await stripe().subscriptions.list({ customer, status: "all" })).data).toHaveLength(1);
});

describe("what others set", () => {
  test("isn't multiplied by an upgrade", async () => {
    const { customer, declared, one, id } = await paying();
    await quantity(3)(id, await read(id));
    await stripe().subscriptionItems.create({
      subscription: id,
      price: support,
      quantity: 2,
      proration_behavior: "none",
    });
    await one.up({ ...declared, price: SCALE });
    const [difference] = await invoicesOf(customer);
    expect(difference).toBe(45_000);
    await daysPass(live, 32);
    expect((await invoicesOf(customer))[0]).toBe(49_900 + 2000);
  });

  test("is named in words and stays: further items, discounts and the card", async () => {
    const { declared, one, id, customer } = await paying();
    const { id: coupon } = await stripe().coupons.create({
      percent_off: 50,
      duration: "repeating",
      duration_in_months: 3,
    });
    const card = await stripe().paymentMethods.attach("pm_card_mastercard", { customer });
    await stripe().subscriptions.update(id, {
      discounts: [{ coupon }],
      default_payment_method: card.id,
      description: "Agreed in May",
    });
    await stripe().subscriptionItems.create({ subscription: id, price: support, quantity: 2 });
    expect(await one.refresh()).toEqual([]);
    live.sandbox.clearRequests();
    expect((await one.up(declared)).unmanaged).toEqual({
      default_payment_method: card.id,
      description: "Agreed in May",
      discounts: expect.stringMatching(new RegExp(`^coupon ${coupon} until \\d{4}-\\d\\d-\\d\\d$`)),
      items: `${support} × 2`,
    });
    expect(stripeWrites(live)).toEqual([]);
  });
});
