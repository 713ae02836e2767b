/**
 * A reference model of an organization's billing: which plan holds, what was paid and what is due. It follows Stripe's
 * documentation and tenantry's rules for plans, and knows nothing of how either is implemented.
 */

export const PLANS = ["build", "launch", "scale"] as const;
export type Plan = (typeof PLANS)[number];

/** Per month, in cents. */
export const AMOUNTS: Readonly<Record<Plan, number>> = { build: 0, launch: 4900, scale: 9900 };
/** Credits per period. */
export const CREDITS: Readonly<Record<Plan, number>> = { build: 100, launch: 5000, scale: 20_000 };
/** The item that another program adds to the subscription, per month. */
export const ITEM_AMOUNT = 700;

export type Card = "none" | "good" | "declined";

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
const EXPIRES_AFTER = 23 * HOUR;
/** After how many days a failed payment is tried again. After the last one, the subscription ends. */
const RETRIES = [3, 5, 7];
const GRACE_DAYS = 14;

interface Invoice {
  readonly amount: number;
  state: "open" | "paid" | "void";
  readonly at: number;
  readonly of: Subscription;
  /** Counts the customers. A deleted one can't pay. */
  readonly customer: number;
  /** The plan whose credits it pays for, from the day on. */
  readonly period?: { readonly plan: Plan; readonly day: string };
  attempts: number;
  retryAt?: number | undefined;
}

interface Bill {
  readonly amount: number;
  readonly since: number;
}

interface Subscription {
  plan: Plan;
  item: boolean;
  coupon: boolean;
  status: "active" | "incomplete" | "past_due" | "canceled" | "incomplete_expired";
  start: number;
  end: number;
  anchor: number;
  /** When the customer asked for the cancellation at the period's end. */
  leftAt: number | undefined;
  endedAt: number | undefined;
  /** Whether tenantry ended it, or it was never paid. Then it is started again. */
  endedByUs: boolean;
  /** The cheaper plan that follows at the period's end, with the item and the coupon as of the last run. */
  next: { readonly plan: Plan; readonly item: boolean; readonly coupon: boolean } | undefined;
  /** Until when Stripe's schedule manages the subscription. */
  managedUntil: number | undefined;
  /** The dearer plan that waits for its payment. */
  offer:
    | {
        readonly plan: Plan;
        readonly invoice: Invoice;
        readonly expires: number;
        readonly renews: boolean;
        readonly bill: Bill;
      }
    | undefined;
  /** What was billed for the plan until the period's end. */
  bill: Bill;
  /** Whether invoices are voided. */
  paused: boolean;
}

export class Model {
  now: number;
  declared: Plan;
  state: "active" | "suspended" = "active";
  /** The day of `billing.resume`. */
  resume: string | undefined;
  card: Card;
  hasCustomer = false;
  #customers = 0;
  /** The customer's newest subscription. */
  subscription: Subscription | undefined;
  readonly invoices: Invoice[] = [];

  constructor(now: number, declared: Plan, card: Card) {
    this.now = now;
    this.declared = declared;
    this.card = card;
  }

  /** The subscription that hasn't ended. */
  get live(): Subscription | undefined {
    const { subscription: found } = this;
    return found === undefined || found.endedAt !== undefined ? undefined : found;
  }

  /** The plan in force. */
  get plan(): Plan {
    const { live } = this;
    if (live?.status === "active") return live.plan;
    if (live?.status !== "past_due") return "build";
    const open = this.invoices.filter(({ of, state }) => of === live && state === "open");
    const since = Math.min(...open.map(({ at }) => at));
    return daysBetween(since, this.now) <= GRACE_DAYS ? live.plan : "build";
  }

  /** The credits of the paid periods, by their first day. A plan that is paid twice on one day gives them once. */
  get credits(): string[] {
    const paid = this.invoices.filter(({ state, period }) => state === "paid" && period !== undefined);
    const credits = paid.map(({ period }) => `${period?.day} ${period && CREDITS[period.plan]}`);
    return [...new Set(credits)].sort();
  }

