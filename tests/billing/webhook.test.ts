import { Secret } from "@tenantry/core/secret";
import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runBillingJob } from "../../src/billing/billing-job.ts";
import { webhookApp } from "../../src/billing/webhook/app.ts";
import { planCredits } from "../../src/provider/resources/control-plane/plan-credits.ts";
import { Life } from "../provider/life.ts";
import { controlPlaneOf } from "../provider/resources/control-plane/control-plane.ts";
import { type Customer, FREE, LAUNCH, Shop } from "./shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterAll(() => shop.stop());

const SECRET = "whsec_of_now";
const FORMER = "whsec_of_before";

interface Delivery {
  readonly secret?: string;
  /** Seconds since the event was signed. */
  readonly age?: number;
  /** How many days the server's clock is ahead. */
  readonly days?: number;
  /** Aborts the server's calls. */
  readonly signal?: AbortSignal;
}

/** Delivers an event as Stripe does. Returns the status and the outcome. */
async function deliver(event: Stripe.Event | object, delivery: Delivery = {}): Promise<string> {
  const { secret = SECRET, age = 0, days = 0, signal } = delivery;
  const payload = JSON.stringify(event);
  const timestamp = Math.floor(Date.now() / 1000) - age;
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  return post(payload, signature, days, signal);
}

async function post(payload: string, signature: string, days = 0, signal?: AbortSignal): Promise<string> {
  const app = webhookApp({
    billing: await shop.context(days * 24 * 60, signal),
    secrets: [new Secret(SECRET), new Secret(FORMER)],
    log: () => {},
  });
  const answer = await app.request("/stripe", {
    method: "POST",
    body: payload,
    headers: { "stripe-signature": signature },
  });
  const { outcome } = (await answer.json()) as { outcome?: string };
  return outcome === undefined ? `${answer.status}` : `${answer.status} ${outcome}`;
}

/** A customer's events of a type, oldest first. */
async function eventsOf(type: string, { customer }: Customer): Promise<Stripe.Event[]> {
  const { data } = await shop.stripe.events.list({ type, limit: 100 });
  return data.filter(({ data }) => (data.object as { customer?: string }).customer === customer).reverse();
}

async function eventOf(type: string, customer: Customer): Promise<Stripe.Event> {
  const found = (await eventsOf(type, customer)).at(-1);
  if (found === undefined) throw new Error(`nothing says ${type} of ${customer.name}`);
  return found;
}

const UPDATED = "customer.subscription.updated";

