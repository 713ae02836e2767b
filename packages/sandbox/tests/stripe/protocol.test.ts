import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Store } from "../../src/store.ts";
import { customerWithCard, KEY, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

describe("a request", () => {
  it("needs the account's key, and errors mask the given key", async () => {
    const { send } = await localStripe();
    const wrong = await send("GET", "/v1/customers", undefined, {
      authorization: "Bearer sk_test_someoneelse9876",
    });
    expect(wrong.status).toBe(401);
    expect(wrong.body.error).toEqual({
      type: "invalid_request_error",
      message: "Invalid API Key provided: sk_test_***********9876",
      request_log_url: expect.stringContaining(String(wrong.headers.get("request-id"))),
    });
    const none = await send("GET", "/v1/customers", undefined, { authorization: "" });
    expect(none.status).toBe(401);
    expect(String(none.body.error?.message)).toMatch(/^You did not provide an API key/);
    const basic = `Basic ${Buffer.from(`${KEY}:`).toString("base64")}`;
    expect((await send("GET", "/v1/customers", undefined, { authorization: basic })).status).toBe(200);
  });

  it("returns a request id and the API version", async () => {
    const { send } = await localStripe();
    const { headers } = await send("GET", "/v1/customers");
    expect(headers.get("request-id")).toMatch(/^req_\w{14}$/);
    expect(headers.get("stripe-version")).toBe("2026-10-28.endive");
  });

  it("to an unknown route returns Stripe's error", async () => {
    const { send } = await localStripe();
    for (const [method, path] of [
      ["GET", "/v1/unicorns"],
      ["POST", "/v1/products/x/unknown"],
      ["DELETE", "/v1/prices/price_1"],
      ["POST", "/v2/core/events"],
    ] as const) {
      const { status, body } = await send(method, path, method === "POST" ? "" : undefined);
      expect(status).toBe(404);
      expect(body.error).toMatchObject({
        type: "invalid_request_error",
        message: expect.stringContaining(`Unrecognized request URL (${method}: ${path}).`),
      });
    }
  });

  it("that exceeds 25 per second is refused without effect", async () => {
    const { stripe, send } = await localStripe({ requestsPerSecond: 25 });
    // All requests count as sent within one second, even on a slow machine.
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    onTestFinished(() => clock.mockRestore());
    const headers = { "idempotency-key": "k1" };
    const sent = Array.from({ length: 40 }, () => send("POST", "/v1/customers", "name=Acme", headers));
    const answers = await Promise.all(sent);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(15);
    expect(refused[0]?.headers.get("stripe-rate-limited-reason")).toBe("global-rate");
    expect(refused[0]?.body.error).toMatchObject({ code: "rate_limit" });
    expect(await refusal(stripe.customers.list())).toMatchObject({ statusCode: 429 });
  });

  it.each([
    ["an unknown key", "nme=Acme", "parameter_unknown", "nme", "Received unknown parameter: nme"],
    [
      "an unknown nested key",
      "name=A&address[street]=x",
      "parameter_unknown",
      "address[street]",
      "Received unknown parameter: address[street]",
    ],
    ["two unknown keys", "a=1&b=2", "parameter_unknown", "a", "Received unknown parameters: a, b"],
    [
      "a text instead of a number",
      "balance=ten",
      "parameter_invalid_integer",
      "balance",
      "Invalid integer: ten",
    ],
    [
      "a number that is too large to be exact",
      "balance=99999999999999999999",
      "parameter_invalid_integer",
      "balance",
      /Invalid integer/,
    ],
    ["an object instead of a text", "name[first]=Ada", undefined, "name", /Invalid string/],
    ["a text instead of an object", "address=Rome", undefined, "address", "Invalid object"],
    [
      "a value that isn't one of the options",
      "tax_exempt=maybe",
      undefined,
      "tax_exempt",
      "Invalid tax_exempt: must be one of none, exempt, or reverse",
    ],
    ["an invalid email address", "email=nobody", "email_invalid", "email", "Invalid email address: nobody"],
    ["unbalanced brackets", "address[city=Rome", undefined, "address[city", /Invalid parameter name/],
    [
      "a value that is also a parent",
      "address=x&address[city]=Rome",
      undefined,
      "address[city]",
      /conflicting types/,
    ],
    ["the key __proto__", "__proto__[polluted]=1", "parameter_unknown", "__proto__", /unknown parameter/],
    [
      "a parameter that the sandbox doesn't support",
      "tax_id_data[0][type]=eu_vat",
      "sandbox_unsupported",
      "tax_id_data",
      /sandbox doesn't support Stripe's parameter/,
    ],
  ])("with %s is refused, and the error names the parameter", async (_, form, code, param, message) => {
    const { send, stripe } = await localStripe();
    const { status, body } = await send("POST", "/v1/customers", form);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: "invalid_request_error", param });
    expect(body.error?.code).toBe(code);
    expect(body.error?.message).toMatch(message);
    expect((await stripe.customers.list()).data).toEqual([]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("that isn't a form is refused", async () => {
    const { send } = await localStripe();
    const { status, body } = await send("POST", "/v1/customers", '{"name":"Acme"}', {
      "content-type": "application/json",
    });
    expect(status).toBe(400);
    expect(String(body.error?.message)).toMatch(/application\/x-www-form-urlencoded/);
  });
});

it("objects and the clock are restored after a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tenantry-stripe-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const store = () => new Store(join(folder, "stripe.jsonl"));
  const first = await localStripe({ store: store() });
  const price = await monthlyPrice(first.stripe, 4900, { lookup_key: "launch" });
  const customer = await customerWithCard(first.stripe);
  const made = await first.stripe.subscriptions.create(
    { customer: customer.id, items: [{ price: price.id }] },
    { idempotencyKey: "k1" },
  );
  await first.advance({ days: 40 });
  const before = await first.stripe.subscriptions.retrieve(made.id);
  await first.stop();

  const second = await localStripe({ store: store() });
  expect(await second.stripe.subscriptions.retrieve(made.id)).toEqual(before);
  expect((await second.stripe.prices.list({ lookup_keys: ["launch"] })).data).toEqual([
    await second.stripe.prices.retrieve(price.id),
  ]);
  expect((await second.stripe.invoices.list({ customer: customer.id })).data).toHaveLength(2);
  const later = await second.stripe.customers.create();
  expect(later.created).toBeGreaterThan(made.created + 39 * 24 * 3600);
});
