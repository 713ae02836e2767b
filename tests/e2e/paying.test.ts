import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedEngine } from "../../packages/embedded-engine/src/engine.ts";
import { PLATFORM, World } from "./harness.ts";
import { addCard, stripeOf } from "./stripe.ts";

const STACK = "tiny.acme";

describe("an organization that starts and stops paying", () => {
  let world: World;
  let stripe: Stripe;

  beforeAll(async () => {
    world = await World.open({ "tiny/platform.yaml": PLATFORM, "tiny/orgs/acme.yaml": onPlan("team") });
    stripe = stripeOf(world);
    await world.mustRun("up", "tiny.platform");
  });

  afterAll(() => world?.close());

  it("has the default plan and a payment URL until it has paid", async () => {
    await world.mustRun("up", STACK);
    expect(await outputs()).toMatchObject({
      plan: "free",
      paymentUrl: expect.stringMatching(/^https:/),
      billingUrl: expect.stringMatching(/^https:.*prefilled_email=owner%40acme\.example$/),
    });
    await paysItsInvoice();
    const mark = world.mark();
    const preview = await world.mustRun("preview", STACK);
    expect(preview.changes).toMatchObject({ update: 3 });
    expect(world.writesSince(mark)).toEqual([]);
    await world.mustRun("up", STACK);
    expect(await outputs()).toMatchObject({ plan: "team", paymentUrl: null });
  });

  it("keeps the paid plan until the period ends, and then gets the new one", async () => {
    world.write("tiny/orgs/acme.yaml", onPlan("free"));
    await world.mustRun("up", STACK);
    expect(await outputs()).toMatchObject({ plan: "team", planChangesOn: expect.stringMatching(/^\d{4}-/) });
    await aMonthPasses();
    await world.mustRun("up", STACK);
    expect(await outputs()).toMatchObject({ plan: "free", planChangesOn: null });
    const mark = world.mark();
    const again = await world.mustRun("up", STACK);
    expect([Object.keys(again.changes), world.writesSince(mark)]).toEqual([["same"], []]);
  });

  it("isn't charged again after it has canceled, and the preview says so", async () => {
    world.write("tiny/orgs/acme.yaml", onPlan("team"));
    await world.mustRun("up", STACK);
    expect(await outputs()).toMatchObject({ plan: "team" });
    const [subscription] = (await stripe.subscriptions.list()).data;
    await stripe.subscriptions.cancel(subscription?.id ?? "");
    const ended = await world.mustRun("up", STACK);
    expect(await outputs()).toMatchObject({ plan: "free", paymentUrl: null });
    expect(ended.diagnostics).toMatchObject([
      {
        severity: "warning",
        message: expect.stringMatching(/^the subscription of acme was canceled on [\d-]+, .*\n.*resume: /),
      },
    ]);
    world.write("tiny/orgs/acme.yaml", onPlan("free"));
    expect((await world.mustRun("up", STACK)).diagnostics).toEqual([]);
  });

  it("continues with a new customer after its customer was deleted by hand", async () => {
    world.write("tiny/orgs/acme.yaml", onPlan("team"));
    await world.mustRun("up", STACK);
    const { data: before } = await stripe.customers.list();
    await stripe.customers.del(before[0]?.id ?? "");
    await world.mustRun("up", STACK, "", { refresh: true });
    expect(await outputs()).toMatchObject({ plan: "free", paymentUrl: expect.stringMatching(/^https:/) });
    const { data: after } = await stripe.customers.list();
    expect([after.length, after[0]?.id === before[0]?.id]).toEqual([1, false]);
    expect((await stripe.subscriptions.list({ status: "all" })).data[0]).toMatchObject({
      customer: after[0]?.id,
      status: "incomplete",
    });
  });

  async function outputs(): Promise<unknown> {
    return embeddedEngine().outputs(world.stack(STACK));
  }

  async function paysItsInvoice(): Promise<void> {
    const customer = await addCard(stripe, "owner@acme.example");
    const [open] = (await stripe.invoices.list({ customer, status: "open" })).data;
    await stripe.invoices.pay(open?.id ?? "");
  }

  async function aMonthPasses(): Promise<void> {
    const body = JSON.stringify({ advance: 32 * 24 * 60 * 60 });
    const answer = await fetch(`${world.sandbox.env.STRIPE_API_BASE}/_sandbox/clock`, {
      method: "POST",
      body,
    });
    expect(answer.status).toBe(200);
  }
});

function onPlan(plan: string): string {
  return `apiVersion: tenantry/v1
kind: Organization
name: acme
plan: ${plan}
owner: owner@acme.example
workspaces: { personal: {} }
`;
}
