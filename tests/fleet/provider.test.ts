import { expect, onTestFinished, test } from "vitest";
import { SharedProvider } from "../../src/fleet/provider.ts";
import { ProtocolClient } from "../provider/engine.ts";

function start(): SharedProvider {
  const { signal } = new AbortController();
  const provider = new SharedProvider({ env: {}, signal, onStatus: () => undefined });
  onTestFinished(() => provider.close());
  return provider;
}

async function serve() {
  const provider = start();
  const client = new ProtocolClient(Number((await provider.address).split(":")[1]));
  onTestFinished(() => client.close());
  return { provider, client };
}

test("a shared provider speaks the protocol where it says, until it is closed", async () => {
  const { provider, client } = await serve();
  expect((await client.schema()).name).toBe("tenantry");
  await provider.close();
  await expect(client.schema()).rejects.toThrow("UNAVAILABLE");
});

test("closing it again is no error", async () => {
  const { provider } = await serve();
  await provider.close();
  await provider.close();
});

test("one that nobody needed ends", async () => {
  await start().close();
});
