import { UserError } from "@tenantry/core/errors";
import Stripe from "stripe";
import { Store } from "../../../packages/sandbox/src/store.ts";
import { createStripe, type LocalStripe } from "../../../packages/sandbox/src/stripe/app.ts";
import type { BillingContext } from "../../../src/billing/billing-context.ts";
import { runBillingJob } from "../../../src/billing/billing-job.ts";
import { EVENTS } from "../../../src/billing/webhook/event-target.ts";
import { handleEvent } from "../../../src/billing/webhook/handle.ts";
import { effectivePlan } from "../../../src/model/effective-plan.ts";
import { type InputsOf, type ResourceType, registry } from "../../../src/provider/registry.ts";
import type { Resource } from "../../../src/provider/resource.ts";
import { catalogue } from "../../../src/provider/resources/control-plane/catalogue.ts";
import { Operations, type Recorded, type Wire } from "../../../src/provider/runtime/operations.ts";
import { Redactor } from "../../../src/provider/runtime/protocol/redact.ts";
import { allEntitlements, presentEntitlements } from "../../../src/shared/entitlements.ts";
import { stableId } from "../../../src/shared/ids.ts";
import { dayOf } from "../../../src/shared/today.ts";
import { Connections, type Context } from "../../../src/vendors/connections.ts";
import type { Database } from "../../../src/vendors/postgres/database.ts";
import { Life } from "../../provider/life.ts";
import { type Live, startLive } from "../../provider/live.ts";
import {
  catalogueOf,
  controlPlaneOf,
  withTables,
} from "../../provider/resources/control-plane/control-plane.ts";
import { AMOUNTS, CREDITS, ITEM_AMOUNT, PLANS, type Plan } from "./model.ts";

const PLATFORM = "shop";
const KEY = "sk_test_histories";
const LIMITS = { workspaces: 3, seats: 5, rpm: 600, perWorkspaceAccess: true };

/** One control plane for all histories. Each history has an organization in it, and its own Stripe account with its own clock. */
export class World {
  readonly #live: Live;
  readonly database: Database;

  private constructor(live: Live, database: Database) {
    this.#live = live;
    this.database = database;
  }

  static async open(): Promise<World> {
    const live = await startLive();
    await withTables(live, PLATFORM, "control-plane");
    await new Life(catalogue, live.context()).up(catalogueOfHistories());
    return new World(live, await live.context()("write").controlPlane(controlPlaneOf(PLATFORM)));
  }

  async stop(): Promise<void> {
    await this.#live.stop();
  }

  async organization(name: string, from: Date): Promise<Organization> {
    const organization = new Organization(this.database, name, from);
    await organization.sell();
    return organization;
  }
}

function catalogueOfHistories() {
  const base = catalogueOf(PLATFORM);
  const plans = PLANS.map((plan) => [
    plan,
    {
      displayName: plan,
      monthlyAmount: AMOUNTS[plan],
      productId: productOf(plan),
      priceLookupKey: lookupKeyOf(plan),
      credits: { data: CREDITS[plan] },
      limits: LIMITS,
    },
  ]);
  return { ...base, plans: Object.fromEntries(plans), wallets: { data: { creditAmount: 1 } } };
}

const productOf = (plan: Plan) => `${PLATFORM}_${plan}`;
const lookupKeyOf = (plan: Plan) => `${PLATFORM}--${plan}--monthly--usd-${AMOUNTS[plan]}`;

const CATALOGUE = {
  defaultPlan: "build",
  plans: Object.fromEntries(
    PLANS.map((plan) => [plan, { productId: productOf(plan), entitlements: allEntitlements(LIMITS) }]),
  ),
};

/** What an organization's manifest declares about its plan. */
export interface Declaration {
  readonly plan: Plan;
  readonly state: "active" | "suspended";
  readonly resume: string | undefined;
}

/** Where a run is killed: before or after its nth write to Stripe. */
export interface Cut {
  readonly moment: "before" | "after";
  readonly write: number;
  kill?: () => void;
}

