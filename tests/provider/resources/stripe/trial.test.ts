import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscription } from "../../../../src/provider/resources/stripe/subscription.ts";
import { projectName, stableId } from "../../../../src/shared/ids.ts";
import { Life } from "../../life.ts";
import { type Live, SUPABASE_ORGANIZATION, startLive } from "../../live.ts";
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
const LAUNCH = LAUNCH_PRICE.lookupKey;
const SCALE = "demo--scale--monthly--usd-49900";
const SENT = { collection: "send_invoice" as const };
const trial = { days: 14, controlPlane: NO_CONTROL_PLANE };

beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, FREE, 0, "demo_build");
  await sellPlan(live, SCALE, 49_900, "demo_scale");
});
afterAll(() => live.stop());

const life = () => new Life(subscription, live.context());
const stripe = () => live.context()("write").stripe;

async function begin(name: string, more: object, card?: string) {
  const customer = await newCustomer(live, name);
  if (card !== undefined) await giveCard(live, customer, card);
  const declared = { customer, price: LAUNCH, brand: brandOf(name), ...more };
  const one = life();
  return { customer, declared, one, first: await one.up(declared) };
}

async function billed(customer: string): Promise<number[]> {
  const { data } = await stripe().invoices.list({ customer, limit: 100 });
  return data.map(({ total }) => total).reverse();
}

describe("a more expensive plan during a trial", () => {
  test("is charged to the card at once", async () => {
    const { customer, declared, one, first } = await begin("card", { trial }, "pm_card_visa");
    expect(first.status).toBe("trialing");
    const { subscriptionId } = first;
    expect(await one.up({ ...declared, price: SCALE })).toMatchObject({
      subscriptionId,
      status: "active",
      product: "demo_scale",
    });
    expect(await billed(customer)).toEqual([0, 49_900]);
    live.sandbox.clearRequests();
    await one.up({ ...declared, price: SCALE });
    expect(stripeWrites(live)).toEqual([]);
  });

  test("waits for its payment if the card is declined, and the trial continues", async () => {
    const { customer, declared, one, first } = await begin(
      "declined",
      { trial },
      "pm_card_chargeCustomerFail",
    );
    const waiting = { ...first, waitsFor: "payment", paymentUrl: expect.any(String) };
    expect(await one.up({ ...declared, price: SCALE })).toEqual(waiting);
    expect(await one.up({ ...declared, price: SCALE })).toEqual(waiting);
    await giveCard(live, customer);
    const [open] = (await stripe().invoices.list({ customer, status: "open" })).data;
    await stripe().invoices.pay(open?.id ?? "");
    await one.refresh();
    expect(one.outputs).toMatchObject({ status: "active", product: "demo_scale" });
  });

  test("waits for a payment method and isn't in force before", async () => {
    const { customer, declared, one, first } = await begin("cardless", { trial });
    expect(await one.up({ ...declared, price: SCALE })).toEqual({ ...first, waitsFor: "payment_method" });
    await giveCard(live, customer);
    expect(await one.up({ ...declared, price: SCALE })).toMatchObject({ product: "demo_scale" });
    expect(await billed(customer)).toEqual([0, 49_900]);
  });

  test("is invoiced at once if invoices are sent", async () => {
    const { customer, declared, one } = await begin("sent", { trial, ...SENT });
    expect(await one.up({ ...declared, price: SCALE })).toMatchObject({
      status: "active",
      product: "demo_scale",
    });
    expect(await billed(customer)).toEqual([0, 49_900]);
  });

  test("is invoiced at once if the collection method changes to invoices", async () => {
    const { customer, declared, one } = await begin("sent-now", { trial });
    await one.up({ ...declared, price: SCALE, ...SENT });
    expect(await billed(customer)).toEqual([0, 49_900]);
  });

  test("costs nothing during the trial if the new plan is cheaper or has only a different price", async () => {
    const { customer, declared, one } = await begin("cheaper", { trial }, "pm_card_visa");
    expect(await one.up({ ...declared, price: FREE })).toMatchObject({ status: "trialing" });
    expect(await billed(customer)).toEqual([0]);
  });
});

