import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Fault, Faults, type Target } from "../src/faults.ts";
import { type LocalSandbox, openSandbox } from "./local-sandbox.ts";

const get: Target = { service: "supabase", method: "GET", path: "/v1/projects", write: false };
const post: Target = { service: "supabase", method: "POST", path: "/v1/projects", write: true };

describe("a fault matches", () => {
  const cases: [string, Fault, Target, boolean][] = [
    ["every request by default", { kind: "500" }, get, true],
    ["requests to its service", { kind: "500", service: "supabase" }, get, true],
    ["requests to another service", { kind: "500", service: "stripe" }, get, false],
    ["reads with `writesOnly`", { kind: "500", writesOnly: true }, get, false],
    ["writes with `writesOnly`", { kind: "500", writesOnly: true }, post, true],
    ["requests to a route that matches", { kind: "500", match: "^POST /v1/projects$" }, post, true],
    ["requests to another route", { kind: "500", match: "^POST /v1/projects$" }, get, false],
    ["requests with the share 0", { kind: "500", share: 0 }, get, false],
  ];
  test.each(cases)("%s: $3", (_, fault, target, matches) => {
    expect(new Faults([fault]).next(target) === fault).toBe(matches);
  });

  test("only the n-th request since it was set", () => {
    const faults = new Faults([{ kind: "500", writesOnly: true, nth: 2 }]);
    expect([post, get, post, post].map((target) => faults.next(target)?.kind)).toEqual([
      undefined,
      undefined,
      "500",
      undefined,
    ]);
  });

  test("a share of requests, but never the same request more than four times in a row", () => {
    const faults = new Faults([{ kind: "500", share: 0.99 }]);
    expect(Array.from({ length: 5 }, () => faults.next(get)?.kind)).toEqual([
      ...["500", "500", "500", "500"],
      undefined,
    ]);
    expect(faults.next(post)?.kind).toBe("500");
  });

  test("the same requests with the same seed", () => {
    const drawn = (seed: number): boolean[] => {
      const faults = new Faults([{ kind: "429", share: 0.2 }], seed);
      return Array.from({ length: 2000 }, () => faults.next(get) !== undefined);
    };
    const hits = drawn(7).filter(Boolean).length;
    expect(hits).toBeGreaterThan(340);
    expect(hits).toBeLessThan(460);
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });
});

