import { expect, onTestFinished, test } from "vitest";
import { SharedProvider } from "../../src/fleet/provider.ts";
import { ProtocolClient } from "../provider/engine.ts";

async function serve() {
  const provider = new SharedProvider();
  onTestFinished(() => provider.close());
  const address = await provider.serve({
    env: {},
    signal: new AbortController().signal,
    onStatus: () => undefined,
  });
  const client = new ProtocolClient(Number(address.split(":")[1]));
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
  const provider = new SharedProvider();
  await provider.close();
});