describe("an event", () => {
  test.each<[string, Delivery]>([
    ["forged", { secret: "whsec_of_somebody" }],
    ["old", { age: 301 }],
  ])("that is %s is refused and changes nothing", async (name, delivery) => {
    const one = await shop.organization(`refused-${name}`, "pm_card_visa");
    await one.subscribe(LAUNCH);
    const event = await eventOf("customer.subscription.created", one);
    const before = await one.standing();
    expect(await deliver(event, delivery)).toBe("400");
    expect(await one.standing()).toBe(before);
  });

  test("that was modified or isn't signed is refused", async () => {
    const payload = JSON.stringify({ id: "evt_1", type: UPDATED });
    const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET });
    expect(await post(`${payload} `, signature)).toBe("400");
    expect(await post(payload, "")).toBe("400");
    expect(await post(payload, "t=1,v1=")).toBe("400");
  });

  test.each<[string, string]>([
    ["isn't JSON", "{"],
    ["is empty", ""],
    ["is null", "null"],
    ["is a list", "[]"],
    ["is text", '"evt_1"'],
    ["is an empty object", "{}"],
    ["has no data", JSON.stringify({ id: "evt_1", object: "event", type: "invoice.paid" })],
    [
      "has data of the wrong type",
      JSON.stringify({ id: "evt_1", object: "event", type: "invoice.paid", data: 1 }),
    ],
    [
      "has a null object",
      JSON.stringify({ id: "evt_1", object: "event", type: "invoice.paid", data: { object: null } }),
    ],
    [
      "has an id that PostgreSQL can't store",
      JSON.stringify({ id: "evt_\u0000", object: "event", type: "invoice.paid", data: { object: {} } }),
    ],
    [
      "is another Stripe object",
      JSON.stringify({ id: "cus_1", object: "customer", type: "x", data: { object: {} } }),
    ],
  ])("that is signed and %s is refused with 400", async (_what, payload) => {
    const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET });
    expect(await post(payload, signature)).toBe("400");
  });

  test.each<[string, object]>([
    ["a text that PostgreSQL can't store", { id: "in_1", customer: "cus_\u0000" }],
    ["a list", { id: [], customer: {} }],
    ["objects within objects", { id: "in_1", customer: { id: { id: { id: "cus_1" } } } }],
    ["nothing", {}],
  ])("of a known type that has %s instead of an id is ignored", async (_what, object) => {
    const event = { id: "evt_1", object: "event", type: "invoice.paid", data: { object } };
    expect(await deliver(event)).toBe("200 ignored");
  });

  test("is accepted with either secret during a rotation", async () => {
    const one = await shop.organization("rotates", "pm_card_visa");
    await one.subscribe(LAUNCH);
    const event = await eventOf("customer.subscription.created", one);
    expect(await deliver(event, { secret: FORMER, age: 290 })).toBe("200 applied");
  });

  test("is applied once if it is delivered several times at the same moment", async () => {
    const one = await shop.organization("repeats", "pm_card_visa");
    await one.subscribe(LAUNCH);
    const event = await eventOf("invoice.paid", one);
    const outcomes = await Promise.all([1, 2, 3].map(() => deliver(event)));
    expect(outcomes.sort()).toEqual(["200 applied", "200 duplicate", "200 duplicate"]);
    expect(await deliver(event)).toBe("200 duplicate");
    expect(await one.entries()).toEqual(["plan 5000"]);
  });

  test("that is late doesn't restore an earlier state", async () => {
    const one = await shop.organization("disorder", "pm_card_visa");
    const subscription = await one.subscribe(LAUNCH);
    await shop.stripe.subscriptions.cancel(subscription);
    const created = await eventOf("customer.subscription.created", one);
    expect(created.data.object).toMatchObject({ status: "active" });
    expect(await deliver(await eventOf("customer.subscription.deleted", one))).toBe("200 applied");
    const after = await one.standing();
    expect(after).toMatch(/^build canceled/);
    expect(await deliver(created)).toBe("200 applied");
    expect(await one.standing()).toBe(after);
  });

  test("of an unknown customer or an unused type is acknowledged and ignored", async () => {
    const stranger = await shop.stripe.customers.create({ email: "a@b.example" });
    const about = { object: { id: "sub_1", customer: stranger.id } };
    expect(await deliver({ id: "evt_s", object: "event", type: UPDATED, data: about })).toBe("200 foreign");
    expect(await deliver({ id: "evt_t", object: "event", type: "topup.created", data: about })).toBe(
      "200 ignored",
    );
    const gone = { object: { id: "pi_gone" } };
    expect(
      await deliver({ id: "evt_u", object: "event", type: "payment_intent.succeeded", data: gone }),
    ).toBe("200 foreign");
  });

  test("of a subscription that another program created for the customer changes nothing", async () => {
    const one = await shop.organization("foreign", "pm_card_visa");
    const price = (await shop.stripe.prices.list({ lookup_keys: [LAUNCH] })).data[0]?.id ?? "";
    await shop.stripe.subscriptions.create({
      customer: one.customer,
      items: [{ price }],
      metadata: { tenantry_platform: "another" },
    });
    const before = await one.standing();
    expect(await deliver(await eventOf("customer.subscription.created", one))).toBe("200 applied");
    expect(await one.standing()).toBe(before);
  });

  test("that can't be applied is requested again and then applied", async () => {
    const one = await shop.organization("fails", "pm_card_visa");
    await one.subscribe(LAUNCH);
    const event = await eventOf("invoice.paid", one);
    const before = await one.standing();
    await shop.rows("alter table public.wallet_entries rename to elsewhere");
    const refused = await deliver(event).finally(() =>
      shop.rows("alter table public.elsewhere rename to wallet_entries"),
    );
    expect([refused, await one.standing(), await one.entries()]).toEqual(["500", before, []]);
    expect(await deliver(event)).toBe("200 applied");
    expect(await one.entries()).toEqual(["plan 5000"]);
  });
});

test.each(["hold-before", "hold-after"] as const)(
  "an event whose server is killed, %s the commit, is applied once after redelivery",
  async (kind) => {
    const one = await shop.organization(`cut-${kind}`, "pm_card_visa");
    await one.subscribe(LAUNCH);
    const event = await eventOf("invoice.paid", one);
    const killed = new AbortController();
    shop.live.sandbox.setFaults([{ kind, service: "postgres", match: "^commit", nth: 1 }]);
    const cut = deliver(event, { signal: killed.signal });
    await Promise.race([shop.live.sandbox.held(), cut]);
    killed.abort();
    expect(await cut).toBe("500");
    shop.live.sandbox.setFaults([]);
    shop.live.sandbox.release();
    await deliver(event);
    expect([await one.entries(), await one.standing()]).toEqual([["plan 5000"], "launch active 250000 40"]);
    expect(await deliver(event)).toBe("200 duplicate");
  },
);