  /** What the customer still has to pay, and has paid. */
  get billed(): string[] {
    return this.invoices
      .filter(({ amount }) => amount > 0)
      .map(({ amount, state }) => `${amount} ${state}`)
      .sort();
  }

  // The organization's manifest, and a run of `up`.

  up(): void {
    this.hasCustomer = true;
    const { live } = this;
    if (this.state !== "active") {
      // An incomplete subscription starts no later period.
      if (live !== undefined && live.status !== "incomplete") live.paused = true;
      return;
    }
    if (live === undefined) {
      if (!this.#staysEnded()) this.#begin(this.subscription);
      return;
    }
    live.paused = false;
    if (live.status === "incomplete") this.#changeIncomplete(live);
    else this.#change(live);
  }

  #staysEnded(): boolean {
    const { subscription: last } = this;
    if (last === undefined || last.endedByUs) return false;
    if (this.#isFree(last) || last.plan !== this.declared) return false;
    return !this.#isResumed(last.endedAt ?? 0);
  }

  #isResumed(left: number): boolean {
    return this.resume !== undefined && dayOf(left) <= this.resume;
  }

  #changeIncomplete(live: Subscription): void {
    if (live.plan === this.declared) return;
    for (const invoice of this.#openOf(live)) invoice.state = "void";
    this.#end(live, "canceled", true);
    this.#begin(live);
  }

  #change(live: Subscription): void {
    const wanted = this.declared;
    if (live.offer?.plan === wanted) return;
    if (live.offer !== undefined) this.#dropOffer(live);
    if (wanted !== live.plan && wanted !== live.next?.plan && this.#canTake(live, wanted))
      live.leftAt = undefined;
    if (live.leftAt !== undefined && this.#isResumed(live.leftAt)) live.leftAt = undefined;
    if (AMOUNTS[wanted] < AMOUNTS[live.plan]) {
      live.next = { plan: wanted, item: live.item, coupon: live.coupon };
      live.managedUntil = monthsAfter(live.end, 1);
      return;
    }
    if (live.next !== undefined) release(live);
    if (wanted === live.plan) return;
    if (live.managedUntil !== undefined && this.#canTake(live, wanted)) release(live);
    if (this.#isFree(live)) this.#startToPay(live, wanted);
    else if (this.card !== "none") this.#switch(live, wanted);
  }

  #canTake(live: Subscription, wanted: Plan): boolean {
    return AMOUNTS[wanted] < AMOUNTS[live.plan] || this.card !== "none";
  }

  #isFree({ plan, item }: Subscription): boolean {
    return AMOUNTS[plan] === 0 && !item;
  }

  /** A subscription that costs nothing has no period to prorate. */
  #startToPay(live: Subscription, wanted: Plan): void {
    if (this.card === "none") {
      this.#end(live, "canceled", true);
      this.#begin(live);
      return;
    }
    const amount = discounted(AMOUNTS[wanted] + (live.item ? ITEM_AMOUNT : 0), live);
    const invoice = this.#invoice(live, amount, { plan: wanted, day: dayOf(this.now) });
    const bill = { amount: discounted(AMOUNTS[wanted], live), since: this.now };
    this.#offer(live, wanted, invoice, bill, true);
  }