/** An organization with its own Stripe account. */
export class Organization {
  readonly #database: Database;
  readonly #stripe: LocalStripe;
  readonly #resources = new Map<string, Recorded>();
  readonly name: string;
  readonly id: string;
  /** Stripe's client of people and other programs. */
  readonly stripe: Stripe;
  /** The plans, by the ids of their prices. */
  readonly plans = new Map<string, Plan>();
  /** The id of the newest event that was read. */
  #newest: string | undefined;
  #late: Stripe.Event[] = [];

  constructor(database: Database, name: string, from: Date) {
    this.#database = database;
    this.name = name;
    this.id = stableId(`${PLATFORM}/${name}`);
    this.#stripe = createStripe({
      store: new Store(),
      key: KEY,
      now: () => from,
      requestsPerSecond: Number.POSITIVE_INFINITY,
    });
    this.stripe = clientOf((request) => this.#stripe.app.request(request));
  }

  /** The prices of the plans, the price that another program adds, and a coupon. */
  async sell(): Promise<void> {
    const { stripe } = this;
    const monthly = { currency: "usd", recurring: { interval: "month" } } as const;
    for (const plan of PLANS) {
      const metadata = { tenantry_platform: PLATFORM };
      const product = productOf(plan);
      await stripe.products.create({ id: product, name: plan, metadata });
      const lookup_key = lookupKeyOf(plan);
      const price = { ...monthly, product, unit_amount: AMOUNTS[plan], lookup_key, metadata };
      this.plans.set((await stripe.prices.create(price)).id, plan);
    }
    await stripe.products.create({ id: "support", name: "Support" });
    await stripe.prices.create({
      ...monthly,
      product: "support",
      unit_amount: ITEM_AMOUNT,
      lookup_key: "support",
    });
    await stripe.coupons.create({ id: "half", percent_off: 50, duration: "forever" });
  }

  async now(): Promise<number> {
    const answer = await this.#stripe.app.request("/_sandbox/clock");
    return ((await answer.json()) as { now: number }).now;
  }

  async pass(seconds: number): Promise<void> {
    const body = JSON.stringify({ advance: seconds });
    const answer = await this.#stripe.app.request("/_sandbox/clock", { method: "POST", body });
    if (!answer.ok) throw new Error(await answer.text());
  }

  get customer(): string | undefined {
    return this.#resources.get("customer")?.id;
  }

  /** Runs `up`. If the customer was deleted, `up` says to refresh first. */
  async up(
    declared: Declaration,
    how: { readonly refresh?: boolean; readonly cut?: Cut } = {},
  ): Promise<void> {
    const program = new Program(this.#database, this.#stripe, this.#resources, await this.now(), how.cut);
    if (how.refresh === true) await program.refresh();
    try {
      await program.run(this, declared);
    } catch (error) {
      if (!(error instanceof UserError && error.message.includes("was deleted outside"))) throw error;
      await program.refresh();
      await program.run(this, declared);
    }
  }

  /** Runs `up`, killed at the cut. Returns false if the run had fewer writes. */
  async upUntil(cut: Cut, declared: Declaration): Promise<boolean> {
    const killed = new Promise<true>((resolve) => {
      cut.kill = () => resolve(true);
    });
    return Promise.race([killed, this.up(declared, { cut }).then(() => false)]);
  }

  async job(): Promise<void> {
    await runBillingJob(await this.#billing(), new AbortController().signal);
  }

  /** The events since the last call, oldest first. Of each type of a subscription's events, only the newest. */
  async news(): Promise<Stripe.Event[]> {
    const after = this.#newest === undefined ? {} : { ending_before: this.#newest };
    const found: Stripe.Event[] = [];
    for await (const event of this.stripe.events.list({ limit: 100, ...after })) found.push(event);
    // Stripe's client reads backwards from `ending_before`.
    const newestFirst = this.#newest === undefined ? found : found.reverse();
    this.#newest = newestFirst[0]?.id ?? this.#newest;
    return newestFirst
      .filter(({ type }, index) => isHeard(type) && (isOfInvoice(type) || isFirst(newestFirst, index)))
      .reverse();
  }

  /** Keeps events for later. */
  postpone(events: readonly Stripe.Event[]): void {
    this.#late.push(...events);
  }

  takeLate(): Stripe.Event[] {
    const late = this.#late;
    this.#late = [];
    return late;
  }

  async deliver(events: readonly Stripe.Event[]): Promise<void> {
    const billing = await this.#billing();
    for (const event of events) await handleEvent(billing, event);
  }

  async #billing(): Promise<BillingContext> {
    const now = new Date((await this.now()) * 1000);
    const stripe = clientOf((request) => this.#stripe.app.request(request));
    return { platform: PLATFORM, database: this.#database, stripe, now: () => now };
  }

  /** What the control plane has recorded. */
  async recorded(): Promise<{ plan: string | undefined; credits: string[] }> {
    return this.#database.read(async (query) => {
      const [row] = await query<{ plan: string }>(
        "select plan_in_force as plan from public.organizations where id = $1",
        [this.id],
      );
      const entries = await query<{ entry: string }>(
        `select substring(key from '\\d{4}-\\d\\d-\\d\\d') || ' ' || amount as entry from public.wallet_entries
         where organization_id = $1 and kind = 'plan' order by 1`,
        [this.id],
      );
      return { plan: row?.plan, credits: entries.map(({ entry }) => entry).sort() };
    });
  }

  /** The job of another history must not look at this organization. */
  async close(): Promise<void> {
    await this.#stripe.stop();
    await this.#database.transaction((query) =>
      query("update public.organizations set subscription_status = null where id = $1", [this.id]),
    );
  }
}

