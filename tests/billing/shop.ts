import type { SandboxOptions } from "../../packages/sandbox/src/options.ts";
import type { BillingContext } from "../../src/billing/billing-context.ts";
import { organization } from "../../src/provider/resources/control-plane/organization.ts";
import { customer } from "../../src/provider/resources/stripe/customer.ts";
import { price } from "../../src/provider/resources/stripe/price.ts";
import { product } from "../../src/provider/resources/stripe/product.ts";
import { subscription } from "../../src/provider/resources/stripe/subscription.ts";
import { stableId } from "../../src/shared/ids.ts";
import { Life } from "../provider/life.ts";
import { type Live, startLive } from "../provider/live.ts";
import {
  controlPlaneOf,
  organizationOf,
  withCatalogue,
} from "../provider/resources/control-plane/control-plane.ts";
import { NO_CONTROL_PLANE } from "../provider/resources/stripe/billing.ts";

const PLATFORM = "shop";
export const FREE = `${PLATFORM}--build--monthly--usd-0`;
export const LAUNCH = `${PLATFORM}--launch--monthly--usd-4900`;

/** A platform with two plans, a control plane and a Stripe account. Tests add customers. */
export class Shop {
  readonly live: Live;
  readonly project: string;

  private constructor(live: Live, project: string) {
    this.live = live;
    this.project = project;
  }

  static async open(options: Partial<SandboxOptions> = {}): Promise<Shop> {
    const live = await startLive(options);
    const shop = new Shop(live, await withCatalogue(live, PLATFORM));
    for (const [plan, lookupKey, amount] of [
      ["build", FREE, 0],
      ["launch", LAUNCH, 4900],
    ] as const) {
      const productId = `${PLATFORM}_${plan}`;
      const brand = { platform: PLATFORM };
      await new Life(product, live.context()).up({ productId, name: plan, brand });
      await new Life(price, live.context()).up({
        lookupKey,
        product: productId,
        amount,
        currency: "usd",
        brand,
      });
    }
    return shop;
  }

  stop(): Promise<void> {
    return this.live.stop();
  }

  /** @param minutes how far the clock is ahead */
  async context(minutes = 0, signal?: AbortSignal): Promise<BillingContext> {
    const context = this.live.context(signal)("write");
    return {
      platform: PLATFORM,
      database: await context.controlPlane(controlPlaneOf(PLATFORM)),
      stripe: context.stripe,
      now: () => new Date(Date.now() + minutes * 60_000),
    };
  }

  get stripe() {
    return this.live.context()("write").stripe;
  }

  /** Creates an organization on the plan `launch` with a customer in Stripe, and with a card if one is named. */
  async organization(name: string, card?: string): Promise<Customer> {
    const id = stableId(`${PLATFORM}/${name}`);
    const brand = { platform: PLATFORM, organization: name, id, generation: 1 };
    const made = await new Life(customer, this.live.context()).up({
      email: `billing@${name}.example`,
      brand,
    });
    await new Life(organization, this.live.context()).up({
      ...organizationOf(PLATFORM, name),
      stripeCustomer: made.customerId,
      overrides: { seats: 40 },
    });
    const one = new Customer(this, name, id, made.customerId);
    if (card !== undefined) await one.useCard(card);
    return one;
  }

  async rows(sql: string): Promise<Record<string, unknown>[]> {
    return this.live.sql(this.project, sql);
  }

