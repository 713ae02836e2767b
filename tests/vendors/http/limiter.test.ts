import { describe, expect, test } from "vitest";
import { HeaderLimiter, type Limiter, PaceLimiter } from "../../../src/vendors/http/limiter.ts";

const said = (remaining: number, reset: number, status = 200) =>
  new Response(null, {
    status,
    headers: { "x-ratelimit-remaining": String(remaining), "x-ratelimit-reset": String(reset) },
  });

/** Whether a call is sent without waiting, independent of the machine's load. */
async function goesAtOnce(limiter: Limiter, bucket: string): Promise<boolean> {
  const patience = new AbortController();
  const entered = limiter.enter(bucket, patience.signal).then(
    () => true,
    () => false,
  );
  const atOnce = await Promise.race([entered, new Promise(setImmediate).then(() => false)]);
  patience.abort();
  return atOnce;
}

/** The time at which a call was sent, on the limiter's clock, in milliseconds. */
async function departure(limiter: Limiter, bucket: string): Promise<number> {
  await limiter.enter(bucket);
  return Date.now();
}

describe("a limiter that follows the service's headers", () => {
  test("delays nothing before the first response", async () => {
    expect(await goesAtOnce(new HeaderLimiter(), "GET /a")).toBe(true);
  });

  test("sends as many calls as remain, and no more", async () => {
    const limiter = new HeaderLimiter();
    limiter.learn("GET /a", said(2, 60));
    const attempts = [];
    for (let number = 0; number < 3; number++) attempts.push(await goesAtOnce(limiter, "GET /a"));
    expect(attempts).toEqual([true, true, false]);
  });

  test.each([
    ["when none remains", said(0, 0.4)],
    ["after a 429, whatever remains", said(100, 0.4, 429)],
  ])("delays the next call until the window ends, %s", async (_, response) => {
    const limiter = new HeaderLimiter();
    const start = Date.now();
    limiter.learn("GET /a", response);
    expect(await departure(limiter, "GET /a")).toBeGreaterThan(start + 390);
  });

  test("delays only the exhausted bucket", async () => {
    const limiter = new HeaderLimiter();
    limiter.learn("GET /a", said(0, 60));
    expect(await goesAtOnce(limiter, "GET /b")).toBe(true);
  });

  test("subtracts the calls in flight from the remaining ones", async () => {
    const limiter = new HeaderLimiter();
    limiter.learn("GET /a", said(3, 60));
    await Promise.all([limiter.enter("GET /a"), limiter.enter("GET /a")]);
    // The first response was written before the second call arrived, which uses one of the two remaining.
    limiter.learn("GET /a", said(2, 60));
    expect(await goesAtOnce(limiter, "GET /a")).toBe(true);
    expect(await goesAtOnce(limiter, "GET /a")).toBe(false);
  });

  test("stops waiting when its signal aborts", async () => {
    const limiter = new HeaderLimiter();
    limiter.learn("GET /a", said(0, 60));
    const stop = new AbortController();
    const waiting = limiter.enter("GET /a", stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
  });
});

test("a limiter without headers sends a fixed number of calls per second", async () => {
  const limiter = new PaceLimiter(3);
  const start = Date.now();
  expect(await Promise.all([1, 2, 3].map(() => goesAtOnce(limiter, "")))).toEqual([true, true, true]);
  const later = await Promise.all([1, 2, 3, 4].map(() => departure(limiter, "")));
  for (const [index, second] of [1, 1, 1, 2].entries())
    expect(later[index]).toBeGreaterThan(start + second * 1000 - 10);
});
