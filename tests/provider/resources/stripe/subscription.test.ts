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
const FREE = "demo--build--monthly--usd-0";
const SCALE = "demo--scale--monthly--usd-49900";
/** Another version of the plan of `LAUNCH_PRICE`. */
const LAUNCH_2 = "demo--launch@2--monthly--usd-5900";

beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, FREE, 0, "demo_build");
  await sellPlan(live, SCALE, 49_900, "demo_scale");
  await sellPlan(live, LAUNCH_2, 5900, "demo_launch_v2");
});
afterAll(() => live.stop());

const life = () => new Life(subscription, live.context());
const stripe = () => live.context()("write").stripe;

async function subscriptionsOf(customer: string) {
  return (await stripe().subscriptions.list({ customer, status: "all" })).data;
}

describe("a subscription's life", () => {
  test("a subscription is created, changes its price, is left unchanged, canceled and created again on the same day", async () => {
    const customer = await newCustomer(live, "acme");
    const declared = { customer, price: FREE, brand: brandOf("acme") };
    const one = life();
    const { subscriptionId, status } = await one.up(declared);
    expect(status).toBe("active");

    const moved = await one.up({ ...declared, price: SCALE, collection: "send_invoice" as const });
    expect(moved).toMatchObject({ subscriptionId });
    const [found] = await subscriptionsOf(customer);
    expect(found).toMatchObject({
      id: subscriptionId,
      collection_method: "send_invoice",
      days_until_due: 30,
    });
    expect(found?.items.data).toMatchObject([{ price: { lookup_key: SCALE } }]);

    live.sandbox.clearRequests();
    await one.up({ ...declared, price: SCALE, collection: "send_invoice" as const });
    expect(stripeWrites(live)).toEqual([]);
    expect(await one.refresh()).toEqual([]);

    await one.remove();
    await one.remove();
    expect(await one.refresh()).toBe("gone");
    const again = await one.up(declared);
    expect(again.subscriptionId).not.toBe(subscriptionId);
    expect(again.status).toBe("active");
  });

  test("a killed run's subscription is adopted", async () => {
    const customer = await newCustomer(live, "adopted");
    const declared = { customer, price: FREE, brand: brandOf("adopted") };
    const { subscriptionId } = await life().up(declared);
    expect(await life().up(declared)).toMatchObject({ subscriptionId });
    expect(await subscriptionsOf(customer)).toHaveLength(1);
  });

  test("a paid plan without a payment method waits for its payment", async () => {
    const customer = await newCustomer(live, "unpaid");
    const begun = await life().up({ customer, price: LAUNCH_PRICE.lookupKey, brand: brandOf("unpaid") });
    expect(begun.status).toBe("incomplete");
    expect(begun.paymentUrl).toMatch(/^https?:/);
  });

  test("the error about a missing price names the stack that creates it", async () => {
    const customer = await newCustomer(live, "early");
    await expect(life().up({ customer, price: "demo--nothing", brand: brandOf("early") })).rejects.toThrow(
      "Stripe has no price with the lookup key demo--nothing.",
    );
  });

  test.each(["drop-before", "drop-after", "500", "429"] as const)(
    "%s on the POST creates one",
    async (kind) => {
      const customer = await newCustomer(live, `cut-${kind}`);
      live.sandbox.setFaults([{ kind, match: "^POST /v1/subscriptions$", nth: 1 }]);
      await life().up({ customer, price: FREE, brand: brandOf(`cut-${kind}`) });
      live.sandbox.setFaults([]);
      expect(await subscriptionsOf(customer)).toHaveLength(1);
    },
  );
});