  /** Simulates an action of a bank or a cardholder. */
  async happens(path: string, body: object = {}): Promise<{ id: string }> {
    const answer = await fetch(`${this.live.sandbox.env.STRIPE_API_BASE}/_sandbox${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as { id: string };
  }
}

/** An organization of the shop. */
export class Customer {
  readonly #shop: Shop;
  readonly name: string;
  readonly id: string;
  /** The customer's id in Stripe. */
  readonly customer: string;

  constructor(shop: Shop, name: string, id: string, customer: string) {
    this.#shop = shop;
    this.name = name;
    this.id = id;
    this.customer = customer;
  }

  /**
   * @param card one of Stripe's test cards, for example `pm_card_visa`
   * @returns Stripe's id of the payment method
   */
  async useCard(card: string): Promise<string> {
    const { stripe } = this.#shop;
    const { id } = await stripe.paymentMethods.attach(card, { customer: this.customer });
    await stripe.customers.update(this.customer, { invoice_settings: { default_payment_method: id } });
    return id;
  }

  async subscribe(lookupKey: string, trialDays?: number): Promise<string> {
    return (await this.#subscribed(lookupKey, trialDays)).subscriptionId;
  }

  /** Subscribes, pays and returns the paid period. */
  async pays(lookupKey: string): Promise<{ product: string; since: string }> {
    const { paidProduct = "", paidSince = "" } = await this.#subscribed(lookupKey);
    return { product: paidProduct, since: paidSince };
  }

  /** The inputs that all its subscriptions share. */
  get declared() {
    const brand = { platform: PLATFORM, organization: this.name, id: this.id, generation: 1 };
    return { customer: this.customer, brand };
  }

  async #subscribed(lookupKey: string, trialDays?: number) {
    return await new Life(subscription, this.#shop.live.context()).up({
      ...this.declared,
      price: lookupKey,
      ...(trialDays === undefined ? {} : { trial: { days: trialDays, controlPlane: NO_CONTROL_PLANE } }),
    });
  }

  /** Opens a reload request, as a debit below the wallet's threshold does. */
  async asksFor(credits: number, creditAmount = 1, currency = "usd"): Promise<string> {
    const [row] = await this.#shop.rows(
      `insert into public.reloads (organization_id, wallet, amount, credit_amount, currency)
       values ('${this.id}', 'data', ${credits}, ${creditAmount}, '${currency}') returning id`,
    );
    return String(row?.id);
  }

  /** Applies another declaration of its wallet's auto-reload. */
  async declares(autoReload: { below: number; add: number }): Promise<void> {
    await new Life(organization, this.#shop.live.context()).up({
      ...organizationOf(PLATFORM, this.name),
      stripeCustomer: this.customer,
      overrides: { seats: 40 },
      wallets: { data: { autoReload }, ai: {} },
    });
  }

  async isPaused(): Promise<boolean> {
    const [row] = await this.#shop.rows(
      `select reload_paused as paused from public.wallets where organization_id = '${this.id}' and name = 'data'`,
    );
    return row?.paused === true;
  }

  async balance(): Promise<number> {
    const [row] = await this.#shop.rows(
      `select balance::int from public.wallets where organization_id = '${this.id}' and name = 'data'`,
    );
    return Number(row?.balance);
  }

  /** The ledger's entries, oldest first. */
  async entries(): Promise<string[]> {
    const rows = await this.#shop.rows(
      `select kind || ' ' || amount as entry from public.wallet_entries
       where organization_id = '${this.id}' order by created_at, amount`,
    );
    return rows.map(({ entry }) => String(entry));
  }

  async reload(id: string): Promise<Record<string, unknown> | undefined> {
    const [row] = await this.#shop.rows(
      `select state, decline_reason as reason, reload_paused as paused
       from public.reloads join public.wallets on wallets.organization_id = reloads.organization_id and name = wallet
       where id = '${id}'`,
    );
    return row;
  }

  /** The plan in force, the subscription's status and the quotas. */
  async standing(): Promise<string> {
    const [row] = await this.#shop.rows(
      `select concat_ws(' ', plan_in_force, coalesce(subscription_status, '-'), webhook_events, seats) as standing
       from public.organizations join public.quotas on organization_id = id where id = '${this.id}'`,
    );
    return String(row?.standing);
  }

  async payments() {
    return (await this.#shop.stripe.paymentIntents.list({ customer: this.customer, limit: 100 })).data;
  }
}