describe("the plan in force", () => {
  test("follows the subscription, with the organization's overrides", async () => {
    const one = await shop.organization("follows", "pm_card_visa");
    await one.subscribe(LAUNCH);
    await deliver(await eventOf("customer.subscription.created", one));
    expect(await one.standing()).toBe("launch active 250000 40");
    await one.subscribe(FREE);
    await shop.happens("/clock", { advance: 32 * 24 * 60 * 60 });
    await deliver(await eventOf(UPDATED, one));
    expect(await one.standing()).toBe("build active 40");
  });

  test("stays during the grace period of a late payment and changes when it ends", async () => {
    const one = await shop.organization("late", "pm_card_visa");
    await one.subscribe(LAUNCH);
    await one.useCard("pm_card_chargeCustomerFail");
    await shop.happens("/clock", { advance: 32 * 24 * 60 * 60 });
    const event = await eventOf("invoice.payment_failed", one);
    const late = Math.ceil((event.created * 1000 - Date.now()) / (24 * 60 * 60 * 1000));
    await deliver(event, { days: late });
    expect(await one.standing()).toBe("launch past_due 250000 40");
    const pass = async (days: number) =>
      runBillingJob(await shop.context(days * 24 * 60), new AbortController().signal);
    await pass(late + 13);
    expect(await one.standing()).toBe("launch past_due 250000 40");
    await pass(late + 16);
    expect(await one.standing()).toBe("build past_due 5");
  });

  test("is the default plan without overrides until the first payment", async () => {
    const one = await shop.organization("unpaid");
    await one.subscribe(LAUNCH);
    await deliver(await eventOf("customer.subscription.created", one));
    expect(await one.standing()).toBe("build incomplete 5");
  });

  test("opens workspaces to every member if the declared plan does too, but not if that is unpaid", async () => {
    const one = await shop.organization("walls");
    await shop.rows(
      `update public.plans set per_workspace_access = false where name = 'build';
       insert into public.workspaces (id, organization_id, name, generation, display_name, state, managed_by)
       values (gen_random_uuid(), '${one.id}', 'finance', 1, 'Finance', 'active', 'app')`,
    );
    const entered = () =>
      shop.rows(`select email from public.workspace_members where organization_id = '${one.id}'`);
    await one.subscribe(LAUNCH);
    await deliver(await eventOf("customer.subscription.created", one));
    expect(await entered()).toEqual([]);
    await shop.rows(`update public.organizations set plan = 'build' where id = '${one.id}'`);
    await one.subscribe(FREE);
    await deliver(await eventOf(UPDATED, one));
    expect(await entered()).toEqual([{ email: "alan@acme.example" }]);
  });
});

