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
  async standing() {
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
    const own = await this.stripe.customers.retrieve(this.one.customer);
    if (own.deleted) throw new Error(`${this.one.customer} is deleted`);
    const refunds = (await this.stripe.charges.list(filter)).data.map((charge) => charge.amount_refunded);
    const waiting = (await this.stripe.invoiceItems.list({ ...filter, pending: true })).data;
    const changes = invoices.filter(({ billing_reason: reason }) => reason === "subscription_update");
    const isProrated = (cents: number) => changes.some(({ total }) => total === cents);
    const amount = (cents: number) => (isProrated(cents) ? "prorated" : cents);
    return {
      customers: customers.map(({ name, metadata }) => [name, this.#own(metadata)]),
      account: [own.balance, own.delinquent, own.discount, hasCard(own)],
      subscriptions: subscriptions.data.map((each) => this.#shown(each)),
      // A repeated change replaces the pending one, and a repeated begin the incomplete one. Stripe voids their invoices.
      invoices: invoices
        .filter(({ status, billing_reason: reason }) => status !== "void" || !REPLACED.has(reason ?? ""))
        .map((each) => `${each.status} ${amount(each.total)} ${each.currency} ${each.billing_reason}`)
        .sort(),
      prorated: changes.filter(({ status }) => status !== "void").map(({ total }) => total),
      waiting: waiting.map((item) => [item.amount, item.currency]),
      payments: payments
        .filter(({ status }) => status !== "canceled")
        .map((each) => `${each.status} ${amount(each.amount)} ${each.currency}`)
        .sort(),
      refunds: refunds.filter((refunded) => refunded !== 0),
      credits: (await this.one.entries()).sort(),
      products: selling.products.map((each) => [each.active, each.name, this.#own(each.metadata)]),
      prices: selling.prices.map((each) => [each.active, each.nickname, each.unit_amount, each.currency]),
      portals: selling.portals.map(({ login_page: login, business_profile, active }) => [
        active,
        login.enabled,
        business_profile.headline,
      ]),
      endpoints: selling.endpoints.map((each) => [
        each.status,
        each.enabled_events,
        each.metadata.tenantry_version,
      ]),
    };
  }

  #shown(found: Stripe.Subscription): object {
    const schedule = typeof found.schedule === "object" ? found.schedule : null;
    return {
      status: found.status,
      items: found.items.data
        .map((item) => [
          item.price.lookup_key,
          item.quantity,
          days(item.current_period_start, item.current_period_end),
          days(found.created, item.current_period_end),
        ])
        .sort(),
      collection: [found.collection_method, found.days_until_due],
      metadata: this.#own(found.metadata),
      pause: found.pause_collection,
      leaves: [found.cancel_at_period_end, days(found.created, found.cancel_at), found.ended_at !== null],
      pending: found.pending_update?.subscription_items?.map((item) => [
        item.price.lookup_key,
        item.quantity,
      ]),
      trial: days(found.created, found.trial_end),
      anchor: days(found.created, found.billing_cycle_anchor),
      schedule: schedule && {
        status: schedule.status,
        end: schedule.end_behavior,
        metadata: this.#own(schedule.metadata),
        phases: schedule.phases.map((phase) => ({
          items: phase.items.map((item) => [item.price, item.quantity]),
          until: days(found.created, phase.end_date),
          trial: days(found.created, phase.trial_end),
          collection: phase.collection_method,
          metadata: this.#own(phase.metadata),
        })),
      },
      discounts: found.discounts.length,
      card: found.default_payment_method !== null,
      saves: found.payment_settings?.save_default_payment_method,
    };
  }

  /** The metadata that tenantry writes, with words for what differs from one organization to another. */
  #own(metadata: Stripe.Metadata | null): Record<string, string> {
    const { name, id, customer } = this.one;
    const common = (value: string) =>
      value.replaceAll(name, "NAME").replaceAll(id, "ID").replaceAll(customer, "CUSTOMER");
    const ours = Object.entries(metadata ?? {}).filter(([key]) => isOurKey(key));
    return Object.fromEntries(ours.map(([key, value]) => [key, common(value)]).sort());
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

/** The reasons of invoices whose place another one takes when a run is repeated. */
const REPLACED: ReadonlySet<string> = new Set(["subscription_create", "subscription_update"]);

function hasCard({ invoice_settings: settings }: Stripe.Customer): boolean {
  return settings.default_payment_method !== null;
}

/** The whole days between two moments in seconds. */
function days(from: number, to: number | null): number | null {
  return to === null ? null : Math.round((to - from) / 86_400);
}

export type Standing = Awaited<ReturnType<Payer["standing"]>>;

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
