import { Secret } from "@tenantry/core/secret";
import { describe, expect, test } from "vitest";
import {
  idempotencyKey,
  stripeAccess,
  stripeCall,
  stripeFind,
  stripeFromEnv,
} from "../../../src/vendors/stripe/client.ts";
import { json, localServer } from "../http/local-server.ts";

const accessOf = (baseUrl: string) => stripeAccess({ key: new Secret("sk_test_1"), baseUrl });
const error = (details: object) => ({
  error: { type: "invalid_request_error", message: "as it says", ...details },
});

describe("a failure", () => {
  test.each([
    [400, { param: "email" }, "correct what the message names"],
    [401, {}, "Check STRIPE_API_KEY"],
    [402, { type: "card_error", code: "card_declined" }, "another payment method"],
    [403, {}, "restricted key"],
  ])(
    "with status %i reports the operation, status, request id and remedy",
    async (status, details, remedy) => {
      const server = await localServer((_request, response) =>
        json(response, status, error(details), { "request-id": "req_1" }),
      );
      const { writer } = accessOf(server.url);
      await expect(stripeCall("customers.create", writer.customers.create({}))).rejects.toMatchObject({
        vendor: "Stripe",
        operation: "customers.create",
        status,
        requestId: "req_1",
        remedy: expect.stringContaining(remedy),
        message: expect.stringContaining("as it says"),
      });
    },
  );

  test("that reports a missing object returns undefined", async () => {
    const server = await localServer((_request, response) =>
      json(response, 404, error({ code: "resource_missing" })),
    );
    const { writer } = accessOf(server.url);
    expect(await stripeFind("prices.retrieve", writer.prices.retrieve("price_1"))).toBeUndefined();
  });
});

describe("retries and their idempotency keys", () => {
  /** The idempotency keys that a server receives while it fails, until it succeeds. */
  async function keysOf(
    fail: (response: import("node:http").ServerResponse) => void,
    call: (access: ReturnType<typeof accessOf>) => Promise<unknown>,
  ) {
    const keys: (string | undefined)[] = [];
    const server = await localServer((request, response, number) => {
      keys.push(request.headers["idempotency-key"] as string | undefined);
      if (number < 3) fail(response);
      else json(response, 200, { id: "cus_1", object: "customer" });
    });
    await call(accessOf(server.url)).catch(() => undefined);
    return keys;
  }
  const create = (access: ReturnType<typeof accessOf>) =>
    access.writer.customers.create({ email: "a@b.example" }, { idempotencyKey: "ours" });
  const update = (access: ReturnType<typeof accessOf>) =>
    access.writer.customers.update("cus_1", { name: "x" }, { idempotencyKey: "ours" });
  const cut = (response: import("node:http").ServerResponse) => response.destroy();
  const fault = (response: import("node:http").ServerResponse) => json(response, 500, {});
  const busy = (response: import("node:http").ServerResponse) =>
    json(response, 429, error({ code: "rate_limit" }), { "stripe-rate-limited-reason": "endpoint-rate" });

  test("a creation is retried with the same key after a lost response or a rate limit", async () => {
    expect(await keysOf(cut, create)).toEqual(["ours", "ours", "ours"]);
    expect(await keysOf(busy, create)).toEqual(["ours", "ours", "ours"]);
  });

  test("a creation isn't retried after a server error, since its key would repeat the error", async () => {
    expect(await keysOf(fault, create)).toEqual(["ours"]);
  });

  test("an update is retried with new keys after a server error", async () => {
    const keys = await keysOf(fault, update);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(3);
  });

  test("a read is retried after any failure", async () => {
    const read = (access: ReturnType<typeof accessOf>) => access.writer.customers.retrieve("cus_1");
    for (const fail of [cut, fault, busy]) expect(await keysOf(fail, read)).toHaveLength(3);
  });
});

test("a reader refuses every write before it is sent", async () => {
  const server = await localServer((_request, response) => json(response, 200, { object: "list", data: [] }));
  const { reader } = accessOf(server.url);
  await expect(stripeCall("customers.create", reader.customers.create({}))).rejects.toThrow(/must not write/);
  await reader.customers.list();
  expect(server.calls).toEqual(["GET /v1/customers"]);
});

test("a key depends on all its parts", () => {
  const keys = [
    ["a", 1],
    ["a", 2],
    ["a", 1, "sub_1"],
  ].map(idempotencyKey);
  expect(new Set(keys).size).toBe(3);
  expect(idempotencyKey(["a", 1])).toBe(keys[0]);
  for (const key of keys) expect(key.length).toBeLessThanOrEqual(255);
});

test.each([
  [{}, "STRIPE_API_KEY is not set."],
  [
    { STRIPE_API_KEY: "sk_test_1", STRIPE_API_BASE: "nowhere" },
    'STRIPE_API_BASE is "nowhere", which isn\'t a URL.',
  ],
])("an invalid environment is reported: %o", (env, message) => {
  expect(() => stripeFromEnv(env)).toThrow(message);
});