describe("a month's credits", () => {
  test("are posted once for each paid period, by the webhook or the job", async () => {
    const one = await shop.organization("monthly", "pm_card_visa");
    await one.subscribe(LAUNCH);
    const pass = async () => runBillingJob(await shop.context(), new AbortController().signal);
    await pass();
    expect(await one.entries()).toEqual(["plan 5000"]);
    expect(await deliver(await eventOf("invoice.paid", one))).toBe("200 applied");
    expect(await one.entries()).toEqual(["plan 5000"]);

    await shop.happens("/clock", { advance: 32 * 24 * 60 * 60 });
    expect(await deliver(await eventOf("invoice.paid", one))).toBe("200 applied");
    await pass();
    expect(await one.entries()).toEqual(["plan 5000", "plan 5000"]);
  });

  test("are posted for each plan that is paid on a day, by the webhook or the job", async () => {
    const one = await shop.organization("twice-a-day");
    const pass = async () => runBillingJob(await shop.context(), new AbortController().signal);
    const free = await shop.stripe.subscriptions.retrieve(await one.subscribe(FREE));
    // Stripe finalizes a period's invoice an hour after the period begins.
    const renewed = (free.items.data[0]?.current_period_end ?? 0) + 2 * 60 * 60;
    await shop.happens("/clock", { to: renewed });
    await deliver(await eventOf("invoice.paid", one));
    await one.useCard("pm_card_visa");
    await one.subscribe(LAUNCH);
    const paid = await eventOf("invoice.paid", one);
    await Promise.all([pass(), deliver(paid)]);
    await deliver({ ...paid, id: "evt_again" });
    await pass();
    expect(await one.entries()).toEqual(["plan 100", "plan 5000"]);
  });

  test("that an earlier release posted without the plan's name aren't posted again", async () => {
    const one = await shop.organization("earlier", "pm_card_visa");
    await one.subscribe(LAUNCH);
    const pass = async () => runBillingJob(await shop.context(), new AbortController().signal);
    await pass();
    await shop.rows(
      `alter table public.wallet_entries disable trigger user;
       update public.wallet_entries set description = '' where organization_id = '${one.id}';
       alter table public.wallet_entries enable trigger user`,
    );
    await pass();
    await deliver(await eventOf("invoice.paid", one));
    expect(await one.entries()).toEqual(["plan 5000"]);
  });

  test("are posted once by an update, the job and an event together", async () => {
    const one = await shop.organization("applied", "pm_card_visa");
    const declared = (period?: { product: string; since: string }) => ({
      controlPlane: controlPlaneOf("shop"),
      organization: one.id,
      customer: one.customer,
      ...(period && { period }),
    });
    const run = new Life(planCredits, shop.live.context());
    await run.up(declared());
    expect(await one.entries()).toEqual([]);
    const paid = await one.pays(LAUNCH);
    await run.up(declared(paid));
    expect(await run.refresh()).toEqual([]);
    await run.up(declared(paid));
    await runBillingJob(await shop.context(), new AbortController().signal);
    await deliver(await eventOf("invoice.paid", one));
    await new Life(planCredits, shop.live.context()).up(declared(paid));
    expect(await one.entries()).toEqual(["plan 5000"]);

    await run.up(declared({ ...paid, since: "2020-01-01" }));
    expect(await one.entries()).toEqual(["plan 5000", "plan 5000"]);
    await run.remove();
    expect(await one.entries()).toEqual(["plan 5000", "plan 5000"]);
  });

  test("aren't posted for a trial or the first free month", async () => {
    const [free, trying] = [await shop.organization("free"), await shop.organization("trying")];
    await free.subscribe(FREE);
    await trying.subscribe(LAUNCH, 14);
    for (const one of [free, trying]) {
      await deliver(await eventOf("invoice.paid", one));
      expect(await one.entries()).toEqual([]);
    }
    await shop.happens("/clock", { advance: 32 * 24 * 60 * 60 });
    await deliver(await eventOf("invoice.paid", free));
    expect(await free.entries()).toEqual(["plan 100"]);
  });
});

test("plan credits are posted by a job that didn't run for two months", async () => {
  const one = await shop.organization("unattended", "pm_card_visa");
  await one.subscribe(LAUNCH);
  const { data } = await shop.stripe.invoices.list({ customer: one.customer });
  const later = (data.at(-1)?.created ?? 0) * 1000 + 60 * 24 * 60 * 60 * 1000;
  await runBillingJob(await shop.context((later - Date.now()) / 60_000), new AbortController().signal);
  expect(await one.entries()).toEqual(["plan 5000"]);
});

test("the credits of a contract plan are posted each calendar month", async () => {
  const one = await shop.organization("contract");
  await shop.rows("update public.plans set monthly_amount = null where name = 'launch'");
  try {
    const midMonth = Date.parse(`${new Date().toISOString().slice(0, 7)}-15T12:00:00Z`);
    const month = async (days: number) => {
      const minutes = (midMonth - Date.now()) / 60_000 + days * 24 * 60;
      await runBillingJob(await shop.context(minutes), new AbortController().signal);
      return one.entries();
    };
    expect(await month(0)).toEqual(["plan 5000"]);
    expect(await month(1)).toEqual(["plan 5000"]);
    await shop.rows(
      `insert into public.plans (name, platform_id, display_name, per_workspace_access, credits, stripe_product, managed_by)
       select 'large', platform_id, 'Large', per_workspace_access, credits, 'shop_large', managed_by
       from public.plans where name = 'launch'`,
    );
    await shop.rows(
      `update public.organizations set plan = 'large' where stripe_customer = '${one.customer}'`,
    );
    expect(await month(2)).toEqual(["plan 5000"]);
    expect(await month(30)).toEqual(["plan 5000", "plan 5000"]);
  } finally {
    await shop.rows(
      `update public.organizations set plan = 'launch' where plan = 'large'; delete from public.plans where name = 'large'`,
    );
    await shop.rows("update public.plans set monthly_amount = 4900 where name = 'launch'");
  }
});

