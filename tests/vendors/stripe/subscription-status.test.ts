import { Secret } from "@tenantry/core/secret";
import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { webhookApp } from "../../../src/billing/webhook/app.ts";
import { subscriptionStatusOf } from "../../../src/vendors/stripe/subscription-status.ts";
import { retrieveSubscription } from "../../../src/vendors/stripe/subscriptions.ts";
import { type Customer, LAUNCH, Shop } from "../../billing/shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterAll(() => shop.stop());
afterEach(() => shop.live.sandbox.setFaults([]));

/** Hides open invoices, as if they were paid, void or still drafts. */
const NO_OPEN_INVOICE = {
  kind: "respond",
  match: "^GET /v1/invoices\\?.*status=open",
  response: { status: 200, body: { object: "list", data: [], has_more: false, url: "/v1/invoices" } },
} as const;

async function late(name: string): Promise<{ customer: Customer; id: string }> {
  const customer = await shop.organization(name, "pm_card_visa");
  const id = await customer.subscribe(LAUNCH);
  await customer.useCard("pm_card_chargeCustomerFail");
  await shop.happens("/clock", { advance: 32 * 24 * 60 * 60 });
  return { customer, id };
}

const read = async (id: string) => {
  const found = await retrieveSubscription(shop.stripe, id);
  if (found === undefined) throw new Error("the subscription is gone");
  return found;
};

describe("a subscription that is past due", () => {
  test("without an open invoice is past due since its latest invoice", async () => {
    const { id } = await late("none-open");
    const found = await read(id);
    const latest = found.latest_invoice as Stripe.Invoice;
    shop.live.sandbox.setFaults([NO_OPEN_INVOICE]);
    expect(await subscriptionStatusOf(shop.stripe, found)).toEqual({
      status: "past_due",
      product: "shop_launch",
      pastDueSince: new Date((latest.due_date ?? latest.created) * 1000).toISOString(),
    });
  });

  test("but was paid after it was read has the new status", async () => {
    const { customer, id } = await late("paid-meanwhile");
    const found = await read(id);
    await customer.useCard("pm_card_visa");
    const [open] = (await shop.stripe.invoices.list({ subscription: id, status: "open" })).data;
    await shop.stripe.invoices.pay(open?.id ?? "");
    expect(await subscriptionStatusOf(shop.stripe, found)).toEqual({
      status: "active",
      product: "shop_launch",
    });
  });

  test("without an open invoice doesn't make its events fail", async () => {
    const { customer, id } = await late("event");
    const { data } = await shop.stripe.events.list({ type: "customer.subscription.updated", limit: 100 });
    const event = data.find((each) => (each.data.object as Stripe.Subscription).id === id);
    const payload = JSON.stringify(event);
    const secret = "whsec_past_due";
    const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
    const app = webhookApp({ billing: await shop.context(), secrets: [new Secret(secret)], log: () => {} });
    shop.live.sandbox.setFaults([NO_OPEN_INVOICE]);
    const headers = { "stripe-signature": signature };
    const answer = await app.request("/stripe", { method: "POST", body: payload, headers });
    expect(answer.status).toBe(200);
    expect(await customer.standing()).toMatch(/past_due/);
  });
});
