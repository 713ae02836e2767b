import { expect, test } from "vitest";
import { ReadCache, refuseWrites } from "../../../src/vendors/http/read-only.ts";
import { json, localServer } from "./local-server.ts";

test("a write is refused before it is sent", async () => {
  const server = await localServer((_request, response) => json(response, 200, {}));
  const reader = refuseWrites(fetch, (method) => method === "GET");
  await expect(reader(`${server.url}/a`, { method: "POST", body: "{}" })).rejects.toThrow(
    "A preview or refresh must not write, but tried POST /a",
  );
  await reader(`${server.url}/a`);
  expect(server.calls).toEqual(["GET /a"]);
});

test("equal reads at the same time share a response; failures aren't cached", async () => {
  const server = await localServer((request, response, number) =>
    request.url === "/bad" ? json(response, 404, {}) : json(response, 200, { number }),
  );
  const reads = new ReadCache();
  const reader = reads.share(fetch);
  const numbers = await Promise.all(
    [1, 2, 3].map(async () => (await (await reader(`${server.url}/a`)).json()) as { number: number }),
  );
  expect(numbers).toEqual([{ number: 1 }, { number: 1 }, { number: 1 }]);

  await reader(`${server.url}/bad`);
  await reader(`${server.url}/bad`);
  expect(server.calls).toEqual(["GET /a", "GET /bad", "GET /bad"]);

  reads.forget();
  expect(await (await reader(`${server.url}/a`)).json()).toEqual({ number: 4 });
});