describe("the trial of an organization on the free plan", () => {
  test.each([
    ["a card", "pm_card_visa", {}],
    ["a declined card", "pm_card_chargeCustomerFail", {}],
    ["no card", undefined, {}],
    ["sent invoices", undefined, SENT],
  ])("starts with %s, and nothing is charged before it ends", async (name, card, how) => {
    const slug = `free-${name.replaceAll(" ", "-")}`;
    const { customer, declared, one } = await begin(slug, { price: FREE, ...how }, card);
    const tried = await one.up({ ...declared, price: LAUNCH, trial });
    expect(tried).toMatchObject({
      status: "trialing",
      product: "demo_launch",
      trialStart: expect.stringMatching(/^\d{4}-/),
      trialEnd: expect.stringMatching(/^\d{4}-/),
    });
    expect((await billed(customer)).every((total) => total === 0)).toBe(true);
    const { data } = await stripe().subscriptions.list({ customer });
    expect(data.map(({ id }) => id)).toEqual([tried.subscriptionId]);
    live.sandbox.clearRequests();
    await one.up({ ...declared, price: LAUNCH, trial });
    expect(stripeWrites(live)).toEqual([]);
  });

  test("isn't given a second time", async () => {
    const { customer, declared, one } = await begin("once", { trial }, "pm_card_visa");
    await one.up({ ...declared, price: FREE });
    await daysPass(live, 15);
    await one.up({ ...declared, price: FREE });
    expect(await one.up({ ...declared, trial })).toMatchObject({ status: "active", product: "demo_launch" });
    expect(await billed(customer)).toContain(4900);
  });
});

describe("the preview of a trial", () => {
  test("refuses it on a plan that is already paid", async () => {
    const { declared, one } = await begin("paid", {}, "pm_card_visa");
    await expect(one.preview({ ...declared, trial })).rejects.toThrow(
      "The organization paid already pays for its plan, so a trial would have no effect.",
    );
    live.sandbox.clearRequests();
    await one.up({ ...declared, trial });
    expect(one.outputs.trialStart).toBeUndefined();
    const { metadata } = (await stripe().customers.retrieve(declared.customer)) as { metadata: object };
    expect(metadata).not.toHaveProperty("tenantry_trial");
  });

  test("refuses it together with a change of the paid plan", async () => {
    const { declared, one } = await begin("other", { price: SCALE }, "pm_card_visa");
    await expect(one.preview({ ...declared, price: LAUNCH, trial })).rejects.toThrow(
      "other already pays for its plan",
    );
  });

  test("refuses it after the trial was used", async () => {
    const { declared, one } = await begin("used", { trial }, "pm_card_visa");
    await one.up({ ...declared, trial: undefined, price: FREE });
    await expect(one.preview({ ...declared, trial })).rejects.toThrow("has had its one trial");
  });

  test("accepts it on the free plan, or if it was declared before", async () => {
    const { declared, one } = await begin("fine", { price: FREE }, "pm_card_visa");
    await one.preview({ ...declared, price: LAUNCH, trial });
    await one.up({ ...declared, price: LAUNCH, trial });
    await one.preview({ ...declared, price: SCALE, trial });
  });
});

describe("a trial that the control plane records as used", () => {
  let recorded: typeof NO_CONTROL_PLANE;
  beforeAll(async () => {
    const ref = await live.project("demo");
    recorded = { organization: SUPABASE_ORGANIZATION, name: projectName(["demo"], stableId("demo")) };
    await live.sql(
      ref,
      `create table public.platforms (id uuid primary key, name text);
       create table public.trials (platform_id uuid, organization_name text);
       insert into public.platforms values ('${stableId("demo")}', 'demo');
       insert into public.trials select platforms.id, organization.name from public.platforms,
         unnest(array['deleted', 'reborn', 'unstamped']) as organization (name);
       grant select on all tables in schema public to postgres`,
    );
  });

  test("isn't given again after the customer was deleted by hand", async () => {
    const before = await newCustomer(live, "deleted");
    await stripe().customers.del(before);
    const { first } = await begin("deleted", { trial: { ...trial, controlPlane: recorded } });
    expect(first).toMatchObject({ status: "incomplete" });
    expect(first.trialEnd).toBeUndefined();
  });

  test("isn't given to a later generation whose earlier customer was deleted", async () => {
    const customer = await newCustomer(live, "reborn", 2);
    const begun = await life().up({
      customer,
      price: LAUNCH,
      brand: brandOf("reborn", 2),
      trial: { ...trial, controlPlane: recorded },
    });
    expect(begun.status).toBe("incomplete");
  });

  test("isn't given to an organization on the free plan, and the preview refuses it", async () => {
    const { declared, one } = await begin("unstamped", { price: FREE });
    const wanted = { ...declared, price: LAUNCH, trial: { ...trial, controlPlane: recorded } };
    await expect(one.preview(wanted)).rejects.toThrow("has had its one trial");
    expect(await one.up(wanted)).toMatchObject({ status: "incomplete" });
  });

  test("is given if nothing is recorded", async () => {
    const { first } = await begin("unrecorded", { trial: { ...trial, controlPlane: recorded } });
    expect(first.status).toBe("trialing");
  });
});