describe("a fault", () => {
  let local: LocalSandbox;
  beforeAll(async () => {
    local = await openSandbox();
  });
  afterAll(() => local.close());
  afterEach(() => {
    local.sandbox.setFaults([]);
    local.sandbox.clearRequests();
  });

  const make = (name: string) => local.call("POST", "/v1/organizations", { name });
  const exists = async (name: string): Promise<boolean> =>
    (await local.call("GET", "/v1/organizations")).body.some((one: { name: string }) => one.name === name);

  test("429 returns the vendor's headers and body and has no effect", async () => {
    local.sandbox.setFaults([{ kind: "429", writesOnly: true }]);
    const reply = await make("too-much");
    expect(reply.status).toBe(429);
    expect(reply.body).toEqual({ message: "ThrottlerException: Too Many Requests" });
    expect(reply.headers.get("x-ratelimit-remaining")).toBe("0");
    expect(reply.headers.get("x-ratelimit-reset")).toBe("1");
    expect(await exists("too-much")).toBe(false);
  });

  test("500 has no effect", async () => {
    local.sandbox.setFaults([{ kind: "500", writesOnly: true }]);
    expect((await make("broken")).status).toBe(500);
    expect(await exists("broken")).toBe(false);
  });

  test("429 for Stripe returns Stripe's error", async () => {
    local.sandbox.setFaults([{ kind: "429", service: "stripe" }]);
    const response = await fetch(`${local.sandbox.stripeUrl}/v1/customers`);
    expect(response.status).toBe(429);
    expect(await response.json()).toEqual({ error: expect.objectContaining({ code: "rate_limit" }) });
    expect(response.headers.get("request-id")).toMatch(/^req_/);
  });

  test("500-after returns the same response as 500 after the request took effect", async () => {
    local.sandbox.setFaults([{ kind: "500-after", writesOnly: true }]);
    expect((await make("broken-later")).status).toBe(500);
    expect(await exists("broken-later")).toBe(true);
  });

  test("respond returns the given response without effect", async () => {
    const response = { status: 402, headers: { "x-request-id": "r1" }, body: { message: "overdue" } };
    local.sandbox.setFaults([{ kind: "respond", response, match: "^POST /v1/organizations$" }]);
    const reply = await make("unpaid");
    expect([reply.status, reply.headers.get("x-request-id"), reply.body]).toEqual([
      ...[402, "r1"],
      { message: "overdue" },
    ]);
    expect(await exists("unpaid")).toBe(false);
  });

  describe("for a Stripe request with an idempotency key", () => {
    const create = (email: string): Promise<Response> =>
      fetch(`${local.sandbox.stripeUrl}/v1/customers`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${local.sandbox.env.STRIPE_API_KEY}`,
          "content-type": "application/x-www-form-urlencoded",
          "idempotency-key": email,
        },
        body: `email=${email}`,
      });
    const count = async (email: string): Promise<number> => {
      const found = await fetch(`${local.sandbox.stripeUrl}/v1/customers?email=${email}`, {
        headers: { authorization: `Bearer ${local.sandbox.env.STRIPE_API_KEY}` },
      });
      return ((await found.json()) as { data: object[] }).data.length;
    };

    test.each([
      ["500", false, 0],
      ["500-stored", true, 0],
      ["500-after", true, 1],
    ] as const)("%s: replays the error: %s, objects created: %i", async (kind, repeated, made) => {
      const email = `${kind}@acme.example`;
      local.sandbox.setFaults([{ kind, writesOnly: true, nth: 1 }]);
      expect((await create(email)).status).toBe(500);
      expect(await count(email)).toBe(made);
      const again = await create(email);
      expect([again.status, again.headers.get("idempotent-replayed")]).toEqual(
        repeated ? [500, "true"] : [200, null],
      );
      expect(await count(email)).toBe(repeated ? made : 1);
    });
  });

  test.each([
    ["drop-before", false],
    ["drop-after", true],
  ] as const)("%s closes the connection; the request took effect: %s", async (kind, effect) => {
    local.sandbox.setFaults([{ kind, writesOnly: true }]);
    await expect(make(kind)).rejects.toThrow("fetch failed");
    expect(await exists(kind)).toBe(effect);
    expect(local.sandbox.requests()[0]).toMatchObject({ status: undefined, fault: kind, write: true });
  });

  test("latency only delays the response", async () => {
    local.sandbox.setFaults([{ kind: "latency", milliseconds: 120, writesOnly: true }]);
    const before = performance.now();
    expect((await make("late")).status).toBe(201);
    expect(performance.now() - before).toBeGreaterThanOrEqual(115);
  });

  test.each([
    ["hold-before", false],
    ["hold-after", true],
  ] as const)("%s holds the request; if the client disconnects, it took effect: %s", async (kind, effect) => {
    local.sandbox.setFaults([{ kind, writesOnly: true }]);
    const caller = new AbortController();
    const call = fetch(`${local.sandbox.supabaseUrl}/v1/organizations`, {
      method: "POST",
      headers: { authorization: `Bearer ${local.sandbox.env.SUPABASE_ACCESS_TOKEN}` },
      body: JSON.stringify({ name: kind }),
      signal: caller.signal,
    }).catch(() => "ended");
    expect(await local.sandbox.held()).toMatchObject({
      method: "POST",
      body: JSON.stringify({ name: kind }),
    });
    caller.abort();
    expect(await call).toBe("ended");
    local.sandbox.setFaults([]);
    local.sandbox.release();
    expect(await exists(kind)).toBe(effect);
  });

  test.each(["hold-before", "hold-after"] as const)("%s continues when released", async (kind) => {
    local.sandbox.setFaults([{ kind, writesOnly: true }]);
    const call = make(`${kind}-released`);
    await local.sandbox.held();
    local.sandbox.release();
    expect((await call).status).toBe(201);
  });

  test("can be set from another process", async () => {
    const faults = [{ kind: "500", match: "POST" }];
    expect((await local.call("PUT", "/_sandbox/faults", { faults })).status).toBe(204);
    expect((await make("remote")).status).toBe(500);
    expect((await local.call("PUT", "/_sandbox/faults", { faults: [{ kind: "flood" }] })).status).toBe(400);
    const seen = await local.call("GET", "/_sandbox/requests");
    expect(seen.body).toMatchObject([{ path: "/v1/organizations", status: 500, fault: "500" }]);
    expect((await local.call("GET", "/_sandbox/requests", undefined, "sbp_wrong")).status).toBe(401);
  });
});
