import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { webhookEndpoint } from "../../../../src/provider/resources/stripe/webhook-endpoint.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { daysPass, stripeWrites } from "./billing.ts";

let live: Live;
beforeAll(async () => {
  live = await startLive();
});
afterAll(() => live.stop());

const life = () => new Life(webhookEndpoint, live.context());
const stripe = () => live.context()("write").stripe;

function declared(platform: string) {
  return { url: `https://${platform}.example/stripe`, brand: { platform } };
}

async function endpointsOf(platform: string) {
  const { data } = await stripe().webhookEndpoints.list({ limit: 100 });
  return data.filter(({ metadata }) => metadata.tenantry_platform === platform);
}

describe("stripe:WebhookEndpoint", () => {
  test("is created once, keeps its secret when its URL changes, and is deleted", async () => {
    const one = life();
    const first = await one.up(declared("moves"));
    expect(first.signingSecret.reveal()).toMatch(/^whsec_/);
    live.sandbox.clearRequests();
    expect(await one.up(declared("moves"))).toEqual(first);
    expect(stripeWrites(live)).toEqual([]);
    expect(await one.refresh()).toEqual([]);
    const moved = { ...declared("moves"), url: "https://moved.example/stripe" };
    expect(await one.up(moved)).toEqual(first);
    expect(await endpointsOf("moves")).toMatchObject([{ id: first.endpointId, url: moved.url }]);
    await one.remove();
    await one.remove();
    expect(await endpointsOf("moves")).toEqual([]);
    expect((await life().up(declared("moves"))).endpointId).not.toBe(first.endpointId);
  });

  test("is restored after it was disabled or its events were changed", async () => {
    const one = life();
    const { endpointId } = await one.up(declared("restored"));
    await stripe().webhookEndpoints.update(endpointId, { disabled: true, enabled_events: ["invoice.paid"] });
    expect(await one.refresh()).toEqual(["events"]);
    await one.up(declared("restored"));
    const [found] = await endpointsOf("restored");
    expect([found?.id, found?.status, found?.enabled_events.length]).toEqual([endpointId, "enabled", 16]);
  });

  test("of another version has another secret and coexists with the old endpoint", async () => {
    const first = await life().up(declared("rotates"));
    const second = await life().up({ ...declared("rotates"), version: 2 });
    expect(second.signingSecret.reveal()).not.toBe(first.signingSecret.reveal());
    expect(await endpointsOf("rotates")).toHaveLength(2);
  });

  describe.each(["hold-before", "hold-after"] as const)("of a killed run, %s the POST", (kind) => {
    async function cut(platform: string): Promise<void> {
      const fault = { kind, match: "^POST /v1/webhook_endpoints$", nth: 1 } as const;
      await live.killed(fault, (context) => new Life(webhookEndpoint, context).up(declared(platform)));
    }

    test("is recovered with its secret on the same day", async () => {
      await cut(`same-day-${kind}`);
      const { endpointId } = await life().up(declared(`same-day-${kind}`));
      expect(await endpointsOf(`same-day-${kind}`)).toMatchObject([{ id: endpointId }]);
    });

    test("is replaced when Stripe no longer repeats its response", async () => {
      await cut(`later-${kind}`);
      await daysPass(live, 2);
      const { endpointId, signingSecret } = await life().up(declared(`later-${kind}`));
      expect(signingSecret.reveal()).toMatch(/^whsec_/);
      expect(await endpointsOf(`later-${kind}`)).toMatchObject([{ id: endpointId }]);
    });
  });

  describe.each(["500", "500-stored", "500-after"] as const)("after a %s on the POST", (kind) => {
    const failing = { kind, match: "^POST /v1/webhook_endpoints$", nth: 1 } as const;

    test("is created once in the same run", async () => {
      live.sandbox.setFaults([failing]);
      const { endpointId } = await life().up(declared(`again-${kind}`));
      live.sandbox.setFaults([]);
      expect(await endpointsOf(`again-${kind}`)).toMatchObject([{ id: endpointId }]);
    });

    test("is created by the next run if the first is killed", async () => {
      live.sandbox.setFaults([failing, { kind: "hold-before", match: "^GET /v1/webhook_endpoints" }]);
      const killed = new AbortController();
      const run = new Life(webhookEndpoint, live.context(killed.signal)).up(declared(`next-${kind}`));
      await live.sandbox.held();
      killed.abort();
      await expect(run).rejects.toThrow();
      live.sandbox.setFaults([]);
      live.sandbox.release();
      const { endpointId, signingSecret } = await life().up(declared(`next-${kind}`));
      expect(signingSecret.reveal()).toMatch(/^whsec_/);
      expect(await endpointsOf(`next-${kind}`)).toMatchObject([{ id: endpointId }]);
    });
  });

  test("leaves endpoints of other owners unchanged", async () => {
    const theirs = await stripe().webhookEndpoints.create({
      url: declared("ours").url,
      enabled_events: ["*"],
    });
    await life().up(declared("ours"));
    expect(await stripe().webhookEndpoints.retrieve(theirs.id)).toMatchObject({ status: "enabled" });
  });
});