  /** The difference for the rest of the period. What was billed before is credited, whatever coupons came since. */
  #switch(live: Subscription, wanted: Plan): void {
    const left = live.end - this.now;
    const credit = Math.round((live.bill.amount * left) / (live.end - live.bill.since));
    const amount = Math.round((discounted(AMOUNTS[wanted], live) * left) / (live.end - live.start));
    const invoice = this.#invoice(live, amount - credit);
    this.#offer(live, wanted, invoice, { amount, since: this.now }, false);
  }

  #offer(live: Subscription, plan: Plan, invoice: Invoice, bill: Bill, renews: boolean): void {
    const expires = Math.min(this.now + EXPIRES_AFTER, live.end);
    live.offer = { plan, invoice, expires, renews, bill };
    if (invoice.state === "void") this.#take(live);
    else this.#charge(invoice);
  }

  #take(live: Subscription): void {
    const { offer } = live;
    if (offer === undefined) return;
    live.offer = undefined;
    live.plan = offer.plan;
    live.bill = offer.bill;
    if (!offer.renews) return;
    live.start = live.anchor = offer.invoice.at;
    live.end = monthsAfter(live.anchor, 1);
  }

  #dropOffer(live: Subscription): void {
    if (live.offer !== undefined) live.offer.invoice.state = "void";
    live.offer = undefined;
  }

  /** @param before the subscription whose other items and coupons are kept */
  #begin(before: Subscription | undefined): void {
    const made: Subscription = {
      plan: this.declared,
      item: before?.item ?? false,
      coupon: before?.coupon ?? false,
      status: "incomplete",
      start: this.now,
      end: monthsAfter(this.now, 1),
      anchor: this.now,
      leftAt: undefined,
      endedAt: undefined,
      endedByUs: false,
      next: undefined,
      managedUntil: undefined,
      offer: undefined,
      bill: { amount: 0, since: this.now },
      paused: false,
    };
    made.bill = { amount: discounted(AMOUNTS[made.plan], made), since: this.now };
    this.subscription = made;
    const amount = discounted(AMOUNTS[made.plan] + (made.item ? ITEM_AMOUNT : 0), made);
    const isFree = AMOUNTS[made.plan] === 0;
    const period = isFree ? undefined : { plan: made.plan, day: dayOf(this.now) };
    this.#charge(this.#invoice(made, amount, period));
  }

  // The customer, the bank and other programs.

  /** Adds a card that works, and pays every open invoice. */
  pay(): void {
    if (!this.hasCustomer) return;
    this.card = "good";
    for (const invoice of this.invoices)
      if (invoice.state === "open" && invoice.customer === this.#customers) this.#charge(invoice);
  }

  cancelAtPeriodEnd(): boolean {
    const { live } = this;
    if (live === undefined || live.status === "incomplete" || live.leftAt !== undefined) return false;
    // Stripe refuses this while a schedule manages the subscription.
    if (live.managedUntil !== undefined) return false;
    live.leftAt = this.now;
    return true;
  }

  cancelNow(): boolean {
    const { live } = this;
    if (live === undefined || live.status === "incomplete") return false;
    this.#end(live, "canceled", false);
    return true;
  }

  addCoupon(): boolean {
    const { live } = this;
    if (live === undefined || live.status === "incomplete" || live.coupon) return false;
    live.coupon = true;
    return true;
  }

  addItem(): boolean {
    const { live } = this;
    if (live === undefined || live.status === "incomplete" || live.item) return false;
    if (AMOUNTS[live.plan] === 0) return false;
    this.#dropOffer(live);
    live.item = true;
    return true;
  }

  pause(): boolean {
    const { live } = this;
    if (live === undefined || live.status === "incomplete") return false;
    live.paused = !live.paused;
    return true;
  }

  deleteCustomer(): boolean {
    if (!this.hasCustomer) return false;
    if (this.live !== undefined) this.#end(this.live, "canceled", false);
    this.subscription = undefined;
    this.hasCustomer = false;
    this.#customers += 1;
    this.card = "none";
    return true;
  }

  // Time.

  /** Everything that is due happens in order, each at its instant. */
  pass(seconds: number): void {
    const until = this.now + seconds;
    for (let next = this.#next(); next !== undefined && next.at <= until; next = this.#next()) {
      this.now = next.at;
      next.happen();
    }
    this.now = until;
  }

  #next(): { at: number; happen: () => void } | undefined {
    const { live } = this;
    if (live === undefined) return undefined;
    const dues: { at: number; happen: () => void }[] = [];
    const add = (at: number | undefined, happen: () => void) => {
      if (at !== undefined) dues.push({ at, happen });
    };
    add(live.offer?.expires, () => this.#dropOffer(live));
    if (live.leftAt !== undefined) add(live.end, () => this.#end(live, "canceled", false));
    add(live.managedUntil, () => release(live));
    if (live.status === "incomplete") add(live.start + EXPIRES_AFTER, () => this.#expire(live));
    else add(live.end, () => this.#renew(live));
    for (const invoice of this.#openOf(live)) add(invoice.retryAt, () => this.#charge(invoice));
    return dues.sort((a, b) => a.at - b.at)[0];
  }

  #expire(live: Subscription): void {
    for (const invoice of this.#openOf(live)) invoice.state = "void";
    this.#end(live, "incomplete_expired", true);
  }

  #renew(live: Subscription): void {
    // Stripe's schedule undoes what was added after the last run.
    Object.assign(live, live.next, { next: undefined });
    live.start = this.now;
    live.end = nextAnniversary(live.anchor, this.now);
    live.bill = { amount: discounted(AMOUNTS[live.plan], live), since: this.now };
    const amount = discounted(AMOUNTS[live.plan] + (live.item ? ITEM_AMOUNT : 0), live);
    const invoice = this.#invoice(live, amount, { plan: live.plan, day: dayOf(this.now) });
    if (invoice.state === "open") this.#charge(invoice);
  }

  // Invoices.

  /** A new invoice. While the collection is paused, nothing is to be paid. */
  #invoice(of: Subscription, amount: number, period?: Invoice["period"]): Invoice {
    const made: Invoice = {
      amount,
      state: of.paused ? "void" : "open",
      at: this.now,
      of,
      customer: this.#customers,
      attempts: 0,
      ...(period && { period }),
    };
    this.invoices.push(made);
    return made;
  }

  #charge(invoice: Invoice): void {
    const { of } = invoice;
    if (invoice.amount === 0 || this.card === "good") {
      invoice.state = "paid";
      if (of.offer?.invoice === invoice) this.#take(of);
      if (of.endedAt === undefined) of.status = "active";
      return;
    }
    const isWaiting = of.offer?.invoice === invoice || of.status === "incomplete";
    if (isWaiting) return;
    of.status = "past_due";
    const days = RETRIES[invoice.attempts];
    invoice.attempts += 1;
    invoice.retryAt = days === undefined ? undefined : this.now + days * DAY;
    if (days === undefined) this.#end(of, "canceled", false);
  }

  #openOf(one: Subscription): Invoice[] {
    return this.invoices.filter(({ of, state }) => of === one && state === "open");
  }

  #end(live: Subscription, status: "canceled" | "incomplete_expired", byUs: boolean): void {
    this.#dropOffer(live);
    live.status = status;
    live.endedAt = this.now;
    live.endedByUs = byUs;
    live.leftAt = undefined;
    release(live);
  }
}

function release(live: Subscription): void {
  live.next = undefined;
  live.managedUntil = undefined;
}

/** The coupon takes half off. */
function discounted(amount: number, { coupon }: Subscription): number {
  return coupon ? amount - Math.round(amount / 2) : amount;
}

export function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

function daysBetween(from: number, to: number): number {
  return (Date.parse(dayOf(to)) - Date.parse(dayOf(from))) / (DAY * 1000);
}

/** The same day of a later month, or that month's last day. */
function monthsAfter(anchor: number, count: number): number {
  const from = new Date(anchor * 1000);
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + count];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const to = new Date(anchor * 1000);
  to.setUTCFullYear(year, month, Math.min(from.getUTCDate(), last));
  return to.getTime() / 1000;
}

function nextAnniversary(anchor: number, now: number): number {
  let count = 1;
  while (monthsAfter(anchor, count) <= now) count += 1;
  return monthsAfter(anchor, count);
}
