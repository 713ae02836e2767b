import { VendorError } from "@tenantry/core/errors";
import { Secret } from "@tenantry/core/secret";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSupabase, dataOf, dataOrGone, supabaseFromEnv } from "../../../src/vendors/supabase/client.ts";
import { query } from "../../../src/vendors/supabase/query.ts";
import { type Live, startLive } from "../../provider/live.ts";
import { json, localServer } from "../http/local-server.ts";

const REF = "a".repeat(20);
const params = { params: { path: { ref: REF } } };
type Api = ReturnType<typeof createSupabase>["api"];
const clientOf = (baseUrl: string, readOnly = false) =>
  createSupabase({ token: new Secret("sbp_token"), baseUrl, readOnly });

describe("a failure", () => {
  test.each([
    [400, "correct what the message names"],
    [401, "Check SUPABASE_ACCESS_TOKEN"],
    [402, "plan"],
    [403, "Owner or Administrator"],
    [404, "that the token's user has access to it"],
    [409, "rename one of the two"],
    [418, "https://supabase.com/docs/reference/api"],
  ])("with status %i names operation, status, request id and remedy", async (status, remedy) => {
    const server = await localServer((_request, response) =>
      json(response, status, { message: "as it says" }, { "x-request-id": "req-1" }),
    );
    const failure = await dataOf(
      clientOf(server.url).api.PATCH("/v1/projects/{ref}", { ...params, body: { name: "x" } }),
    ).catch((error) => error);
    expect(failure).toBeInstanceOf(VendorError);
    expect(failure).toMatchObject({ operation: `PATCH /v1/projects/${REF}`, status, requestId: "req-1" });
    expect(failure.message).toContain("as it says");
    expect(failure.remedy).toContain(remedy);
  });

  test("because of the limit of free projects names the projects, not the token's role", async () => {
    const message = "… the number of active free projects within organizations … (2 project limit).";
    const server = await localServer((_request, response) => json(response, 403, { message }));
    const body = { name: "n", organization_slug: "o", db_pass: "p" };
    const failure = await dataOf(clientOf(server.url).api.POST("/v1/projects", { body })).catch((it) => it);
    expect(failure.message).toContain("(2 project limit)");
    expect(failure.remedy).toContain("Pause or delete another project");
  });

  test("without a response states that nothing is created twice", async () => {
    const server = await localServer((_request, response) => response.destroy());
    const body = { name: "n", organization_slug: "o", db_pass: "planted-password" };
    const failure = await dataOf(clientOf(server.url).api.POST("/v1/projects", { body })).catch((it) => it);
    expect(failure).toMatchObject({
      status: undefined,
      remedy: expect.stringContaining("Nothing is created twice"),
    });
    expect(`${failure.message}${failure.stack}`).not.toContain("planted-password");
    expect(server.calls).toHaveLength(1);
  });

  test.each([
    [403, "<html>Access denied</html>"],
    [200, "<html>Sign in</html>"],
  ])("of a proxy that answers with a page and status %i quotes its beginning", async (status, page) => {
    const server = await localServer((_request, response) =>
      response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(page),
    );
    await expect(dataOf(clientOf(server.url).api.GET("/v1/projects/{ref}", params))).rejects.toThrow(page);
  });

  test("doesn't include an empty response", async () => {
    const server = await localServer((_request, response) =>
      response.writeHead(200, { "content-type": "text/html", "content-length": 0 }).end(),
    );
    await dataOf(clientOf(server.url).api.POST("/v1/projects/{ref}/pause", params));
  });

  test.each([404, 406])(
    "with status %i means that the object is gone, where the caller asks for that",
    async (status) => {
      const server = await localServer((_request, response) => json(response, status, {}));
      expect(
        await dataOrGone(clientOf(server.url).api.GET("/v1/projects/{ref}/config/auth", params)),
      ).toBeUndefined();
    },
  );
});

describe("retries", () => {
  test.each([
    ["a read", (api: Api) => api.GET("/v1/projects/{ref}", params), 2],
    ["a rename", (api: Api) => api.PATCH("/v1/projects/{ref}", { ...params, body: { name: "x" } }), 2],
    ["edge secrets", (api: Api) => api.POST("/v1/projects/{ref}/secrets", { ...params, body: [] }), 2],
    [
      "a new project",
      (api: Api) => api.POST("/v1/projects", { body: { name: "n", organization_slug: "o", db_pass: "p" } }),
      1,
    ],
    [
      "a query",
      (api: Api) => api.POST("/v1/projects/{ref}/database/query", { ...params, body: { query: "x" } }),
      1,
    ],
    [
      "a read-only query",
      (api: Api) =>
        api.POST("/v1/projects/{ref}/database/query", { ...params, body: { query: "x", read_only: true } }),
      2,
    ],
  ] as const)("%s after a 500", async (_name, call, times) => {
    const server = await localServer((_request, response, number) =>
      json(response, number === 1 ? 500 : 200, {}),
    );
    await call(clientOf(server.url).api).catch(() => undefined);
    expect(server.calls).toHaveLength(times);
  });
});

test("a reader refuses every write and sends read-only queries", async () => {
  const server = await localServer((_request, response) => json(response, 201, [{ one: 1 }]));
  const reader = clientOf(server.url, true);
  await expect(dataOf(reader.api.DELETE("/v1/projects/{ref}", params))).rejects.toThrow(/must not write/);
  await expect(query(reader, REF, "drop table x")).rejects.toThrow(/must not write/);
  expect(server.calls).toEqual([]);
  expect(await query(reader, REF, "select 1 as one", { readOnly: true })).toEqual([{ one: 1 }]);
});

test("a missing token is a user error", () => {
  expect(() => supabaseFromEnv({})).toThrow("SUPABASE_ACCESS_TOKEN is not set.");
});

describe("a query in a project's database", () => {
  let live: Live;
  let ref: string;

  beforeAll(async () => {
    live = await startLive();
    ref = await live.project("query");
  });
  afterAll(() => live.stop());

  test("returns rows, takes parameters, and fails with PostgreSQL's SQLSTATE", async () => {
    const { supabase } = live.context()("write");
    expect(await query(supabase, ref, "select $1::int + 1 as n", { parameters: [41] })).toEqual([{ n: 42 }]);
    const refused = await query(supabase, ref, "select * from nowhere").catch((error) => error);
    expect(refused).toMatchObject({
      vendor: "PostgreSQL",
      status: "42P01",
      operation: "select * from nowhere",
      message: expect.stringContaining('relation "nowhere" does not exist'),
    });
  });

  test("can't write if it is read-only", async () => {
    const { supabase } = live.context()("look");
    await expect(query(supabase, ref, "create table x ()", { readOnly: true })).rejects.toMatchObject({
      vendor: "PostgreSQL",
    });
  });
});
