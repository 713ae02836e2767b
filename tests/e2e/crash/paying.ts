import type Stripe from "stripe";
import { runBillingJob } from "../../../src/billing/billing-job.ts";
import { planCredits } from "../../../src/provider/resources/control-plane/plan-credits.ts";
import { customer } from "../../../src/provider/resources/stripe/customer.ts";
import { portal } from "../../../src/provider/resources/stripe/portal.ts";
import { price } from "../../../src/provider/resources/stripe/price.ts";
import { product } from "../../../src/provider/resources/stripe/product.ts";
import { subscription } from "../../../src/provider/resources/stripe/subscription.ts";
import { webhookEndpoint } from "../../../src/provider/resources/stripe/webhook-endpoint.ts";
import type { Context } from "../../../src/vendors/connections.ts";
import { isOurKey } from "../../../src/vendors/stripe/brand.ts";
import { type Customer, FREE, LAUNCH, type Shop } from "../../billing/shop.ts";
import { Life } from "../../provider/life.ts";
import { controlPlaneOf } from "../../provider/resources/control-plane/control-plane.ts";
import { giveCard, NO_CONTROL_PLANE, sellPlan } from "../../provider/resources/stripe/billing.ts";

const SCALE = "shop--scale--monthly--usd-49900";

/** The plan that {@link Shop} lacks. */
export function sellScale({ live }: Shop): Promise<void> {
  return sellPlan(live, SCALE, 49_900, "shop_scale", { platform: "shop" });
}

/** One organization. Each run has its own connections, as a process has. */
export class Payer {
  readonly shop: Shop;
  readonly one: Customer;
  #context: (mode: "look" | "write") => Context;
  #signal = new AbortController().signal;
  #minutes = 0;
  readonly #customer = new Life(customer, (mode) => this.#context(mode));
  readonly #subscription = new Life(subscription, (mode) => this.#context(mode));
  readonly #credits = new Life(planCredits, (mode) => this.#context(mode));
  readonly #product = new Life(product, (mode) => this.#context(mode));
  readonly #price = new Life(price, (mode) => this.#context(mode));
  readonly #portal = new Life(portal, (mode) => this.#context(mode));
  readonly #endpoint = new Life(webhookEndpoint, (mode) => this.#context(mode));

  constructor(shop: Shop, one: Customer) {
    this.shop = shop;
    this.one = one;
    this.#context = shop.live.context();
  }

  /** Begins another run. */
  starts(signal = new AbortController().signal, env: Readonly<Record<string, string>> = {}): void {
    this.#signal = signal;
    this.#context = this.shop.live.context(signal, env);
  }

  get stripe(): Stripe {
    return this.shop.stripe;
  }

