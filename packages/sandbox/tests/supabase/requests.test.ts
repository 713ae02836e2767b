import { describe, expect, test } from "vitest";
import { managementApi, TOKEN } from "./management-api.ts";

test("a request without the token is refused", async () => {
  const { request } = await managementApi();
  for (const authorization of ["", "Bearer sbp_other", TOKEN]) {
    const response = await request("/v1/organizations", { headers: { authorization } });
    expect([response.status, await response.json()]).toEqual([401, { message: "Unauthorized" }]);
  }
});

test.each([
  ["an unknown route", "GET", "/v1/nowhere", undefined, 404, "Cannot GET /v1/nowhere"],
  [
    "an unsupported method",
    "DELETE",
    "/v1/organizations/a",
    undefined,
    404,
    "Cannot DELETE /v1/organizations/a",
  ],
  [
    "an unknown parameter",
    "GET",
    "/v1/projects?page=2",
    undefined,
    400,
    "query parameter page should not exist",
  ],
  ["a body that isn't JSON", "POST", "/v1/organizations", "{", 400, "JSON"],
  [
    "a body for a route without one",
    "POST",
    "/v1/projects/x/pause",
    '{"now":true}',
    400,
    "property now should not exist",
  ],
])("%s is refused", async (_, method, path, body, status, text) => {
  const { request } = await managementApi();
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await request(path, { method, headers, ...(body === undefined ? {} : { body }) });
  const answer = (await response.json()) as { message: string };
  expect([response.status, answer.message]).toEqual([status, expect.stringContaining(text)]);
});

describe("rate limits", () => {
  test("are in the headers of every response, and refuse further requests until the minute ends", async () => {
    const { call, clock } = await managementApi(2);
    const told = (response: Response) =>
      ["limit", "remaining", "reset"].map((name) => response.headers.get(`x-ratelimit-${name}`));
    expect(told(await call("GET", "/v1/organizations"))).toEqual(["2", "1", "60"]);
    clock.now += 20_500;
    expect(told(await call("GET", "/v1/organizations"))).toEqual(["2", "0", "40"]);
    const refused = await call("GET", "/v1/organizations");
    expect([refused.status, ...told(refused)]).toEqual([429, "2", "0", "40"]);
    expect(await refused.json()).toEqual({ message: "ThrottlerException: Too Many Requests" });
    clock.now += 39_500;
    expect((await call("GET", "/v1/organizations")).status).toBe(200);
  });

  test("apply per endpoint and per organization or project", async () => {
    const { call } = await managementApi(1);
    const paths = [
      "/v1/organizations/a",
      "/v1/organizations/b",
      "/v1/organizations/a/projects",
      "/v1/projects/none",
    ];
    for (const path of paths) expect((await call("GET", path)).status).not.toBe(429);
    for (const path of paths) expect((await call("GET", path)).status).toBe(429);
  });

  test("are in the headers of error responses", async () => {
    const { call } = await managementApi(120);
    expect((await call("GET", "/v1/projects/none")).headers.get("x-ratelimit-remaining")).toBe("119");
  });
});