function clientOf(send: (request: Request) => Response | Promise<Response>): Stripe {
  return new Stripe(KEY, {
    host: "stripe.example",
    protocol: "http",
    port: 80,
    httpClient: Stripe.createFetchHttpClient(async (input: string | URL | Request, init?: RequestInit) =>
      send(new Request(input, init)),
    ),
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

const isHeard = (type: string) => EVENTS.some((each) => each === type);
const isOfInvoice = (type: string) => type.startsWith("invoice.");
const isFirst = (events: readonly Stripe.Event[], index: number) =>
  events.findIndex(({ type }) => type === events[index]?.type) === index;

/** One run of an organization's program by an engine, with the resources of `infra/organization.ts` that concern billing. */
class Program {
  readonly #resources: Map<string, Recorded>;
  readonly #operations: Operations;
  readonly #today: string;

  constructor(
    database: Database,
    local: LocalStripe,
    resources: Map<string, Recorded>,
    now: number,
    cut: Cut | undefined,
  ) {
    this.#resources = resources;
    this.#today = dayOf(new Date(now * 1000));
    const stripe = clientOf(killedAt(cut, (request) => local.app.request(request)));
    this.#operations = new Operations(new Connected(database, stripe, this.#today), new Redactor());
  }

  async refresh(): Promise<void> {
    for (const [name, recorded] of this.#resources) {
      const resource = resourceNamed(name);
      const found = await this.#operations.read(resource, recorded, CALL);
      if (found === undefined) this.#resources.delete(name);
      else this.#resources.set(name, { id: recorded.id, ...found });
    }
  }

  async run({ name, id }: Organization, declared: Declaration): Promise<void> {
    const brand = { platform: PLATFORM, organization: name, id, generation: 1 };
    const email = `billing@${name}.example`;
    const controlPlane = controlPlaneOf(PLATFORM);
    const customer = text((await this.#declare("customer", { email, brand })).customerId) ?? "";
    const subscription = await this.#declare("subscription", {
      customer,
      price: lookupKeyOf(declared.plan),
      state: declared.state,
      resume: declared.resume,
      brand,
    });
    const status = text(subscription.status) ?? "";
    const { plan } = effectivePlan(
      CATALOGUE,
      { plan: declared.plan, overrides: {} },
      { status, product: text(subscription.product) ?? "", pastDueSince: text(subscription.pastDueSince) },
      this.#today,
    );
    const subscriptionId = text(subscription.subscriptionId);
    await this.#declare("row", {
      controlPlane,
      platform: stableId(PLATFORM),
      organizationId: id,
      name,
      generation: 1,
      displayName: name,
      plan: declared.plan,
      planInForce: plan,
      limits: presentEntitlements(allEntitlements(LIMITS)),
      planLimits: presentEntitlements(allEntitlements(LIMITS)),
      overrides: {},
      billingEmail: email,
      stripeCustomer: customer,
      stripeSubscription: subscriptionId === "none" ? undefined : subscriptionId,
      subscriptionStatus: status,
      members: { [`owner@${name}.example`]: { role: "owner" } },
      invitations: {},
      wallets: { data: {} },
    });
    const [product, since] = [text(subscription.paidProduct), text(subscription.paidSince)];
    await this.#declare("plan-credits", {
      controlPlane,
      organization: id,
      customer,
      ...(product !== undefined && since !== undefined ? { period: { product, since } } : {}),
    });
  }

  /** Creates or updates a resource, or leaves it unchanged. Returns its outputs. */
  async #declare<Name extends keyof typeof TYPES>(
    name: Name,
    declared: InputsOf<(typeof TYPES)[Name]>,
  ): Promise<Wire> {
    const resource = resourceNamed(name);
    const recorded = this.#resources.get(name);
    const news = JSON.parse(JSON.stringify(declared)) as Wire;
    const { inputs, failures } = this.#operations.check(resource, news, recorded?.inputs);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    const changes =
      recorded &&
      (await this.#operations.diff(resource, recorded, inputs, CALL)).map(({ replaces }) => replaces);
    if (recorded !== undefined && changes?.length === 0) return recorded.outputs;
    if (changes?.includes(true)) throw new Error(`${name} is protected and can't be replaced`);
    if (recorded === undefined) {
      const made = await this.#operations.create(resource, inputs, CALL);
      this.#resources.set(name, { inputs, ...made });
      return made.outputs;
    }
    const outputs = await this.#operations.update(resource, inputs, recorded, CALL);
    this.#resources.set(name, { id: recorded.id, inputs, outputs });
    return outputs;
  }
}

