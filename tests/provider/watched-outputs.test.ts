import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningProvider, serveProvider } from "../../src/provider/runtime/server.ts";
import { ProtocolClient } from "./engine.ts";
import { type Live, startLive } from "./live.ts";
import {
  brandOf,
  giveCard,
  LAUNCH_PRICE,
  newCustomer,
  sellPlan,
  stripeWrites,
} from "./resources/stripe/billing.ts";

const TYPE = "stripe:Subscription";

let live: Live;
let provider: RunningProvider;
let engine: ProtocolClient;
beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  provider = await serveProvider({ env: live.sandbox.env });
  engine = new ProtocolClient(provider.port);
});
afterAll(async () => {
  engine.close();
  await provider.close();
  await live.stop();
});

/** The changes that a run without a refresh plans for a subscription whose declaration didn't change. */
async function aRun(inputs: Record<string, unknown>, outputs: Record<string, unknown>) {
  // As at the start of each run: drops cached reads.
  await engine.configure();
  return engine.diff(TYPE, inputs, inputs, outputs);
}

test("a run without a refresh detects a paid or ended subscription by reading only", async () => {
  const { stripe } = live.context()("write");
  const customer = await newCustomer(live, "acme");
  const declared = { customer, price: LAUNCH_PRICE.lookupKey, brand: brandOf("acme") };
  const { inputs } = await engine.check(TYPE, declared);
  const { id, outputs } = await engine.create(TYPE, inputs);
  expect(outputs).toMatchObject({ status: "incomplete" });
  expect(await aRun(inputs, outputs)).toMatchObject({ changes: false });

  await giveCard(live, customer);
  const [open] = (await stripe.invoices.list({ customer, status: "open" })).data;
  await stripe.invoices.pay(open?.id ?? "");
  live.sandbox.clearRequests();
  expect(await aRun(inputs, outputs)).toEqual({
    changes: true,
    replaces: [],
    detailed: { status: "UPDATE", paidSince: "UPDATE" },
  });
  const foreseen = await engine.update(TYPE, id, inputs, outputs, inputs, true);
  expect(foreseen).toMatchObject({ status: "active", product: "demo_launch" });
  expect(stripeWrites(live)).toEqual([]);

  const updated = await engine.update(TYPE, id, inputs, outputs, inputs);
  expect(updated).toEqual(foreseen);
  expect(stripeWrites(live)).toEqual([]);
  expect(await aRun(inputs, updated)).toMatchObject({ changes: false });

  await stripe.subscriptions.cancel(String(updated.subscriptionId));
  expect(await aRun(inputs, updated)).toMatchObject({ changes: true });
  await engine.configure();
  live.sandbox.clearRequests();
  const ended = await engine.update(TYPE, id, inputs, updated, inputs);
  expect(ended).toMatchObject({ status: "canceled", subscriptionId: updated.subscriptionId });
  expect(stripeWrites(live)).toEqual([]);
  expect(await aRun(inputs, ended)).toMatchObject({ changes: false });
});

test("a run without a refresh shows what others set on a subscription, once", async () => {
  const { stripe } = live.context()("write");
  const customer = await newCustomer(live, "reduced");
  await giveCard(live, customer);
  const declared = { customer, price: LAUNCH_PRICE.lookupKey, brand: brandOf("reduced") };
  const { inputs } = await engine.check(TYPE, declared);
  const { id, outputs } = await engine.create(TYPE, inputs);
  const coupon = (await stripe.coupons.create({ percent_off: 50, duration: "forever" })).id;
  await stripe.subscriptions.update(String(outputs.subscriptionId), { discounts: [{ coupon }] });
  expect(await aRun(inputs, outputs)).toMatchObject({ detailed: { unmanaged: "UPDATE" } });
  live.sandbox.clearRequests();
  const updated = await engine.update(TYPE, id, inputs, outputs, inputs);
  expect(updated).toMatchObject({ unmanaged: { discounts: `coupon ${coupon}` } });
  expect(stripeWrites(live)).toEqual([]);
  expect(await aRun(inputs, updated)).toMatchObject({ changes: false });
});
