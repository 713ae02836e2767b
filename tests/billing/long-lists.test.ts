import { Secret } from "@tenantry/core/secret";
import Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runBillingJob } from "../../src/billing/billing-job.ts";
import { webhookApp } from "../../src/billing/webhook/app.ts";
import { subscription } from "../../src/provider/resources/stripe/subscription.ts";
import { Life } from "../provider/life.ts";
import { type Customer, LAUNCH, Shop } from "./shop.ts";

/** Stripe embeds ten entries of a list and returns at most a hundred per page. */

let shop: Shop;
/** Without tenantry's rate limit. */
let stripe: Stripe;
beforeAll(async () => {
  shop = await Shop.open({ stripeRequestsPerSecond: 100_000 });
  const { STRIPE_API_BASE = "", STRIPE_API_KEY = "" } = shop.live.sandbox.env;
  const { hostname: host, port } = new URL(STRIPE_API_BASE);
  stripe = new Stripe(STRIPE_API_KEY, { host, port, protocol: "http", telemetry: false });
});
afterAll(() => shop.stop());

const SECRET = "whsec_long_lists";

/** A renewal whose line follows twelve prorations, in Stripe's order. */
async function longRenewal(name: string): Promise<{ customer: Customer; invoice: Stripe.Invoice }> {
  const customer = await shop.organization(name, "pm_card_visa");
  const id = await customer.subscribe(LAUNCH);
  const [item] = (await stripe.subscriptionItems.list({ subscription: id })).data;
  for (let change = 0; change < 6; change += 1)
    await stripe.subscriptionItems.update(item?.id ?? "", { quantity: 2 - (change % 2) });
  await stripe.subscriptionItems.update(item?.id ?? "", { quantity: 1, proration_behavior: "none" });
  await shop.happens("/clock", { advance: 32 * 24 * 60 * 60 });
  const [invoice] = (await stripe.invoices.list({ subscription: id })).data;
  if (invoice === undefined) throw new Error("the subscription wasn't renewed");
  expect([invoice.lines.data.length, invoice.lines.has_more, invoice.status]).toEqual([10, true, "paid"]);
  return { customer, invoice };
}

test("the webhook posts the plan credits of a paid invoice with more than ten lines", async () => {
  const { customer, invoice } = await longRenewal("long-webhook");
  const [event] = (await stripe.events.list({ type: "invoice.paid" })).data.filter(
    ({ data }) => (data.object as Stripe.Invoice).id === invoice.id,
  );
  const payload = JSON.stringify(event);
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET });
  const app = webhookApp({
    billing: await shop.context(32 * 24 * 60),
    secrets: [new Secret(SECRET)],
    log: () => {},
  });
  const headers = { "stripe-signature": signature };
  expect((await app.request("/stripe", { method: "POST", body: payload, headers })).status).toBe(200);
  expect(await customer.entries()).toHaveLength(1);
});

test("the billing job posts the plan credits of a paid invoice with more than ten lines", async () => {
  const { customer } = await longRenewal("long-job");
  await runBillingJob(await shop.context(64 * 24 * 60), new AbortController().signal);
  expect(await customer.entries()).toHaveLength(2);
});

test("an update of the subscription finds the paid period on an invoice of more than ten lines", async () => {
  const customer = await shop.organization("long-update", "pm_card_visa");
  const life = new Life(subscription, shop.live.context());
  const declared = { ...customer.declared, price: LAUNCH };
  const { subscriptionId: id } = await life.up(declared);
  const [item] = (await stripe.subscriptionItems.list({ subscription: id })).data;
  for (let change = 0; change < 6; change += 1)
    await stripe.subscriptionItems.update(item?.id ?? "", { quantity: 2 - (change % 2) });
  await stripe.subscriptionItems.update(item?.id ?? "", { quantity: 1, proration_behavior: "none" });
  const before = life.outputs.paidSince;
  await shop.happens("/clock", { advance: 32 * 24 * 60 * 60 });
  await life.refresh();
  expect(life.outputs.paidProduct).toBe("shop_launch");
  expect(life.outputs.paidSince).not.toBe(before);
});

test("a run without recorded state finds a subscription behind 101 newer ones of another program", async () => {
  const customer = await shop.organization("long-customer", "pm_card_visa");
  const life = new Life(subscription, shop.live.context());
  const declared = { ...customer.declared, price: LAUNCH };
  const { subscriptionId } = await life.up(declared);
  const product = await stripe.products.create({ name: "of another program" });
  const price = await stripe.prices.create({
    product: product.id,
    currency: "usd",
    unit_amount: 0,
    recurring: { interval: "month" },
  });
  for (let made = 0; made < 101; made += 1)
    await stripe.subscriptions.create({ customer: customer.customer, items: [{ price: price.id }] });
  life.forget();
  expect((await life.up(declared)).subscriptionId).toBe(subscriptionId);
});