  async subscribes(more: Partial<Parameters<typeof this.declares>[0]> = {}): Promise<void> {
    await this.#subscription.up(this.declares(more));
    const { paidProduct, paidSince } = this.#subscription.outputs;
    const period = paidProduct && paidSince ? { product: paidProduct, since: paidSince } : undefined;
    await this.#credits.up({
      controlPlane: controlPlaneOf("shop"),
      organization: this.one.id,
      customer: this.one.customer,
      ...(period === undefined ? {} : { period }),
    });
  }

  declares(more: {
    readonly price?: string;
    readonly trial?: true;
    readonly state?: "active" | "suspended" | "deleted";
    readonly collection?: "send_invoice";
    readonly resume?: string;
  }) {
    const { trial, ...rest } = more;
    return {
      ...this.one.declared,
      price: LAUNCH,
      ...rest,
      ...(trial === undefined ? {} : { trial: { days: 14, controlPlane: NO_CONTROL_PLANE } }),
    };
  }

  removes(): Promise<void> {
    return this.#subscription.remove();
  }

  /** Creates or changes the customer, which the subscription doesn't touch. */
  async bills(email: string): Promise<void> {
    await this.#customer.up({ email, name: "Somebody", brand: this.one.declared.brand });
  }

  /** Sells a plan of another platform that is named after the organization. */
  async sells(name: string, version = 1): Promise<void> {
    const brand = { platform: this.one.name };
    const productId = `${this.one.name}_plan`;
    await this.#product.up({ productId, name, brand });
    await this.#price.up({
      lookupKey: `${this.one.name}--plan`,
      product: productId,
      amount: 100,
      currency: "usd",
      nickname: name,
      brand,
    });
    await this.#portal.up({ headline: name, brand });
    await this.#endpoint.up({ url: `https://${name}.example/stripe`, version, brand });
  }

  async stopsSelling(): Promise<void> {
    await this.#endpoint.remove();
    await this.#portal.remove();
    await this.#price.remove();
    await this.#product.remove();
  }

  async reloads(): Promise<void> {
    const context = await this.shop.context(this.#minutes, this.#signal);
    // A request of a run that failed or was killed is tried again when its claim has expired.
    this.#minutes += 16;
    const { reloads } = await runBillingJob(context, this.#signal);
    const failed = reloads.find(({ outcome }) => outcome === "failed");
    if (failed !== undefined) throw new Error(failed.reason ?? "");
  }

  /** Stripe accepts only sixteen endpoints. */
  async deletesEndpoints(): Promise<void> {
    const list = this.stripe.webhookEndpoints.list({ limit: 100 });
    for (const { id } of await this.#ofPlatform(list)) await this.stripe.webhookEndpoints.del(id);
  }

  /** Everything in Stripe and the ledger that a repeated run could have twice or lose, without ids and times. */
  async standing(): Promise<object> {
    const filter = { customer: this.one.customer, limit: 100 };
    const subscriptions = await this.stripe.subscriptions.list({
      ...filter,
      status: "all",
      expand: ["data.schedule"],
    });
    const invoices = (await this.stripe.invoices.list(filter)).data;
    const payments = (await this.stripe.paymentIntents.list(filter)).data;
    const customers = (await this.stripe.customers.list({ email: `billing@${this.one.name}.example` })).data;
    const selling = {
      platform: this.one.name,
      products: (await this.stripe.products.list({ ids: [`${this.one.name}_plan`] })).data,
      prices: (await this.stripe.prices.list({ lookup_keys: [`${this.one.name}--plan`] })).data,
      portals: await this.#ofPlatform(this.stripe.billingPortal.configurations.list({ limit: 100 })),
      endpoints: await this.#ofPlatform(this.stripe.webhookEndpoints.list({ limit: 100 })),
    };
    return {
      customers: customers.map(({ name, metadata }) => [name, keysOf(metadata)]),
      subscriptions: subscriptions.data.map(shown),
      // A repeated change replaces the pending one, whose invoice Stripe voids.
      invoices: invoices
        .filter(({ status }) => status !== "void")
        .map((each) => `${each.status} ${dollars(each.total)} ${each.billing_reason}`)
        .sort(),
      payments: payments
        .filter(({ status }) => status !== "canceled")
        .map(({ status, amount }) => `${status} ${dollars(amount)}`)
        .sort(),
      credits: (await this.one.entries()).sort(),
      products: selling.products.map(({ active, name }) => [active, name]),
      prices: selling.prices.map(({ active, nickname, unit_amount }) => [active, nickname, unit_amount]),
      portals: selling.portals.map(({ login_page: login, business_profile }) => [
        login.enabled,
        business_profile.headline,
      ]),
      endpoints: selling.endpoints.map(({ status, metadata }) => [status, metadata.tenantry_version]),
    };
  }

  /** Those of the platform that is named after the organization. */
  async #ofPlatform<T extends { readonly metadata: Stripe.Metadata | null }>(
    list: Stripe.ApiListPromise<T>,
  ): Promise<T[]> {
    const found: T[] = [];
    for await (const each of list) if (each.metadata?.tenantry_platform === this.one.name) found.push(each);
    return found;
  }
}

function shown(found: Stripe.Subscription): object {
  const { status, items, metadata, schedule, collection_method: collection } = found;
  const phases = typeof schedule === "object" ? (schedule?.phases ?? []) : [];
  return {
    status,
    items: items.data.map(({ price, quantity }) => `${price.lookup_key} × ${quantity}`).sort(),
    collection,
    ours: keysOf(metadata),
    pause: found.pause_collection?.behavior ?? null,
    leaves: found.cancel_at !== null,
    pending: found.pending_update !== null,
    trial: found.trial_end !== null,
    phases: phases.map(({ items: [item] }) => item?.price).length,
    card: found.default_payment_method !== null,
  };
}

/** The difference for the rest of a period becomes smaller with each minute. */
function dollars(cents: number): number {
  return Math.round(cents / 100);
}

function keysOf(metadata: Stripe.Metadata): string[] {
  return Object.keys(metadata).filter(isOurKey).sort();
}

/** Something that an organization does, or that a platform does to sell plans. */
export interface Action {
  /** A test card of Stripe. Without one, invoices stay open. */
  readonly card?: string;
  /** What happened before the run. */
  before?(payer: Payer): Promise<unknown>;
  /** The run whose writes fail, and which is repeated. */
  run(payer: Payer): Promise<void>;
}

const CARD = "pm_card_visa";

async function liveId({ stripe, one: { customer } }: Payer): Promise<string> {
  return (await stripe.subscriptions.list({ customer, status: "all" })).data[0]?.id ?? "";
}

/** `2026-11-22` of Stripe's clock, on which something that has just happened in Stripe can be resumed. */
async function today({ stripe }: Payer): Promise<string> {
  const [newest] = (await stripe.events.list({ limit: 1 })).data;
  return new Date((newest?.created ?? 0) * 1000).toISOString().slice(0, 10);
}

const onLaunch = (payer: Payer) => payer.subscribes();
const onScale = (payer: Payer) => payer.subscribes({ price: SCALE });
const onFree = (payer: Payer) => payer.subscribes({ price: FREE });

export const ACTIONS: Readonly<Record<string, Action>> = {
  "sell a plan": { run: (payer) => payer.sells("first") },
  "sell it under another name, with another secret": {
    before: (payer) => payer.sells("first"),
    run: (payer) => payer.sells("second", 2),
  },
  "stop selling": { before: (payer) => payer.sells("first"), run: (payer) => payer.stopsSelling() },
  "begin, as a new customer": {
    async run(payer) {
      await payer.bills(`billing@${payer.one.name}.example`);
      await payer.subscribes();
    },
  },
  "begin with a card": { card: CARD, run: onLaunch },
  "begin without a card": { run: onLaunch },
  "begin by invoice": { run: (payer) => payer.subscribes({ collection: "send_invoice" }) },
  "begin with a card that is declined": { card: "pm_card_chargeCustomerFail", run: onLaunch },
  "trial with a card": { card: CARD, run: (payer) => payer.subscribes({ trial: true }) },
  "trial after the free plan": { before: onFree, run: (payer) => payer.subscribes({ trial: true }) },
  upgrade: { card: CARD, before: onLaunch, run: onScale },
  "upgrade from the free plan": { card: CARD, before: onFree, run: onLaunch },
  "upgrade from the free plan without a card": { before: onFree, run: onLaunch },
  "upgrade before the first payment": { before: onLaunch, run: onScale },
  "upgrade in the trial": {
    card: CARD,
    before: (payer) => payer.subscribes({ trial: true }),
    run: onScale,
  },
  "upgrade with a card that is declined": {
    card: CARD,
    async before(payer) {
      await onLaunch(payer);
      await giveCard(payer.shop.live, payer.one.customer, "pm_card_chargeCustomerFail");
    },
    run: onScale,
  },
  "take back an upgrade that isn't paid": {
    card: CARD,
    async before(payer) {
      await onLaunch(payer);
      await giveCard(payer.shop.live, payer.one.customer, "pm_card_chargeCustomerFail");
      await onScale(payer);
    },
    run: onLaunch,
  },
  downgrade: { card: CARD, before: onScale, run: onLaunch },
  "downgrade further": {
    card: CARD,
    async before(payer) {
      await onScale(payer);
      await onLaunch(payer);
    },
    run: onFree,
  },
  "take back a downgrade": {
    card: CARD,
    async before(payer) {
      await onScale(payer);
      await onLaunch(payer);
    },
    run: onScale,
  },
  "downgrade in the trial": {
    before: (payer) => payer.subscribes({ trial: true }),
    run: onFree,
  },
  "pay by invoice from now on": {
    card: CARD,
    before: onLaunch,
    run: (payer) => payer.subscribes({ collection: "send_invoice" }),
  },
  "cancel by removing the resource": { card: CARD, before: onLaunch, run: (payer) => payer.removes() },
  "cancel what was never paid": { before: onLaunch, run: (payer) => payer.removes() },
  "upgrade after a cancellation at the period's end": {
    card: CARD,
    async before(payer) {
      await onLaunch(payer);
      await payer.stripe.subscriptions.update(await liveId(payer), { cancel_at_period_end: true });
    },
    run: onScale,
  },
  "resume before the cancellation takes effect": {
    card: CARD,
    async before(payer) {
      await onLaunch(payer);
      await payer.stripe.subscriptions.update(await liveId(payer), { cancel_at_period_end: true });
    },
    run: async (payer) => payer.subscribes({ resume: await today(payer) }),
  },
  "resume after the cancellation": {
    card: CARD,
    async before(payer) {
      await onLaunch(payer);
      await payer.stripe.subscriptions.cancel(await liveId(payer));
    },
    run: async (payer) => payer.subscribes({ resume: await today(payer) }),
  },
  suspend: { card: CARD, before: onLaunch, run: (payer) => payer.subscribes({ state: "suspended" }) },
  "become active again": {
    card: CARD,
    async before(payer) {
      await onLaunch(payer);
      await payer.subscribes({ state: "suspended" });
    },
    run: onScale,
  },
  delete: { card: CARD, before: onLaunch, run: (payer) => payer.subscribes({ state: "deleted" }) },
  "delete what was never paid": {
    before: onLaunch,
    run: (payer) => payer.subscribes({ state: "deleted" }),
  },
  reload: {
    card: CARD,
    before: (payer) => payer.one.asksFor(2000),
    run: (payer) => payer.reloads(),
  },
  "reload with a card that is declined": {
    card: "pm_card_chargeCustomerFail",
    before: (payer) => payer.one.asksFor(2000),
    run: (payer) => payer.reloads(),
  },
};
