import { describe, expect, test } from "vitest";
import { HeaderLimiter, type Limiter } from "../../../src/vendors/http/limiter.ts";
import { type FetchPolicy, rateLimitedFetch } from "../../../src/vendors/http/rate-limited-fetch.ts";
import { json, localServer } from "./local-server.ts";

const unlimited: Limiter = { enter: async () => {}, learn: () => {} };

function fetchWith(manners: Partial<FetchPolicy>) {
  return rateLimitedFetch({
    limiter: unlimited,
    bucketOf: ({ method, url }) => `${method} ${url.pathname}`,
    again: (call, outcome) =>
      call.method === "GET" && ("error" in outcome || outcome.response.status >= 500) ? call : undefined,
    firstWaitMilliseconds: 5,
    ...manners,
  });
}

const failures = {
  "a 500": (response: import("node:http").ServerResponse) => json(response, 500, {}),
  "a 429": (response: import("node:http").ServerResponse) => json(response, 429, {}),
  "a cut connection": (response: import("node:http").ServerResponse) => response.destroy(),
  "an answer cut in the middle": (response: import("node:http").ServerResponse) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half");
    setTimeout(() => response.destroy(), 5);
  },
};

describe.each(Object.entries(failures))("after %s", (_name, fail) => {
  test("a GET is retried until it succeeds", async () => {
    const server = await localServer((_request, response, number) =>
      number < 4 ? fail(response) : json(response, 200, { number }),
    );
    const answer = await fetchWith({})(`${server.url}/a`);
    expect(await answer.json()).toEqual({ number: 4 });
  });
});

test("after a 429, which had no effect, a POST is retried with its body", async () => {
  const bodies: string[] = [];
  const server = await localServer((request, response, number) => {
    bodies.push(request.headers["content-length"] ?? "");
    if (number < 3) json(response, 429, {});
    else json(response, 201, {});
  });
  const answer = await fetchWith({})(`${server.url}/a`, { method: "POST", body: "twelve bytes" });
  expect(answer.status).toBe(201);
  expect(bodies).toEqual(["12", "12", "12"]);
});

test.each(["a 500", "a cut connection"] as const)("after %s a POST isn't retried", async (name) => {
  const server = await localServer((_request, response) => failures[name](response));
  const attempt = fetchWith({})(`${server.url}/a`, { method: "POST", body: "{}" }).then((it) => it.status);
  if (name === "a 500") expect(await attempt).toBe(500);
  else await expect(attempt).rejects.toThrow("fetch failed");
  expect(server.calls).toHaveLength(1);
});

test("after the last attempt it returns the last response", async () => {
  const server = await localServer((_request, response) => json(response, 503, {}));
  expect((await fetchWith({ attempts: 3 })(`${server.url}/a`)).status).toBe(503);
  expect(server.calls).toHaveLength(3);
});

test("after a 429 it waits until the window ends", async () => {
  const server = await localServer((_request, response, number) =>
    number === 1 ? json(response, 429, {}, { "x-ratelimit-reset": "0.5" }) : json(response, 200, {}),
  );
  const start = performance.now();
  await fetchWith({ limiter: new HeaderLimiter() })(`${server.url}/a`);
  expect(performance.now() - start).toBeGreaterThan(400);
});

test("a cancelled run stops waiting", async () => {
  const server = await localServer((_request, response) => json(response, 500, {}));
  const stop = new AbortController();
  const waiting = fetchWith({ signal: stop.signal, firstWaitMilliseconds: 60_000 })(`${server.url}/a`);
  setTimeout(() => stop.abort(), 50);
  await expect(waiting).rejects.toThrow(/abort/i);
});