const TYPES = {
  customer: "stripe:Customer",
  subscription: "stripe:Subscription",
  row: "control-plane:Organization",
  "plan-credits": "control-plane:PlanCredits",
} as const satisfies Readonly<Record<string, ResourceType>>;

function resourceNamed(name: string): Resource {
  return registry[TYPES[name as keyof typeof TYPES]] as unknown as Resource;
}

const CALL = { signal: new AbortController().signal, status: () => {} };

/** The connections of a provider whose Stripe runs in this process. */
class Connected extends Connections {
  readonly #database: Database;
  readonly #stripe: Stripe;
  readonly #today: string;

  constructor(database: Database, stripe: Stripe, today: string) {
    super({}, CALL.signal);
    this.#database = database;
    this.#stripe = stripe;
    this.#today = today;
  }

  override context(): Context {
    const [database, stripe, today] = [this.#database, this.#stripe, this.#today];
    return { ...CALL, stripe, today, controlPlane: async () => database } as unknown as Context;
  }
}

/** From the cut on, no request is answered. */
function killedAt(
  cut: Cut | undefined,
  send: (request: Request) => Response | Promise<Response>,
): (request: Request) => Promise<Response> {
  let writes = 0;
  return async (request) => {
    if (request.method !== "GET") writes += 1;
    if (cut === undefined || writes < cut.write) return send(request);
    if (cut.moment === "after" && writes === cut.write) await send(request);
    cut.kill?.();
    return new Promise<never>(() => {});
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
