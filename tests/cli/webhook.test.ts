import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ReloadDocument } from "../../src/cli/commands/reload.ts";
import { runCommandLine } from "../../src/cli/program.ts";
import { Shop } from "../billing/shop.ts";
import { folderWith, tenantry } from "./command-line.ts";

const PLATFORM = `apiVersion: tenantry/v1
kind: Platform
name: shop
currency: usd
supabase: { organization: demo, region: us-east-1 }
plans:
  build: { price: { monthly: 0 }, entitlements: { workspaces: 3 } }
defaultPlan: build
security: { network: { allow: [198.51.100.0/24] } }
`;

let shop: Shop;
let folder: ReturnType<typeof folderWith>;
beforeAll(async () => {
  shop = await Shop.open();
  folder = folderWith({ "stacks/shop/platform.yaml": PLATFORM });
});
afterAll(async () => {
  folder.remove();
  await shop.stop();
});

test("tenantry webhook applies Stripe's events until it is stopped", async () => {
  const one = await shop.organization("acme", "pm_card_visa");
  const server = startWebhook({ STRIPE_WEBHOOK_SECRET: "whsec_of_another,whsec_none" });
  const url = await server.line(/^http\S+\/stripe$/m);
  expect(await (await fetch(new URL("/health", url))).json()).toEqual({ ok: true });

  const endpoint = await shop.stripe.webhookEndpoints.create({ url, enabled_events: ["invoice.paid"] });
  await one.subscribe("shop--launch--monthly--usd-4900");
  await server.line(/^refused/m);
  server.stop();
  expect(await server.ended).toBe(0);

  const mended = startWebhook({ STRIPE_WEBHOOK_SECRET: endpoint.secret ?? "" });
  await shop.stripe.webhookEndpoints.update(endpoint.id, { url: await mended.line(/^http\S+\/stripe$/m) });
  const [paid] = (await shop.stripe.events.list({ type: "invoice.paid" })).data;
  await shop.happens(`/events/${paid?.id}/deliver`);
  await mended.line(/invoice\.paid: applied/m);
  expect(await one.standing()).toBe("launch active 250000 40");
  mended.stop();
  expect(await mended.ended).toBe(0);
});

test("tenantry webhook says that its port is taken", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const env = { ...shop.live.sandbox.env, STRIPE_WEBHOOK_SECRET: "whsec_of_somebody" };
  const ran = await tenantry(["webhook", "stacks/shop", "--port", String(port)], { cwd: folder.path, env });
  other.close();
  expect(ran.exitCode).toBe(1);
  expect(ran.stderr).toContain(`Port ${port} of 127.0.0.1 can't be opened: another program listens on it`);
  expect(ran.stderr).toContain("--port <n>");
});

test.each([
  ["declares its length", true],
  ["is sent in chunks", false],
])("tenantry webhook answers 413 to a too large body that %s, and stops reading it", async (_what, says) => {
  const server = startWebhook({ STRIPE_WEBHOOK_SECRET: "whsec_of_somebody" });
  const url = new URL(await server.line(/^http\S+\/stripe$/m));
  const size = 64 * 1024 * 1024;
  const sent = await answerTo(url, size, says ? { "content-length": String(size) } : {});
  expect(sent.status).toBe(413);
  // Bytes in the sockets' buffers count as sent.
  expect(sent.bytes).toBeLessThan(size / 2);
  expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(400);
  server.stop();
  expect(await server.ended).toBe(0);
});

/** Sends zeros until the server answers. */
function answerTo(url: URL, size: number, headers: Record<string, string>) {
  return new Promise<{ status: number | undefined; bytes: number }>((resolve, reject) => {
    const piece = Buffer.alloc(64 * 1024);
    let bytes = 0;
    const sending = request(url, { method: "POST", headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode, bytes });
      sending.destroy();
    });
    sending.on("error", reject);
    const send = () => {
      while (bytes < size && !sending.destroyed) {
        bytes += piece.length;
        if (!sending.write(piece)) return sending.once("drain", send);
      }
      return sending.end();
    };
    sending.flushHeaders();
    send();
  });
}

