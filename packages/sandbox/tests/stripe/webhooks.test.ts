import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Stripe from "stripe";
import { describe, expect, it, onTestFinished } from "vitest";
import { Store } from "../../src/store.ts";
import { customerWithCard, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

interface Delivery {
  readonly payload: string;
  readonly signature: string;
}

function fail(response: ServerResponse): void {
  response.writeHead(500).end();
}

/** Starts a server that receives deliveries. It fails the first ones with `refuse`. */
async function receiver(refused = 0, refuse = fail) {
  const deliveries: Delivery[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    deliveries.push({
      payload: Buffer.concat(parts).toString("utf8"),
      signature: String(request.headers["stripe-signature"]),
    });
    if (deliveries.length <= refused) refuse(response);
    else response.end();
    for (const wake of waiting.splice(0)) wake();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    async received(count: number): Promise<Delivery[]> {
      while (deliveries.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
      return deliveries;
    },
  };
}

function typesOf(deliveries: readonly Delivery[]): string[] {
  return deliveries.map(({ payload }) => (JSON.parse(payload) as Stripe.Event).type);
}

describe("webhooks", () => {
  it("contain the event and are signed with the secret that only the creation returns", async () => {
    const { stripe } = await localStripe();
    const { url, received } = await receiver();
    const endpoint = await stripe.webhookEndpoints.create({ url, enabled_events: ["customer.created"] });
    const secret = endpoint.secret ?? "";
    expect(secret).toMatch(/^whsec_/);
    expect(await stripe.webhookEndpoints.retrieve(endpoint.id)).not.toHaveProperty("secret");
    await stripe.products.create({ name: "not asked for" });
    const customer = await stripe.customers.create({ email: "a@b.co" });
    const [delivery] = await received(1);
    if (delivery === undefined) throw new Error("Nothing was delivered");
    const event = stripe.webhooks.constructEvent(delivery.payload, delivery.signature, secret);
    expect(event).toMatchObject({ type: "customer.created", data: { object: { id: customer.id } } });
    expect(() =>
      stripe.webhooks.constructEvent(`${delivery.payload} `, delivery.signature, secret),
    ).toThrow();
    const kept = (await stripe.events.retrieve(event.id)) as Stripe.Event;
    expect(kept).toMatchObject({ id: event.id, request: { id: expect.stringMatching(/^req_/) } });
  });

  it("are retried until they succeed", async () => {
    const { stripe } = await localStripe({ webhookRetryAfter: 5 });
    const { url, received } = await receiver(2);
    await stripe.webhookEndpoints.create({ url, enabled_events: ["*"] });
    await stripe.customers.create();
    const deliveries = await received(3);
    expect(new Set(deliveries.map(({ payload }) => (JSON.parse(payload) as Stripe.Event).id)).size).toBe(1);
  });

  it("that a stop interrupts are sent after the next start", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tenantry-stripe-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const journal = join(folder, "stripe.journal");
    const first = await localStripe({ store: new Store(journal) });
    let cut: Promise<unknown> | undefined;
    const { url, received } = await receiver(1, (response) => {
      cut = once(response, "close");
    });
    await first.stripe.webhookEndpoints.create({ url, enabled_events: ["customer.created"] });
    await first.stripe.customers.create();
    await received(1);
    await first.stop();
    await cut;
    const stopped = await readFile(journal, "utf8");
    await localStripe({ store: new Store(journal) });
    const deliveries = await received(2);
    expect(deliveries[1]?.payload).toBe(deliveries[0]?.payload);
    expect(stopped).toContain('"attempts":0');
    expect(stopped).not.toContain('"attempts":1');
  });

  it("are sent for the lifecycle of a subscription, with the previous values", async () => {
    const { stripe, advance } = await localStripe();
    const { url, received } = await receiver();
    await stripe.webhookEndpoints.create({
      url,
      enabled_events: [
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "invoice.paid",
      ],
    });
    const pattern = ["customer.*" as "*"];
    expect(await refusal(stripe.webhookEndpoints.create({ url, enabled_events: pattern }))).toMatchObject({
      param: "enabled_events[0]",
    });
    const customer = await customerWithCard(stripe);
    const price = await monthlyPrice(stripe, 4900);
    const { id } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      trial_period_days: 7,
    });
    await advance({ days: 8 });
    await stripe.subscriptions.cancel(id);
    const types = typesOf(await received(5));
    expect(types.sort()).toEqual([
      "customer.subscription.created",
      "customer.subscription.deleted",
      "customer.subscription.updated",
      "invoice.paid",
      "invoice.paid",
    ]);
    const [updated] = (await stripe.events.list({ type: "customer.subscription.updated" })).data;
    expect(updated?.data).toMatchObject({
      object: { status: "active" },
      previous_attributes: { status: "trialing" },
    });
  });

  it("aren't sent for a refused request", async () => {
    const { stripe } = await localStripe();
    const before = (await stripe.events.list()).data.length;
    await refusal(stripe.customers.create({ payment_method: "pm_card_chargeDeclined" }));
    expect((await stripe.events.list()).data).toHaveLength(before);
  });

  it("stop when the endpoint is disabled or deleted", async () => {
    const { stripe } = await localStripe();
    const { url, received } = await receiver();
    const { id } = await stripe.webhookEndpoints.create({ url, enabled_events: ["customer.created"] });
    await stripe.webhookEndpoints.update(id, { disabled: true });
    await stripe.customers.create({ name: "unheard" });
    await stripe.webhookEndpoints.update(id, { disabled: false });
    await stripe.customers.create({ name: "heard" });
    const [delivery] = await received(1);
    expect(delivery?.payload).toContain('"heard"');
    await stripe.webhookEndpoints.del(id);
    expect(await refusal(stripe.webhookEndpoints.retrieve(id))).toMatchObject({ statusCode: 404 });
  });
});