describe("a payment for credits", () => {
  /** Buys credits and returns their charge. */
  async function bought(name: string, credits: number) {
    const one = await shop.organization(name, "pm_card_visa");
    const request = await one.asksFor(credits);
    await runBillingJob(await shop.context(), new AbortController().signal);
    const [payment] = await one.payments();
    return { one, request, payment: payment?.id ?? "", charge: String(payment?.latest_charge) };
  }

  test("that succeeds after processing posts the credits", async () => {
    const one = await shop.organization("slow", "pm_card_slowToProcess");
    const request = await one.asksFor(900);
    await runBillingJob(await shop.context(), new AbortController().signal);
    const [payment] = await one.payments();
    await shop.happens(`/payment_intents/${payment?.id}/finish`);
    expect(await deliver(await eventOf("payment_intent.succeeded", one))).toBe("200 applied");
    expect(await one.reload(request)).toMatchObject({ state: "done" });
    expect(await one.balance()).toBe(900);
  });

  test("that is refunded removes its share of the credits", async () => {
    const { one, payment } = await bought("refunded", 1000);
    await shop.stripe.refunds.create({ payment_intent: payment, amount: 255 });
    expect(await deliver(await eventOf("charge.refunded", one))).toBe("200 applied");
    await shop.stripe.refunds.create({ payment_intent: payment });
    for (const event of await eventsOf("charge.refunded", one)) await deliver(event);
    expect(await one.entries()).toEqual(["purchase 1000", "reversal -255", "reversal -745"]);
  });

  test("that is disputed removes the credits until the dispute is won, and stops further charges", async () => {
    const { one, request, charge } = await bought("disputed", 800);
    const { id } = await shop.happens(`/charges/${charge}/dispute`);
    const disputes = async (type: string) =>
      (await shop.stripe.events.list({ type, limit: 100 })).data.find(
        ({ data }) => (data.object as { charge?: string }).charge === charge,
      ) ?? {};
    expect(await deliver(await disputes("charge.dispute.created"))).toBe("200 applied");
    expect(await one.balance()).toBe(0);
    expect(await one.reload(request)).toMatchObject({ state: "done", paused: true });
    await shop.happens(`/disputes/${id}/decide`, { won: true });
    expect(await deliver(await disputes("charge.dispute.closed"))).toBe("200 applied");
    expect(await one.entries()).toEqual(["purchase 800", "reversal -800", "purchase 800"]);
  });

  test("that is refunded or disputed without an event is recorded once by the next run", async () => {
    const { one, request, payment } = await bought("unheard", 1000);
    const { one: two, charge } = await bought("unheard-too", 800);
    const pass = async () =>
      (await runBillingJob(await shop.context(), new AbortController().signal)).reversals;
    await pass(); // Records what other tests left.
    await shop.stripe.refunds.create({ payment_intent: payment, amount: 255 });
    const { id } = await shop.happens(`/charges/${charge}/dispute`);
    expect([await pass(), await pass()]).toEqual([2, 0]);
    expect(await one.entries()).toEqual(["purchase 1000", "reversal -255"]);
    expect(await two.balance()).toBe(0);
    for (const event of await eventsOf("charge.refunded", one)) await deliver(event);
    expect(await one.balance()).toBe(745);
    expect(await one.reload(request)).toMatchObject({ state: "done", paused: false });

    await shop.happens(`/disputes/${id}/decide`, { won: true });
    expect([await pass(), await pass()]).toEqual([1, 0]);
    expect(await two.entries()).toEqual(["purchase 800", "reversal -800", "purchase 800"]);
  });

  test("that names another organization's request changes nothing", async () => {
    const victim = await shop.organization("victim");
    const request = await victim.asksFor(100);
    const thief = await shop.organization("thief", "pm_card_visa");
    const { data } = await shop.stripe.paymentMethods.list({ customer: thief.customer });
    await shop.stripe.paymentIntents.create({
      amount: 100,
      currency: "usd",
      customer: thief.customer,
      payment_method: data[0]?.id ?? "",
      confirm: true,
      off_session: true,
      metadata: { tenantry_reload: request },
    });
    expect(await deliver(await eventOf("payment_intent.succeeded", thief))).toBe("200 ignored");
    expect(await victim.reload(request)).toMatchObject({ state: "requested" });
  });
});
