import { isDeepStrictEqual } from "node:util";
import type Stripe from "stripe";
import type { Event, History } from "./events.ts";
import { AMOUNTS, type Card, dayOf, Model, PLANS, type Plan } from "./model.ts";
import type { Declaration, Organization, World } from "./world.ts";

const DAY = 24 * 60 * 60;
/** Later than the hour for which Stripe keeps a period's invoice as a draft. */
const HOURS = 2 * 60 * 60;

/** Month ends of different lengths, and a leap year. */
const DATES = ["2026-11-30", "2027-01-31", "2027-02-15", "2027-05-31", "2028-01-30"];
const CARDS: readonly Card[] = ["none", "good", "good", "declined"];

/** A difference between the model and what Stripe or the control plane says. */
interface Difference {
  /** After how many events. */
  readonly after: number;
  readonly where: string;
  readonly expected: unknown;
  readonly found: unknown;
}

export interface Outcome {
  readonly difference: Difference | undefined;
  /** Which of the events were possible. */
  readonly effective: readonly boolean[];
}

let count = 0;

/** Runs a history against tenantry and the model, and compares them after each event. */
export async function run(world: World, history: History): Promise<Outcome> {
  count += 1;
  const { beginning } = history;
  const date = pick(DATES, beginning);
  const from = new Date(`${date}T09:00:00Z`);
  const organization = await world.organization(`h${count}-${process.pid}`, from);
  const run = new Run(organization, from.getTime() / 1000, beginning);
  const effective: boolean[] = [];
  try {
    await run.begin();
    for (const [index, event] of history.events.entries()) {
      effective.push(await run.happens(event));
      const difference = await run.differs(event);
      if (difference !== undefined) return { difference: { after: index + 1, ...difference }, effective };
    }
    const difference = await run.settles();
    return {
      difference: difference && { after: history.events.length + 1, ...difference },
      effective,
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const difference = { where: "an error", expected: "none", found: error.stack ?? error.message };
    return { difference: { after: effective.length + 1, ...difference }, effective };
  } finally {
    await organization.close();
  }
}

type Compared = Omit<Difference, "after">;

class Run {
  readonly #organization: Organization;
  readonly #model: Model;
  readonly #beginning: number;
  /** Whether the control plane knows what the model knows. */
  #isTold = false;
  /** Whether only a refresh finds what was changed outside tenantry. */
  #isUnnoticed = false;

  constructor(organization: Organization, now: number, beginning: number) {
    this.#organization = organization;
    this.#beginning = beginning;
    this.#model = new Model(now, pick(PLANS, again(beginning)), pick(CARDS, again(again(beginning))));
  }

  /** The organization's first `up`, before or after its customer has a card. */
  async begin(): Promise<void> {
    const { card } = this.#model;
    this.#model.card = "none";
    const declared = this.#model.declared;
    this.#model.declared = "build";
    await this.#up();
    if (card !== "none") await this.#useCard(card);
    this.#model.card = card;
    this.#model.declared = declared;
    if (this.#beginning < 0.9) await this.#up();
  }

  /** Returns false if the event isn't possible now. */
  async happens({ kind, choice }: Event): Promise<boolean> {
    const organization = this.#organization;
    this.#isTold = false;
    switch (kind) {
      case "declare":
      case "upgrade":
      case "downgrade":
      case "suspend":
      case "activate":
      case "resume":
        this.#edit(kind);
        await this.#up(choice < 0.5);
        return true;
      case "crash":
        await this.#crash(choice);
        return true;
      case "pay":
      case "decline":
      case "remove-card":
        return this.#changeCard(kind);
      case "cancel-at-period-end":
      case "cancel-now":
      case "add-coupon":
      case "add-item":
      case "pause":
        return this.#changeSubscription(kind);
      case "delete-customer":
        return this.#deleteCustomer();
      case "days-pass":
        await this.#pass(1 + Math.floor(choice * 9));
        return true;
      case "month-passes":
        await this.#pass(20 + Math.floor(choice * 12));
        return true;
      case "job":
        await organization.job();
        return true;
      case "webhooks-in-time":
        return this.#deliver(await organization.news());
      case "webhooks-late": {
        const late = organization.takeLate();
        organization.postpone(await organization.news());
        return this.#deliver(late.reverse());
      }
      case "webhooks-twice": {
        const events = await organization.news();
        return this.#deliver([...events, ...events]);
      }
      case "webhooks-never":
        return (await organization.news()).length > 0;
    }
  }

  #edit(kind: "declare" | "upgrade" | "downgrade" | "suspend" | "activate" | "resume"): void {
    const model = this.#model;
    const place = PLANS.indexOf(model.declared);
    if (kind === "upgrade") model.declared = PLANS[place + 1] ?? model.declared;
    if (kind === "downgrade") model.declared = PLANS[place - 1] ?? model.declared;
    if (kind === "suspend") model.state = "suspended";
    if (kind === "activate") model.state = "active";
    if (kind === "resume") model.resume = dayOf(model.now);
  }

  async #changeCard(kind: "pay" | "decline" | "remove-card"): Promise<boolean> {
    const model = this.#model;
    if (!model.hasCustomer) return false;
    if (kind === "pay") {
      const isScheduled = await this.#pay();
      model.pay();
      if (isScheduled) await this.#up(true);
      return true;
    }
    model.card = kind === "decline" ? "declined" : "none";
    if (kind === "decline") {
      if (await this.#useCard("declined")) await this.#up(true);
    } else await this.#removeCards();
    return true;
  }

  async #changeSubscription(
    kind: "cancel-at-period-end" | "cancel-now" | "add-coupon" | "add-item" | "pause",
  ): Promise<boolean> {
    const model = this.#model;
    const possible = {
      "cancel-at-period-end": () => model.cancelAtPeriodEnd(),
      "cancel-now": () => model.cancelNow(),
      "add-coupon": () => model.addCoupon(),
      "add-item": () => model.addItem(),
      pause: () => model.pause(),
    }[kind]();
    if (!possible) return false;
    const { subscriptions } = this.#organization.stripe;
    const { id, pause_collection: pause } = await this.#live();
    if (kind === "cancel-at-period-end") await subscriptions.update(id, { cancel_at_period_end: true });
    if (kind === "cancel-now") await subscriptions.cancel(id);
    if (kind === "add-coupon") await subscriptions.update(id, { discounts: [{ coupon: "half" }] });
    if (kind === "add-item") await this.#addItem(id);
    if (kind === "pause")
      await subscriptions.update(id, { pause_collection: pause === null ? { behavior: "void" } : "" });
    this.#isUnnoticed ||= kind === "pause";
    return true;
  }

  async #deleteCustomer(): Promise<boolean> {
    const { stripe, customer = "" } = this.#organization;
    // Credits of a deleted customer's payments can't be posted later.
    await this.#organization.job();
    if (!this.#model.deleteCustomer()) return false;
    await stripe.customers.del(customer);
    return true;
  }

  async differs(last?: Event): Promise<Compared | undefined> {
    const isOnlyTold = last !== undefined && /^(webhooks|job)/.test(last.kind);
    const stripe = isOnlyTold
      ? undefined
      : compared("Stripe", expectedInStripe(this.#model), await foundInStripe(this.#organization));
    if (stripe !== undefined || !this.#isTold) return stripe;
    const { plan } = await this.#organization.recorded();
    return compared("the control plane's plan", this.#model.plan, plan);
  }

  /** Once all is delivered and applied, the control plane has every credit, and another run writes nothing. */
  async settles(): Promise<Compared | undefined> {
    const organization = this.#organization;
    await this.#up(true);
    await organization.deliver([...organization.takeLate().reverse(), ...(await organization.news())]);
    await organization.job();
    const first = await this.differs();
    if (first !== undefined) return first;
    const recorded = await organization.recorded();
    const credits = compared("the control plane's credits", this.#model.credits, recorded.credits);
    if (credits !== undefined) return credits;
    const before = await objectsIn(organization.stripe);
    await this.#up();
    return compared("Stripe after another up", before, await objectsIn(organization.stripe));
  }

  get #declared(): Declaration {
    const { declared: plan, state, resume } = this.#model;
    return { plan, state, resume };
  }

  async #up(refresh = false): Promise<void> {
    // A suspended organization's run doesn't look at the customer.
    const misses = this.#model.state === "suspended" && !this.#model.hasCustomer;
    await this.#organization.up(this.#declared, { refresh: refresh || misses || this.#isUnnoticed });
    this.#isUnnoticed = false;
    this.#model.up();
    this.#isTold = true;
  }

  /** A run that is killed at one of its writes, and repeated. */
  async #crash(choice: number): Promise<void> {
    this.#model.declared = pick(PLANS, choice);
    const write = 1 + Math.floor(again(choice) * 4);
    const moment = again(again(choice)) < 0.5 ? "before" : "after";
    await this.#organization.upUntil({ write, moment }, this.#declared);
    await this.#up();
  }

  /** The billing job runs at least once in a month. */
  async #pass(days: number): Promise<void> {
    for (let left = days; left > 0; left -= 20) {
      const seconds = Math.min(left, 20) * DAY + (left > 20 ? 0 : HOURS);
      await this.#organization.pass(seconds);
      this.#model.pass(seconds);
      if (days >= 20) await this.#organization.job();
    }
  }

  async #deliver(events: readonly Stripe.Event[]): Promise<boolean> {
    await this.#organization.deliver(events);
    this.#isTold = events.some((event) => isAboutPlan(event, this.#organization.customer));
    return events.length > 0;
  }

  async #live(): Promise<Stripe.Subscription> {
    const { customer, stripe } = this.#organization;
    const { data } = await stripe.subscriptions.list({ customer: customer ?? "", status: "all" });
    const live = data.find((each) => !hasEnded(each));
    if (live === undefined) throw new Error("Stripe has no subscription that can change");
    return live;
  }

  async #addItem(subscription: string): Promise<void> {
    const { stripe } = this.#organization;
    const [price] = (await stripe.prices.list({ lookup_keys: ["support"] })).data;
    await stripe.subscriptionItems.create({
      subscription,
      price: price?.id ?? "",
      proration_behavior: "none",
    });
  }

  async #pay(): Promise<boolean> {
    const { stripe, customer = "" } = this.#organization;
    const isScheduled = await this.#useCard("good");
    const { data } = await stripe.invoices.list({ customer, status: "open", limit: 100 });
    const { invoice_settings: settings } = (await stripe.customers.retrieve(customer)) as Stripe.Customer;
    for (const { id } of data.reverse())
      await stripe.invoices.pay(id, { payment_method: String(settings.default_payment_method) });
    return isScheduled;
  }

  /**
   * The card becomes the customer's, and the subscription's if that has its own.
   *
   * @returns whether a scheduled phase has the former card, which only a refresh finds
   */
  async #useCard(card: Card): Promise<boolean> {
    const { stripe, customer = "" } = this.#organization;
    const test = card === "good" ? "pm_card_visa" : "pm_card_chargeCustomerFail";
    const { id } = await stripe.paymentMethods.attach(test, { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
    const { data } = await stripe.subscriptions.list({ customer, status: "all" });
    const own = data.filter((each) => !hasEnded(each) && each.default_payment_method !== null);
    for (const each of own) await stripe.subscriptions.update(each.id, { default_payment_method: id });
    return own.some(({ schedule }) => schedule !== null);
  }

  async #removeCards(): Promise<void> {
    const { stripe, customer = "" } = this.#organization;
    const { data } = await stripe.paymentMethods.list({ customer, limit: 100 });
    for (const { id } of data) await stripe.paymentMethods.detach(id);
  }
}

