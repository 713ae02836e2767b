import { describe, expect, test } from "vitest";
import { HeaderLimiter, PaceLimiter } from "../../src/http/limiter.ts";

const said = (remaining: number, reset: number, status = 200) =>
  new Response(null, {
    status,
    headers: { "x-ratelimit-remaining": String(remaining), "x-ratelimit-reset": String(reset) },
  });

/** How long calls of a bucket waited, in milliseconds. */
async function waited(limiter: { enter(bucket: string): Promise<void> }, bucket: string): Promise<number> {
  const start = performance.now();
  await limiter.enter(bucket);
  return performance.now() - start;
}

describe("a limiter that follows the service's headers", () => {
  test("holds nothing back before it knows anything", async () => {
    expect(await waited(new HeaderLimiter(), "GET /a")).toBeLessThan(50);
  });

  test("lets out as many calls as remain, and the next when the window ends", async () => {
    const limiter = new HeaderLimiter();
    limiter.learn("GET /a", said(2, 0.4));
    expect(await waited(limiter, "GET /a")).toBeLessThan(50);
    expect(await waited(limiter, "GET /a")).toBeLessThan(50);
    expect(await waited(limiter, "GET /a")).toBeGreaterThan(200);
  });

  test("holds one bucket back and not another", async () => {
    const limiter = new HeaderLimiter();
    limiter.learn("GET /a", said(0, 60));
    expect(await waited(limiter, "GET /b")).toBeLessThan(50);
  });

  test("believes a 429, whatever remains", async () => {
    const limiter = new HeaderLimiter();
    limiter.learn("GET /a", said(100, 0.4, 429));
    expect(await waited(limiter, "GET /a")).toBeGreaterThan(200);
  });

  test("counts the calls on their way against what remains", async () => {
    const limiter = new HeaderLimiter();
    limiter.learn("GET /a", said(3, 0.5));
    await Promise.all([limiter.enter("GET /a"), limiter.enter("GET /a")]);
    // The answer to the first was written before the second arrived: of the two that remain one is spoken for.
    limiter.learn("GET /a", said(2, 0.5));
    expect(await waited(limiter, "GET /a")).toBeLessThan(50);
    expect(await waited(limiter, "GET /a")).toBeGreaterThan(200);
  });

  test("gives up waiting when it is told to", async () => {
    const limiter = new HeaderLimiter();
    limiter.learn("GET /a", said(0, 60));
    const stop = new AbortController();
    const waiting = limiter.enter("GET /a", stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
  });
});

test("a limiter without headers lets so many out in a second", async () => {
  const limiter = new PaceLimiter(3);
  const times: number[] = [];
  const start = performance.now();
  await Promise.all(
    Array.from({ length: 7 }, async () => {
      await limiter.enter("");
      times.push(performance.now() - start);
    }),
  );
  const within = (from: number, to: number) => times.filter((time) => time >= from && time < to).length;
  expect(within(0, 900)).toBe(3);
  expect(within(900, 1900)).toBe(3);
});