test("tenantry reload runs once and prints its results", async () => {
  const one = await shop.organization("globex", "pm_card_chargeCustomerFail");
  await one.asksFor(500);
  const ran = await tenantry(["reload", "shop.platform", "--json"], {
    cwd: folder.path,
    env: shop.live.sandbox.env,
  });
  const document = JSON.parse(ran.stdout) as ReloadDocument;
  expect(document).toMatchObject({
    ok: true,
    platforms: [{ platform: "shop", reloads: [{ outcome: "declined" }] }],
  });
  const again = await tenantry(["reload", "stacks/shop"], { cwd: folder.path, env: shop.live.sandbox.env });
  expect(again).toMatchObject({
    exitCode: 0,
    stdout: "shop: 0 of 0 requests paid, 0 credits of plans posted, 0 lapsed\n",
  });
});

test.each([
  [["webhook", "stacks/shop"], {}, "STRIPE_WEBHOOK_SECRET isn't set"],
  [["webhook", "stacks/shop", "--port", "http"], {}, "a whole number from 0 to 65535"],
  [["reload", "stacks/shop"], { STRIPE_API_KEY: "" }, "STRIPE_API_KEY is not set"],
])("%j with %j names what is missing", async (args, more, message) => {
  const env = { ...shop.live.sandbox.env, ...more };
  const ran = await tenantry(args, { cwd: folder.path, env });
  expect([ran.exitCode, ran.stderr]).toEqual([1, expect.stringContaining(message)]);
});

test("tenantry reload names a platform that doesn't exist yet, and runs the others", async () => {
  const other = folderWith({
    "stacks/shoe/platform.yaml": PLATFORM.replace("name: shop", "name: shoe"),
    "stacks/shop/platform.yaml": PLATFORM,
  });
  const one = await shop.organization("beside", "pm_card_visa");
  await one.asksFor(100);
  const ran = await tenantry(["reload", "--json"], { cwd: other.path, env: shop.live.sandbox.env });
  other.remove();
  expect([ran.exitCode, ran.stderr]).toEqual([
    1,
    expect.stringContaining("Run `up` for the platform's stack first"),
  ]);
  expect(JSON.parse(ran.stdout)).toMatchObject({
    ok: false,
    platforms: [
      { platform: "shoe", reloads: [], failures: [{ organization: null, part: "control plane" }] },
      { platform: "shop", reloads: [{ organization: "shop/beside", outcome: "paid" }], failures: [] },
    ],
  });
});

/** Runs the server in this process on a free port. */
function startWebhook(env: Record<string, string>) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const waiting: (() => void)[] = [];
  let text = "";
  for (const stream of [stdout, stderr])
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      for (const wake of waiting.splice(0)) wake();
    });
  let interrupt = () => {};
  const ended = runCommandLine(["webhook", "stacks/shop", "--port", "0"], {
    stdin: new PassThrough().end(),
    stdout,
    stderr,
    env: { ...shop.live.sandbox.env, ...env },
    cwd: folder.path,
    onInterrupt(listener) {
      interrupt = listener;
      return () => {};
    },
    exit: (code) => {
      throw new Error(`the command line ended the process with ${code}`);
    },
  });
  return {
    ended,
    stop: () => interrupt(),
    /** Waits for output that matches. */
    async line(pattern: RegExp): Promise<string> {
      for (let found = pattern.exec(text); ; found = pattern.exec(text)) {
        if (found !== null) return found[0];
        await Promise.race([new Promise<void>((resolve) => waiting.push(resolve)), failed()]);
      }
    },
  };

  async function failed(): Promise<never> {
    throw new Error(`the server ended with ${await ended}: ${text}`);
  }
}