describe("a plan change", () => {
  async function begun(name: string, price: string, card = false) {
    const customer = await newCustomer(live, name);
    if (card) await giveCard(live, customer);
    const declared = { customer, price, brand: brandOf(name) };
    const one = life();
    return { customer, declared, one, first: await one.up(declared) };
  }

  async function payable(customer: string) {
    return (await stripe().invoices.list({ customer, status: "open" })).data;
  }

  async function liveOnes(customer: string): Promise<string[]> {
    const all = await subscriptionsOf(customer);
    return all
      .filter(({ status }) => !status.startsWith("c") && status !== "incomplete_expired")
      .map(({ id }) => id);
  }

  test("from free to paid without a card waits for the payment", async () => {
    const { customer, declared, one, first } = await begun("upgrade", FREE);
    const wanted = { ...declared, price: LAUNCH_PRICE.lookupKey };
    const upgraded = await one.up(wanted);
    expect(upgraded).toMatchObject({ status: "incomplete", paymentUrl: expect.stringMatching(/^https?:/) });
    expect(upgraded.subscriptionId).not.toBe(first.subscriptionId);
    expect(await liveOnes(customer)).toEqual([upgraded.subscriptionId]);
    live.sandbox.clearRequests();
    expect(await one.up(wanted)).toEqual(upgraded);
    expect(stripeWrites(live)).toEqual([]);

    await giveCard(live, customer);
    const [invoice] = await payable(customer);
    await stripe().invoices.pay(invoice?.id ?? "");
    expect(await one.refresh()).toEqual([]);
    expect(one.outputs.status).toBe("active");
  });

  test("to another plan, before the first was paid, leaves one subscription and one open invoice", async () => {
    const { customer, declared, one } = await begun("undecided", LAUNCH_PRICE.lookupKey);
    const scale = await one.up({ ...declared, price: SCALE });
    expect(scale.status).toBe("incomplete");
    expect(await liveOnes(customer)).toEqual([scale.subscriptionId]);
    expect(await payable(customer)).toMatchObject([{ amount_due: 49_900 }]);
    const sent = await one.up({ ...declared, price: SCALE, collection: "send_invoice" as const });
    expect(sent.status).toBe("active");
    expect(await liveOnes(customer)).toEqual([sent.subscriptionId]);

    const { customer: other, declared: before, one: two } = await begun("regrets", LAUNCH_PRICE.lookupKey);
    const free = await two.up({ ...before, price: FREE });
    expect(free.status).toBe("active");
    expect(await payable(other)).toEqual([]);
    expect(await liveOnes(other)).toEqual([free.subscriptionId]);
  });

  test("to a more expensive plan with a card is paid at once and keeps the subscription", async () => {
    const { declared, one, first } = await begun("carded", FREE, true);
    const { subscriptionId } = first;
    expect(await one.up({ ...declared, price: LAUNCH_PRICE.lookupKey })).toEqual({
      subscriptionId,
      status: "active",
      product: "demo_launch",
      paidProduct: "demo_launch",
      paidSince: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      movesOn: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(await one.up({ ...declared, price: SCALE })).toMatchObject({ product: "demo_scale" });
    expect((await begun("rich", SCALE, true)).first.status).toBe("active");
  });

  /** An organization on a paid plan whose card is declined from now on. */
  async function failing(name: string) {
    const started = await begun(name, LAUNCH_PRICE.lookupKey, true);
    await giveCard(live, started.customer, "pm_card_chargeCustomerFail");
    return started;
  }

  test("to a more expensive plan with a declined card keeps the old plan until the difference is paid", async () => {
    const { customer, declared, one, first } = await failing("declining");
    const upgraded = { ...declared, price: SCALE };
    const waiting = {
      ...first,
      waitsFor: "payment",
      paymentUrl: expect.stringMatching(/^https?:/),
    };
    expect(await one.up(upgraded)).toEqual(waiting);
    live.sandbox.clearRequests();
    expect(await one.up(upgraded)).toEqual(waiting);
    expect(stripeWrites(live)).toEqual([]);
    expect(await one.refresh()).toEqual([]);

    await giveCard(live, customer);
    const [open] = await payable(customer);
    await stripe().invoices.pay(open?.id ?? "");
    expect(await one.refresh()).toEqual([]);
    expect(one.outputs).toEqual({ ...first, product: "demo_scale" });
    live.sandbox.clearRequests();
    await one.up(upgraded);
    expect(stripeWrites(live)).toEqual([]);
  });

  test.each(["drop-before", "drop-after", "500", "500-stored", "500-after", "429"] as const)(
    "to a more expensive plan issues one invoice if the request fails by %s and the card is declined",
    async (kind) => {
      const { customer, declared, one } = await failing(`failing-${kind}`);
      live.sandbox.setFaults([{ kind, match: "^POST /v1/subscriptions/", nth: 1 }]);
      expect(await one.up({ ...declared, price: SCALE })).toMatchObject({ waitsFor: "payment" });
      live.sandbox.setFaults([]);
      const { data } = await stripe().invoices.list({ customer });
      expect(data.map(({ status }) => status)).toEqual(["open", "paid"]);
    },
  );

  test("that isn't paid within 23 hours is retried by the next run and can be canceled", async () => {
    const { customer, declared, one, first } = await failing("lapsing");
    const upgraded = { ...declared, price: SCALE };
    await one.up(upgraded);
    await daysPass(live, 1);
    expect(await one.refresh()).toEqual(["price"]);
    expect(one.outputs).toEqual(first);
    expect(await one.up(upgraded)).toMatchObject({ product: "demo_launch", waitsFor: "payment" });
    expect(await one.up(declared)).toEqual(first);
    expect(await payable(customer)).toEqual([]);
  });

  test("to a more expensive plan without a payment method waits for one and keeps the old plan", async () => {
    const { customer, declared, one, first } = await begun("cardless", LAUNCH_PRICE.lookupKey, true);
    const [card] = (await stripe().paymentMethods.list({ customer })).data;
    await stripe().paymentMethods.detach(card?.id ?? "");
    const upgraded = { ...declared, price: SCALE };
    expect(await one.up(upgraded)).toEqual({ ...first, waitsFor: "payment_method" });
    await one.refresh();
    expect(one.outputs.waitsFor).toBe("payment_method");
    await giveCard(live, customer);
    await one.refresh();
    expect(one.outputs.waitsFor).toBeUndefined();
    expect(await one.up(upgraded)).toEqual({ ...first, product: "demo_scale" });
  });

  test("is started again if it isn't paid within 23 hours, and only the last invoice can be paid", async () => {
    const { customer, declared, one, first } = await begun("late", LAUNCH_PRICE.lookupKey);
    await daysPass(live, 1);
    expect(await one.refresh()).toBe("gone");
    const again = await one.up(declared);
    expect(again).toMatchObject({ status: "incomplete", paymentUrl: expect.stringMatching(/^https?:/) });
    expect(again.subscriptionId).not.toBe(first.subscriptionId);
    expect(await payable(customer)).toHaveLength(1);

    // An update without a refresh notices it as well.
    await daysPass(live, 1);
    const third = await one.up(declared);
    expect(third.subscriptionId).not.toBe(again.subscriptionId);
    expect(await payable(customer)).toHaveLength(1);
  });

  test.each([
    ["before the creation", "hold-before", "^POST /v1/subscriptions$"],
    ["after the creation", "hold-after", "^POST /v1/subscriptions$"],
    ["before the cancellation", "hold-before", "^DELETE /v1/subscriptions/"],
    ["after the cancellation", "hold-after", "^DELETE /v1/subscriptions/"],
  ] as const)("is completed after a kill %s", async (_, kind, match) => {
    const name = `killed-${kind}-${match.length}`;
    const { customer, declared } = await begun(name, FREE);
    const wanted = { ...declared, price: LAUNCH_PRICE.lookupKey };
    await live.killed({ kind, match, nth: 1 }, (context) => new Life(subscription, context).up(wanted));
    const { subscriptionId } = await life().up(wanted);
    expect(await liveOnes(customer)).toEqual([subscriptionId]);
    expect(await payable(customer)).toHaveLength(1);
  });

  test("leaves no open invoice when the unpaid subscription is removed", async () => {
    const { customer, one } = await begun("leaving", LAUNCH_PRICE.lookupKey);
    await one.remove();
    expect(await payable(customer)).toEqual([]);
    expect(await liveOnes(customer)).toEqual([]);
  });
});

describe("a canceled subscription", () => {
  async function canceled(name: string) {
    const customer = await newCustomer(live, name);
    await giveCard(live, customer);
    const declared = { customer, price: LAUNCH_PRICE.lookupKey, brand: brandOf(name) };
    const one = life();
    const first = await one.up(declared);
    const { ended_at } = await stripe().subscriptions.cancel(first.subscriptionId);
    const day = new Date((ended_at ?? 0) * 1000).toISOString().slice(0, 10);
    return { customer, declared, one, first, day };
  }

  test("stays canceled and reports the date", async () => {
    const { customer, declared, one, first } = await canceled("left");
    live.sandbox.clearRequests();
    const { movesOn: _, ...last } = first;
    const left = { ...last, status: "canceled", endedOn: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) };
    expect(await one.up(declared)).toEqual(left);
    expect(await one.refresh()).toEqual([]);
    expect(await one.up(declared)).toEqual(left);
    // A run without recorded state does the same.
    expect(await life().up({ ...declared, resume: "2020-01-01" })).toEqual(left);
    expect(stripeWrites(live)).toEqual([]);
    expect(await subscriptionsOf(customer)).toHaveLength(1);
  });

  test("stays canceled when it is moved to another version of its plan", async () => {
    const { customer, declared, one, first } = await canceled("moved");
    expect(await one.up({ ...declared, price: LAUNCH_2 })).toMatchObject({
      subscriptionId: first.subscriptionId,
      status: "canceled",
    });
    expect(await subscriptionsOf(customer)).toHaveLength(1);
  });

  test("stays canceled after the last declined payment, even with a new card", async () => {
    const customer = await newCustomer(live, "dunned");
    await giveCard(live, customer);
    const declared = { customer, price: LAUNCH_PRICE.lookupKey, brand: brandOf("dunned") };
    const one = life();
    await one.up(declared);
    await giveCard(live, customer, "pm_card_chargeCustomerFail");
    await daysPass(live, 60);
    await giveCard(live, customer);
    const ended = await one.up(declared);
    expect(ended).toMatchObject({ status: "canceled" });
    expect(ended.paymentUrl).toBeUndefined();
  });

  test.each([
    ["a day from then on", (day: string) => ({ resume: day })],
    ["another plan", () => ({ price: SCALE })],
    ["the free plan", () => ({ price: FREE })],
  ])("is started again by declaring %s", async (name, change) => {
    const { declared, one, first, day } = await canceled(name.replaceAll(" ", "-"));
    const again = await one.up({ ...declared, ...change(day) });
    expect(again.status).toBe("active");
    expect(again.subscriptionId).not.toBe(first.subscriptionId);
  });

  test("is started again and waits for its payment if it ended with a trial without a payment method", async () => {
    const customer = await newCustomer(live, "tried");
    const declared = {
      customer,
      price: LAUNCH_PRICE.lookupKey,
      trial: { days: 14, controlPlane: NO_CONTROL_PLANE },
      brand: brandOf("tried"),
    };
    const one = life();
    await one.up(declared);
    await daysPass(live, 15);
    expect(await one.refresh()).toBe("gone");
    expect(await one.up(declared)).toMatchObject({ status: "incomplete" });
  });
});

describe("the one trial of an organization", () => {
  const trial = { days: 14, controlPlane: NO_CONTROL_PLANE };

  test("is given once, and not again after a cancellation", async () => {
    const customer = await newCustomer(live, "trying");
    const declared = { customer, price: LAUNCH_PRICE.lookupKey, trial, brand: brandOf("trying") };
    const one = life();
    const first = await one.up(declared);
    expect(first.status).toBe("trialing");
    expect(first.trialEnd).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(await stripe().customers.retrieve(customer)).toMatchObject({
      metadata: { tenantry_trial: "used" },
    });

    await one.remove();
    const second = await life().up(declared);
    expect(second.status).not.toBe("trialing");
    expect(second.trialEnd).toBeUndefined();
  });

  test("isn't given again to a later generation", async () => {
    const customer = await newCustomer(live, "reborn");
    const declared = { price: LAUNCH_PRICE.lookupKey, trial };
    await life().up({ ...declared, customer, brand: brandOf("reborn") });
    const second = await newCustomer(live, "reborn", 2);
    expect(second).not.toBe(customer);
    const begun = await life().up({ ...declared, customer: second, brand: brandOf("reborn", 2) });
    expect(begun.trialEnd).toBeUndefined();
  });

  test("is recorded by the next run if a run was killed before recording it", async () => {
    const customer = await newCustomer(live, "killed");
    const declared = { customer, price: LAUNCH_PRICE.lookupKey, trial, brand: brandOf("killed") };
    await life().up(declared);
    await stripe().customers.update(customer, { metadata: { tenantry_trial: "" } });
    await life().up(declared);
    expect(await stripe().customers.retrieve(customer)).toMatchObject({
      metadata: { tenantry_trial: "used" },
    });
  });
});

describe("another version of the plan", () => {
  test("is charged at once if it is dearer, and waits for the end of the paid period if it is cheaper", async () => {
    const customer = await newCustomer(live, "versioned");
    await giveCard(live, customer);
    const declared = { customer, price: LAUNCH_PRICE.lookupKey, brand: brandOf("versioned") };
    const one = life();
    await one.up(declared);
    expect(await one.up({ ...declared, price: LAUNCH_2 })).toMatchObject({ product: "demo_launch_v2" });
    const invoices = (await stripe().invoices.list({ customer, status: "paid" })).data;
    expect(invoices.map(({ amount_paid }) => amount_paid)).toEqual([1000, 4900]);
    expect(await one.up(declared)).toMatchObject({
      product: "demo_launch_v2",
      changesOn: expect.stringMatching(/^\d{4}-/),
    });
  });

  test("is free until the end of the plan's trial", async () => {
    const customer = await newCustomer(live, "on-trial");
    await giveCard(live, customer);
    const trial = { days: 14, controlPlane: NO_CONTROL_PLANE };
    const declared = { customer, price: LAUNCH_PRICE.lookupKey, trial, brand: brandOf("on-trial") };
    const one = life();
    const { trialEnd } = await one.up(declared);
    expect(await one.up({ ...declared, price: LAUNCH_2 })).toMatchObject({
      status: "trialing",
      product: "demo_launch_v2",
      trialEnd,
    });
    const invoices = (await stripe().invoices.list({ customer })).data;
    expect(invoices.reduce((sum, { amount_due }) => sum + amount_due, 0)).toBe(0);
  });
});