/** Whether tenantry reads the subscription again after the event. Events of a deleted customer don't concern its successor. */
function isAboutPlan({ type, data }: Stripe.Event, customer: string | undefined): boolean {
  if (!type.startsWith("customer.subscription.")) return false;
  return (data.object as Stripe.Subscription).customer === customer;
}

function compared(where: string, expected: unknown, found: unknown): Compared | undefined {
  return isDeepStrictEqual(expected, found) ? undefined : { where, expected, found };
}

function expectedInStripe(model: Model) {
  const { live, billed } = model;
  const subscriptions = live === undefined ? [] : [live];
  return {
    subscriptions: subscriptions.map((one) => ({
      plan: one.plan,
      status: one.status,
      others: one.item ? ["support"] : [],
      coupons: one.coupon ? 1 : 0,
      leaves: one.leftAt === undefined ? undefined : one.end,
      next: one.next?.plan,
      offer: one.offer?.plan,
      isPaused: one.paused,
      end: one.end,
    })),
    billed,
  };
}

async function foundInStripe({ stripe, plans }: Organization): Promise<ReturnType<typeof expectedInStripe>> {
  const all = await stripe.subscriptions.list({ limit: 100, status: "all", expand: ["data.schedule"] });
  const invoices = await stripe.invoices.list({ limit: 100 });
  return {
    subscriptions: all.data
      .filter((each) => !hasEnded(each))
      .map((each) => {
        const [first] = each.items.data.filter(({ price }) => price.lookup_key !== "support");
        const others = each.items.data.filter(({ id }) => id !== first?.id);
        return {
          plan: planOf(first?.price),
          status: each.status as never,
          others: others.map(({ price }) => price.lookup_key ?? ""),
          coupons: each.discounts.length,
          leaves: each.cancel_at ?? undefined,
          next: nextPlanOf(each, plans),
          offer: each.pending_update?.subscription_items
            ?.filter(({ price }) => price.lookup_key !== "support")
            .map(({ price }) => planOf(price))[0],
          isPaused: each.pause_collection !== null,
          end: first?.current_period_end ?? 0,
        };
      }),
    billed: invoices.data
      .filter(({ total }) => total > 0)
      .map(({ total, status }) => `${total} ${status}`)
      .sort(),
  };
}

