import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import Stripe from "stripe";
import { describe, expect, it, onTestFinished } from "vitest";
import { KEY, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

describe("an idempotency key", () => {
  it("replays the first response, even if the object has been deleted", async () => {
    const { stripe, send } = await localStripe();
    const headers = { "idempotency-key": "customer-acme" };
    const first = await send("POST", "/v1/customers", "name=Acme&email=a%40b.co", headers);
    await stripe.customers.del(String(first.body.id));
    const again = await send("POST", "/v1/customers", "email=a%40b.co&name=Acme", headers);
    expect(again.body).toEqual(first.body);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.headers.get("original-request")).toBe(first.headers.get("request-id"));
    expect(again.headers.get("request-id")).not.toBe(first.headers.get("request-id"));
    expect((await stripe.customers.list()).data).toEqual([]);
  });

  it("is valid for one endpoint and one set of parameters", async () => {
    const { stripe } = await localStripe();
    const options = { idempotencyKey: "k1" };
    await stripe.customers.create({ name: "Acme" }, options);
    expect(await refusal(stripe.customers.create({ name: "Other" }, options))).toEqual({
      statusCode: 400,
      type: "idempotency_error",
      message:
        "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than 'k1' if you meant to execute a different request.",
    });
    expect(await refusal(stripe.products.create({ name: "Acme" }, options))).toMatchObject({
      statusCode: 400,
      type: "idempotency_error",
      message: expect.stringContaining("('/v1/customers' vs '/v1/products')"),
    });
  });

  it("replays the error of an executed request, but not of invalid parameters", async () => {
    const { stripe } = await localStripe();
    const price = await monthlyPrice(stripe, 4900);
    const { id: customer } = await stripe.customers.create();
    const subscribe = () =>
      stripe.subscriptions.create({ customer, items: [{ price: price.id }] }, { idempotencyKey: "sub" });
    const first = await refusal(subscribe());
    const method = await stripe.paymentMethods.attach("pm_card_visa", { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
    expect(await refusal(subscribe())).toEqual(first);

    await refusal(stripe.products.create({} as never, { idempotencyKey: "product" }));
    const product = await stripe.products.create({ name: "Launch" }, { idempotencyKey: "product" });
    expect(product.name).toBe("Launch");
  });

  it("expires after 24 hours", async () => {
    const { stripe, advance } = await localStripe();
    const options = { idempotencyKey: "k1" };
    const first = await stripe.customers.create({ name: "Acme" }, options);
    await advance({ hours: 23, minutes: 59 });
    expect((await stripe.customers.create({ name: "Acme" }, options)).id).toBe(first.id);
    await advance({ minutes: 2 });
    expect((await stripe.customers.create({ name: "Acme" }, options)).id).not.toBe(first.id);
  });

  it("has at most 255 characters", async () => {
    const { stripe } = await localStripe();
    await stripe.customers.create({}, { idempotencyKey: "k".repeat(255) });
    const long = stripe.customers.create({}, { idempotencyKey: "k".repeat(256) });
    expect(await refusal(long)).toMatchObject({ statusCode: 400, message: expect.stringMatching(/255/) });
  });

  it("can't be used while its first request is in progress", async () => {
    let finish = (): void => {};
    let begun = (): void => {};
    const works = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const working = () => {
      begun();
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    const { stripe } = await localStripe({ working });
    const options = { idempotencyKey: "k1" };
    const first = stripe.customers.create({ name: "Acme" }, options);
    await works;
    expect(await refusal(stripe.customers.create({ name: "Acme" }, options))).toMatchObject({
      statusCode: 409,
      code: "idempotency_key_in_use",
    });
    finish();
    const { id } = await first;
    expect((await stripe.customers.create({ name: "Acme" }, options)).id).toBe(id);
  });

  it("in many concurrent requests creates one object", async () => {
    const { stripe } = await localStripe();
    const made = await Promise.all(
      Array.from({ length: 20 }, () => stripe.customers.create({ name: "Acme" }, { idempotencyKey: "k1" })),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await stripe.customers.list()).data).toHaveLength(1);
  });

  it("lets a client safely retry after its connection was closed before the response", async () => {
    const { url, stripe } = await localStripe();
    const proxy = await cuttingProxy(url);
    const through = new Stripe(KEY, {
      host: "127.0.0.1",
      port: proxy.port,
      protocol: "http",
      telemetry: false,
      maxNetworkRetries: 2,
    });
    const { id } = await through.customers.create({ name: "Acme" });
    expect(proxy.cut()).toBe(1);
    expect((await stripe.customers.list()).data.map((one) => one.id)).toEqual([id]);
  });
});

it("repeating POST requests in any order has the same effect as sending each once", async () => {
  const { stripe } = await localStripe();
  let run = 0;
  const letters = fc.constantFrom("a", "b", "c", "d");
  await fc.assert(
    fc.asyncProperty(fc.array(letters, { minLength: 1, maxLength: 12 }), async (sequence) => {
      const { id: customer } = await stripe.customers.create();
      const attempt = `run-${run++}`;
      const post = (letter: string) =>
        stripe.paymentMethods.attach(
          "pm_card_visa",
          { customer },
          { idempotencyKey: `${attempt}-${letter}` },
        );
      const answers = new Map<string, string>();
      for (const letter of sequence) {
        const { id } = await post(letter);
        expect(answers.get(letter) ?? id).toBe(id);
        answers.set(letter, id);
      }
      const attached = await stripe.paymentMethods.list({ customer, limit: 100 });
      expect(attached.data.map(({ id }) => id).sort()).toEqual([...answers.values()].sort());
    }),
    { numRuns: 25 },
  );
});

/** Forwards requests, but closes the connection of the first one instead of returning the response. */
async function cuttingProxy(target: string): Promise<{ port: number; cut: () => number }> {
  let cut = 0;
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === "string" && !["connection", "host", "content-length"].includes(name)
        ? [[name, value] as [string, string]]
        : [],
    );
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? "GET",
      headers,
      body: Buffer.concat(parts),
    });
    const body = await answer.text();
    if (cut === 0) {
      cut += 1;
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, cut: () => cut };
}
