import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { handleEvent } from "../../src/billing/webhook/handle.ts";
import { organization } from "../../src/provider/resources/control-plane/organization.ts";
import { subscription } from "../../src/provider/resources/stripe/subscription.ts";
import { Life } from "../provider/life.ts";
import { organizationOf } from "../provider/resources/control-plane/control-plane.ts";
import { type Customer, FREE, LAUNCH, Shop } from "./shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterAll(() => shop.stop());

const LAUNCH_LIMITS = {
  workspaces: 3,
  seats: 40,
  rpm: 600,
  webhookEvents: 250_000,
  perWorkspaceAccess: true,
};
const BUILD_LIMITS = { workspaces: 3, seats: 5, rpm: 600, perWorkspaceAccess: true };

/** A run in two halves: it reads Stripe first, and writes the organization's row later. */
class Run {
  readonly #one: Customer;
  readonly #row: Life<typeof organization.inputs, typeof organization.outputs>;
  readonly #subscription: Life<typeof subscription.inputs, typeof subscription.outputs>;

  constructor(one: Customer) {
    this.#one = one;
    this.#row = new Life(organization, shop.live.context());
    this.#subscription = new Life(subscription, shop.live.context());
  }

  /** @returns the write of the row as the run knows Stripe now */
  async reads(price: string): Promise<() => Promise<unknown>> {
    const { status, product, subscriptionId } = await this.#subscription.up({
      ...this.#one.declared,
      price,
    });
    const isPaid = status === "active" && product === "shop_launch";
    return () =>
      this.#row.up({
        ...organizationOf("shop", this.#one.name),
        stripeCustomer: this.#one.customer,
        stripeSubscription: subscriptionId,
        subscriptionStatus: status,
        planInForce: isPaid ? "launch" : "build",
        limits: isPaid ? LAUNCH_LIMITS : BUILD_LIMITS,
        overrides: { seats: 40 },
      });
  }
}

/** The webhook handles an event, and so reads what Stripe says now. */
async function webhook(one: Customer): Promise<void> {
  const { data } = await shop.stripe.events.list({ type: "customer.subscription.updated", limit: 100 });
  const object = { customer: one.customer };
  const event = { ...data[0], id: `evt_${one.name.replaceAll("-", "")}${data.length}`, data: { object } };
  expect(await handleEvent(await shop.context(), { ...event, type: EVENT } as unknown as Stripe.Event)).toBe(
    "applied",
  );
}

const EVENT = "customer.subscription.updated";

async function paysFirstInvoice(one: Customer): Promise<void> {
  const { id } = await shop.stripe.paymentMethods.attach("pm_card_visa", { customer: one.customer });
  const [open] = (await shop.stripe.invoices.list({ customer: one.customer, status: "open" })).data;
  await shop.stripe.invoices.pay(open?.id ?? "", { payment_method: id });
}

async function cancels(one: Customer): Promise<void> {
  const [live] = (await shop.stripe.subscriptions.list({ customer: one.customer })).data;
  await shop.stripe.subscriptions.cancel(live?.id ?? "");
}

describe("a run whose reading of Stripe is older than the webhook's", () => {
  test("doesn't take back a plan that was paid in the meantime", async () => {
    const one = await shop.organization("paid-meanwhile");
    const write = await new Run(one).reads(LAUNCH);
    await paysFirstInvoice(one);
    await webhook(one);
    expect(await one.standing()).toBe("launch active 250000 40");
    await write();
    expect(await one.standing()).toBe("launch active 250000 40");
  });

  test("doesn't restore a plan that was canceled in the meantime", async () => {
    const one = await shop.organization("canceled-meanwhile", "pm_card_visa");
    const write = await new Run(one).reads(LAUNCH);
    await cancels(one);
    await webhook(one);
    expect(await one.standing()).toBe("build canceled 5");
    await write();
    expect(await one.standing()).toBe("build canceled 5");
  });

  test("doesn't restore the product of the former plan", async () => {
    const one = await shop.organization("upgraded-meanwhile", "pm_card_visa");
    const run = new Run(one);
    const write = await run.reads(FREE);
    await (await run.reads(LAUNCH))();
    await webhook(one);
    await write();
    expect(await one.standing()).toBe("launch active 250000 40");
  });

  test("records it the same way when the webhook comes during the write, or never", async () => {
    const one = await shop.organization("no-webhook");
    const write = await new Run(one).reads(LAUNCH);
    await write();
    expect(await one.standing()).toBe("build incomplete 5");
    await paysFirstInvoice(one);
    await write();
    expect(await one.standing()).toBe("build incomplete 5");
    await webhook(one);
    await write();
    expect(await one.standing()).toBe("launch active 250000 40");
  });
});

test("a run whose reading is newer than the webhook's replaces it", async () => {
  const one = await shop.organization("newer-run");
  const run = new Run(one);
  await (await run.reads(LAUNCH))();
  await webhook(one);
  await paysFirstInvoice(one);
  await (await run.reads(LAUNCH))();
  expect(await one.standing()).toBe("launch active 250000 40");
});

describe("with two live subscriptions, the webhook and a run take the same one", () => {
  let two = 0;

  /** A crash, or another program that copies metadata, leaves a second subscription. */
  async function second(one: Customer, price: string, paid: boolean): Promise<string> {
    const [found] = (await shop.stripe.prices.list({ lookup_keys: [price] })).data;
    const { brand } = one.declared;
    const made = await shop.stripe.subscriptions.create({
      customer: one.customer,
      items: [{ price: found?.id ?? "" }],
      payment_behavior: paid ? "error_if_incomplete" : "default_incomplete",
      metadata: {
        tenantry_platform: brand.platform,
        tenantry_organization: brand.organization,
        tenantry_id: brand.id,
        tenantry_generation: "1",
      },
    });
    return made.id;
  }

  test.each<[string, recorded: string, other: [price: string, paid: boolean], standing: string]>([
    ["a free one that is recorded, and a paid one", FREE, [LAUNCH, true], "launch active 250000 40"],
    ["a paid one that is recorded, and an unpaid one", LAUNCH, [LAUNCH, false], "launch active 250000 40"],
    ["a paid one that is recorded, and a free one", LAUNCH, [FREE, true], "launch active 250000 40"],
  ])("%s", async (_, recorded, [price, paid], standing) => {
    const one = await shop.organization(`two-${two++}`, "pm_card_visa");
    await (await new Run(one).reads(recorded))();
    await second(one, price, paid);
    await webhook(one);
    expect(await one.standing()).toBe(standing);
    const run = new Life(subscription, shop.live.context());
    const live = await run.up({ ...one.declared, price: LAUNCH });
    const [row] = await shop.rows(
      `select stripe_subscription from public.organizations where id = '${one.id}'`,
    );
    expect(row?.stripe_subscription).toBe(live.subscriptionId);
  });
});
