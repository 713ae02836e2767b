import pg from "pg";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedEngine } from "../../packages/embedded-engine/src/engine.ts";
import { PLATFORM, World } from "./harness.ts";
import { runOnce } from "./run-once.ts";
import { addCard, stripeOf } from "./stripe.ts";

/** Another version of `team` that costs more and grants more, and another default plan with other opening credits. */
const VERSIONED = PLATFORM.replace(
  /^ {2}team: .*$/m,
  `$&
  team@2: { price: { monthly: 59 }, credits: { data: 300 }, entitlements: { workspaces: 5, seats: 10, rpm: 100 } }
  free@2: { price: { monthly: 0 }, credits: { data: 25 }, entitlements: { workspaces: 1, seats: 5 } }`,
).replace("defaultPlan: free", "defaultPlan: free@2");

describe("organizations on versions of a plan", () => {
  let world: World;
  let stripe: Stripe;

  beforeAll(async () => {
    world = await World.open({
      "tiny/platform.yaml": PLATFORM,
      "tiny/orgs/acme.yaml": onPlan("acme", "team"),
      "tiny/orgs/beta.yaml": onPlan("beta", "team"),
    });
    stripe = stripeOf(world);
    await world.mustRun("up", "tiny.platform");
    for (const name of ["acme", "beta"]) await subscribes(name);
  });

  afterAll(() => world?.close());

  it("keep everything when another version is added", async () => {
    expect(await planAndPrice("beta")).toEqual(["team", 4900]);
    world.write("tiny/platform.yaml", VERSIONED);
    expect((await world.mustRun("preview", "tiny.platform")).changes).toMatchObject({ create: 4, update: 1 });
    await world.mustRun("up", "tiny.platform");
    for (const name of ["acme", "beta"]) {
      const mark = world.mark();
      const { changes } = await world.mustRun("up", `tiny.${name}`);
      expect([Object.keys(changes), world.writesSince(mark)]).toEqual([["same"], []]);
    }
  });

  it("are moved by their own manifest, pay the difference, and get the version's limits and credits", async () => {
    world.write("tiny/orgs/acme.yaml", onPlan("acme", "team@2"));
    await world.mustRun("up", "tiny.acme");
    expect(await planAndPrice("acme")).toEqual(["team@2", 5900]);
    expect(await quotasOf("acme")).toMatchObject({ workspaces: 5, rpm: 100 });
    expect([await planAndPrice("beta"), await quotasOf("beta")]).toMatchObject([
      ["team", 4900],
      { workspaces: 3, rpm: null },
    ]);
    await aMonthPasses();
    for (const name of ["acme", "beta"]) await world.mustRun("up", `tiny.${name}`);
    expect(await creditsOf("acme")).toEqual({ opening: 10, plan: 400 });
    expect(await creditsOf("beta")).toEqual({ opening: 10, plan: 200 });
  });

  it("begin with the version that their manifest names", async () => {
    world.write("tiny/orgs/gamma.yaml", onPlan("gamma", "team@2"));
    await subscribes("gamma");
    expect(await planAndPrice("gamma")).toEqual(["team@2", 5900]);
    expect(await creditsOf("gamma")).toEqual({ opening: 25, plan: 300 });
  });

  it("are named when their version is removed", async () => {
    world.write("tiny/platform.yaml", VERSIONED.replace(/^ {2}team@2: .*\n/m, ""));
    const moved = await runOnce("preview", world.stack("tiny.acme"));
    expect(moved.diagnostics.map(({ message }) => message).join("\n")).toContain("there is no plan `team@2`");
    const preview = await runOnce("preview", world.stack("tiny.platform"));
    expect(preview.diagnostics.map(({ message }) => message).join("\n")).toContain(
      "The plan team@2 can't be removed while organizations are on it: acme, gamma.",
    );
    world.write("tiny/platform.yaml", VERSIONED);
  });

  it("fall back to their version's limit when an override expires, and lose nothing", async () => {
    world.write("tiny/orgs/beta.yaml", withOverride);
    await world.mustRun("up", "tiny.beta");
    expect(await quotasOf("beta")).toMatchObject({ seats: 12 });
    const nextDay = (stack: string) => {
      const spec = world.stack(stack);
      return { ...spec, env: { ...spec.env, TENANTRY_TODAY: "2026-11-23" } };
    };
    expect((await runOnce("up", nextDay("tiny.beta"))).result).toBe("succeeded");
    expect(await quotasOf("beta")).toMatchObject({ seats: 10 });
    expect(
      await rows(`select count(*)::int as people from public.members where email like '%@beta.example'`),
    ).toEqual([{ people: 11 }]);
    world.write("tiny/orgs/beta.yaml", withOverride.replace("members:\n", `members:\n${member(11)}`));
    const refused = await runOnce("preview", nextDay("tiny.beta"));
    expect(refused.result).toBe("failed");
    expect(refused.diagnostics.map(({ message }) => message).join("\n")).toContain(
      "The plan team allows 10 seats, and 12 are needed",
    );
  });

  async function subscribes(name: string): Promise<void> {
    await world.mustRun("up", `tiny.${name}`);
    const customer = await addCard(stripe, `owner@${name}.example`);
    const [open] = (await stripe.invoices.list({ customer, status: "open" })).data;
    await stripe.invoices.pay(open?.id ?? "");
    await world.mustRun("up", `tiny.${name}`);
  }

  /** The plan in force, and the price of the subscription. */
  async function planAndPrice(name: string): Promise<unknown[]> {
    const outputs = await embeddedEngine().outputs(world.stack(`tiny.${name}`));
    const [customer] = (await stripe.customers.list({ email: `owner@${name}.example` })).data;
    const [subscription] = (await stripe.subscriptions.list({ customer: customer?.id ?? "" })).data;
    return [outputs?.plan, subscription?.items.data[0]?.price.unit_amount];
  }

  async function quotasOf(name: string): Promise<unknown> {
    const [row] = await rows(
      `select quotas.workspaces, quotas.seats, quotas.rpm from public.quotas
       join public.organizations on organizations.id = organization_id where name = '${name}'`,
    );
    return row;
  }

  async function creditsOf(name: string): Promise<Record<string, unknown>> {
    const found = await rows(
      `select kind, sum(amount)::int as credits from public.wallet_entries
       join public.organizations on organizations.id = organization_id where name = '${name}' group by kind`,
    );
    return Object.fromEntries(found.map(({ kind, credits }) => [kind, credits]));
  }

  /** Rows of the control plane. */
  async function rows(sql: string): Promise<readonly Record<string, unknown>[]> {
    const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
    const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
    const answer = await fetch(`${SUPABASE_API_URL}/v1/projects`, { headers });
    // The organizations have no workspaces, so this is the only project.
    const [own] = (await answer.json()) as { ref: string }[];
    const client = new pg.Client(world.sandbox.databaseUrl(own?.ref ?? ""));
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
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

function onPlan(name: string, plan: string): string {
  return `apiVersion: tenantry/v1
kind: Organization
name: ${name}
plan: ${plan}
owner: owner@${name}.example
workspaces: {}
`;
}

const member = (index: number) => `  - { email: m${index}@beta.example, role: admin }\n`;

const withOverride = `${onPlan("beta", "team")}limits:
  seats: { value: 12, reason: a pilot, approvedBy: support@tiny.example, expires: 2026-11-22 }
members:
${Array.from({ length: 10 }, (_, index) => member(index)).join("")}`;
