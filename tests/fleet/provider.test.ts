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

test("a shared provider serves the protocol at its address until it is closed", async () => {
  const { provider, client } = await serve();
  expect((await client.schema()).name).toBe("tenantry");
  await provider.close();
  await expect(client.schema()).rejects.toThrow("UNAVAILABLE");
});

test("it can be closed twice", async () => {
  const { provider } = await serve();
  await provider.close();
  await provider.close();
});

test("an unused one can be closed", async () => {
  await start().close();
});
