/** A price, as far as a change of plan looks at it. */
export interface PricePoint {
  /** Stripe's id. */
  readonly id: string;
  /** Stripe's id of the plan's product: the same for every version of the plan's price. */
  readonly product: string;
  /** Per month, in the currency's smallest unit. */
  readonly amount: number;
}

/** How invoices are collected. `days` is null where they are charged. */
export interface Collection {
  readonly method: "charge_automatically" | "send_invoice";
  readonly days: number | null;
}

/** A subscription that hasn't ended, as it is found. */
export interface FoundSubscription {
  /** As Stripe says: https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
  readonly status: string;
  readonly price: PricePoint;
  readonly collected: Collection;
  /** Whether there is a card, or the like, that Stripe would charge. */
  readonly canPay: boolean;
  /** The schedule that it follows; `next` is the id of the price that a later phase of it begins. */
  readonly schedule: { readonly next: string | undefined } | undefined;
  /** Whether it is to be canceled at a date to come, as the customer or somebody in Stripe's dashboard asked. */
  readonly isLeaving: boolean;
  /** The id of the price that it moves to once the difference is paid. */
  readonly pending: string | undefined;
}

export interface DesiredSubscription {
  readonly price: PricePoint;
  readonly collected: Collection;
  /** Whether a trial is declared that the organization may still take. */
  readonly trial: boolean;
  /** Whether it was declared since the customer left that the subscription continues. */
  readonly stays: boolean;
}

/**
 * One step towards the declared plan:
 * - `begin`: create another subscription; the one that it replaces ends afterwards
 * - `drop`: give up a change that waits for its payment
 * - `stay`: withdraw the cancellation that is to come
 * - `release`: the subscription stops following its schedule, and otherwise stays as it is
 * - `switch`: the new price now. The difference for the rest of the period is invoiced at once, during a trial the whole
 *   period. Until that is paid, the old price and the trial stay.
 * - `reprice`: the new price from the next period on; nothing is invoiced now
 * - `schedule`: the new price when the paid period ends, the old one until then
 * - `collect`: another way of collecting
 * - `resume`: out of the pause that followed a trial without a payment method
 */
export type Step =
  | "begin"
  | "drop"
  | "stay"
  | "release"
  | "switch"
  | "reprice"
  | "schedule"
  | "collect"
  | "resume";

/**
 * The steps from the subscription that is found to the declared plan; empty when it is as declared.
 *
 * A dearer plan begins as soon as it is paid, during a trial too: the trial belongs to its own plan. A cheaper plan begins
 * when the paid period ends, during a trial at once. Another version of the same plan's price is what the next period costs.
 * Declaring the old plan again takes back a change that hasn't happened yet.
 *
 * Who takes another plan isn't leaving: a coming cancellation is withdrawn before the change, however it was set. Another
 * price of the same plan isn't the customer's decision, and withdraws nothing.
 */
export function stepsToPlan(found: FoundSubscription | undefined, wanted: DesiredSubscription): Step[] {
  if (found === undefined) return ["begin"];
  if (!canBecome(found, wanted)) return ["begin"];
  const collect = sameCollected(found.collected, wanted.collected) ? [] : (["collect"] as const);
  const waits = found.pending === wanted.price.id && collect.length === 0;
  if (waits) return [];
  const drop: Step[] = found.pending === undefined ? [] : ["drop"];
  return [...drop, ...stepsFrom(found, wanted, collect)];
}

/** Of a subscription that no change waits in. */
function stepsFrom(
  found: FoundSubscription,
  wanted: DesiredSubscription,
  collect: readonly "collect"[],
): Step[] {
  const price = priceStep(found, wanted);
  const resume = found.status === "paused" && found.canPay ? (["resume"] as const) : [];
  const isScheduled = price === "schedule" && found.schedule?.next === wanted.price.id;
  const takesAnother = price !== undefined && !isScheduled && found.price.product !== wanted.price.product;
  const stay = found.isLeaving && (takesAnother || wanted.stays) ? (["stay"] as const) : [];
  if (price === "schedule") {
    if (isScheduled && collect.length === 0 && stay.length === 0) return [];
    // A schedule has its own way of collecting and its own end, which it took from the subscription when it began.
    const inTheWay = found.schedule !== undefined && collect.length + stay.length > 0;
    return [...(inTheWay ? (["release"] as const) : []), ...stay, ...collect, "schedule"];
  }
  const now: Step[] = [...stay, ...(price === undefined ? [] : [price]), ...collect, ...resume];
  const inTheWay = found.schedule !== undefined && (now.length > 0 || found.schedule.next !== undefined);
  return inTheWay ? ["release", ...now] : now;
}

/**
 * Whether the subscription can be changed into the declared one. If not, another takes its place.
 *
 * Stripe changes only the metadata of an incomplete subscription. A free one that becomes a paid one without a payment
 * method would be past due, as if the plan had been paid before. A paused one stays paused whatever its price. The one
 * trial begins with a subscription of its own.
 */
function canBecome(found: FoundSubscription, wanted: DesiredSubscription): boolean {
  const samePrice = found.price.id === wanted.price.id;
  if (found.status === "incomplete") return samePrice && sameCollected(found.collected, wanted.collected);
  if (found.status === "paused") return samePrice;
  const startsToCost = found.price.amount === 0 && wanted.price.amount > 0;
  if (startsToCost && wanted.trial) return false;
  return !startsToCost || found.canPay || wanted.collected.method === "send_invoice";
}

function priceStep(
  found: FoundSubscription,
  { price, collected }: DesiredSubscription,
): "switch" | "reprice" | "schedule" | undefined {
  if (found.price.id === price.id) return undefined;
  if (found.price.product === price.product) return "reprice";
  // A trial isn't paid for, so there is no paid period to wait for.
  if (price.amount < found.price.amount) return found.status === "trialing" ? "reprice" : "schedule";
  return found.canPay || collected.method === "send_invoice" ? "switch" : undefined;
}

function sameCollected(a: Collection, b: Collection): boolean {
  return a.method === b.method && a.days === b.days;
}
