import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscription } from "../../../../src/provider/resources/stripe/subscription.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { brandOf, daysPass, giveCard, LAUNCH_PRICE, newCustomer, sellPlan, stripeWrites } from "./billing.ts";

let live: Live;
const LAUNCH = LAUNCH_PRICE.lookupKey;
const SCALE = "demo--scale--monthly--usd-49900";

beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, SCALE, 49_900, "demo_scale");
});
afterAll(() => live.stop());

const life = () => new Life(subscription, live.context());
const stripe = () => live.context()("write").stripe;

async function paying(name: string, more: object = {}) {
  const customer = await newCustomer(live, name);
  await giveCard(live, customer);
  const declared = { customer, price: LAUNCH, brand: brandOf(name), ...more };
  const one = life();
  return { customer, declared, one, id: (await one.up(declared)).subscriptionId };
}

async function paid(customer: string): Promise<number[]> {
  const { data } = await stripe().invoices.list({ customer, status: "paid", limit: 100 });
  return data.map(({ amount_paid: amount }) => amount);
}

/** Like an engine, writes only if the declaration differs from what the refresh found. */
async function refreshAndUp(one: ReturnType<typeof life>, declared: Parameters<typeof one.up>[0]) {
  await one.refresh();
  if (!isDeepStrictEqual(one.inputs, subscription.inputs.parse(declared))) await one.up(declared);
}

describe.each(["suspended", "archived"] as const)("the subscription of a %s organization", (state) => {
  test.each([
    ["card", {}, 4900],
    ["invoice", { collection: "send_invoice" as const }, 0],
  ])("collects nothing by %s, whatever is declared, and continues afterwards", async (how, more, first) => {
    const { customer, declared, one, id } = await paying(`${state}-${how.replaceAll(" ", "-")}`, more);
    await one.up({ ...declared, state });
    live.sandbox.clearRequests();
    await one.up({ ...declared, state, price: SCALE });
    expect(stripeWrites(live)).toEqual([]);
    expect(await one.refresh()).toEqual([]);
    await daysPass(live, 62);
    expect((await stripe().invoices.list({ customer, status: "open" })).data.length).toBe(
      first === 0 ? 1 : 0,
    );
    expect(await paid(customer)).toEqual(first === 0 ? [] : [first]);

    expect(await one.up(declared)).toMatchObject({ subscriptionId: id });
    expect(await stripe().subscriptions.retrieve(id)).toMatchObject({ pause_collection: null });
    await daysPass(live, 31);
    const invoices = (await stripe().invoices.list({ customer, limit: 1 })).data;
    expect(invoices).toMatchObject([{ total: 4900, status: first === 0 ? "open" : "paid" }]);
  });

  test("is paused again after it was resumed by hand", async () => {
    const { declared, one, id } = await paying(`${state}-by-hand`);
    await one.up({ ...declared, state });
    await stripe().subscriptions.update(id, { pause_collection: "" });
    expect(await one.refresh()).toEqual(["state"]);
    await one.up({ ...declared, state });
    expect(await one.refresh()).toEqual([]);
  });

  test("continues if the run that paused it was interrupted, and it is active again", async () => {
    const { declared, one, id } = await paying(`${state}-interrupted`);
    await stripe().subscriptions.update(id, {
      pause_collection: { behavior: "void" },
      metadata: { tenantry_paused: "true" },
    });
    expect(await one.refresh()).toEqual(["state"]);
    await one.up(declared);
    expect(await stripe().subscriptions.retrieve(id)).toMatchObject({ pause_collection: null });
    expect(await one.refresh()).toEqual([]);
  });

  test("is collected when the organization is active again, also if it was paused by hand before", async () => {
    const { declared, one, id } = await paying(`${state}-before`);
    await stripe().subscriptions.update(id, { pause_collection: { behavior: "keep_as_draft" } });
    await one.up({ ...declared, state });
    expect(await one.refresh()).toEqual([]);
    await one.up(declared);
    expect(await stripe().subscriptions.retrieve(id)).toMatchObject({ pause_collection: null });
    expect(await one.refresh()).toEqual([]);
  });

  test("is paused again after the pause was changed by hand", async () => {
    const { declared, one, id } = await paying(`${state}-changed`);
    await one.up({ ...declared, state });
    await stripe().subscriptions.update(id, { pause_collection: { behavior: "keep_as_draft" } });
    expect(await one.refresh()).toEqual(["drift"]);
    await one.up({ ...declared, state });
    expect(await stripe().subscriptions.retrieve(id)).toMatchObject({
      pause_collection: { behavior: "void" },
    });
    expect(await one.refresh()).toEqual([]);
  });

  test.each([
    ["voids invoices", { behavior: "void" as const }],
    ["keeps drafts", { behavior: "keep_as_draft" as const }],
    ["ends by itself", { behavior: "void" as const, resumes_at: 4_000_000_000 }],
  ])("is paused, then collected again, if a refresh found a pause that %s", async (what, pause) => {
    const { declared, one, id } = await paying(`${state}-${what.replaceAll(" ", "-")}`);
    await stripe().subscriptions.update(id, { pause_collection: pause });
    await refreshAndUp(one, { ...declared, state });
    expect(await stripe().subscriptions.retrieve(id)).toMatchObject({
      pause_collection: { behavior: "void", resumes_at: null },
    });
    await refreshAndUp(one, declared);
    expect(await stripe().subscriptions.retrieve(id)).toMatchObject({ pause_collection: null });
  });
});

test.each(["hold-before", "hold-after"] as const)(
  "a run that is killed, %s the pause, can be repeated",
  async (kind) => {
    const { declared, id } = await paying(`killed-${kind}`);
    const wanted = { ...declared, state: "suspended" as const };
    await live.killed({ kind, match: "^POST /v1/subscriptions/[^/]+$", nth: 1 }, (context) =>
      new Life(subscription, context).up(wanted),
    );
    await life().up(wanted);
    const { pause_collection, metadata } = await stripe().subscriptions.retrieve(id);
    expect([pause_collection?.behavior, metadata.tenantry_paused]).toEqual(["void", "true"]);
  },
);

test("the subscription of a deleted organization is canceled once, and a refresh finds no drift", async () => {
  const { customer, declared, one, id } = await paying("deleted");
  expect(await one.up({ ...declared, state: "deleted" })).toMatchObject({
    subscriptionId: id,
    status: "canceled",
  });
  live.sandbox.clearRequests();
  await one.up({ ...declared, state: "deleted" });
  expect(await one.refresh()).toEqual([]);
  expect(stripeWrites(live)).toEqual([]);
  await daysPass(live, 62);
  expect(await paid(customer)).toEqual([4900]);
});

test("an organization that was never active has no subscription", async () => {
  const customer = await newCustomer(live, "never");
  const one = life();
  await one.up({ customer, price: LAUNCH, brand: brandOf("never"), state: "deleted" });
  expect(await one.refresh()).toEqual([]);
  expect((await stripe().subscriptions.list({ customer, status: "all" })).data).toEqual([]);
});