function nextPlanOf({ schedule }: Stripe.Subscription, plans: ReadonlyMap<string, Plan>): Plan | undefined {
  if (typeof schedule !== "object" || schedule === null) return undefined;
  const now = schedule.current_phase?.start_date ?? 0;
  const phase = schedule.phases.find(({ start_date }) => start_date > now);
  return phase?.items.map(({ price }) => plans.get(String(price))).find((plan) => plan !== undefined);
}

function planOf(price: Stripe.Price | undefined): Plan {
  const found = PLANS.find((plan) => AMOUNTS[plan] === price?.unit_amount);
  if (found === undefined) throw new Error(`no plan has the price ${price?.unit_amount}`);
  return found;
}

function hasEnded({ status }: Stripe.Subscription): boolean {
  return status === "canceled" || status === "incomplete_expired";
}

/** Everything in Stripe that a run could write. */
async function objectsIn(stripe: Stripe): Promise<unknown> {
  const [customers, subscriptions, invoices] = await Promise.all([
    stripe.customers.list({ limit: 100 }),
    stripe.subscriptions.list({ limit: 100, status: "all", expand: ["data.schedule"] }),
    stripe.invoices.list({ limit: 100 }),
  ]);
  return JSON.parse(JSON.stringify([customers.data, subscriptions.data, invoices.data]));
}

function pick<T>(from: readonly T[], choice: number): T {
  return from[Math.floor(choice * from.length)] as T;
}

/** Another number between 0 and 1 from the same choice. */
function again(choice: number): number {
  return (choice * 7919) % 1;
}
