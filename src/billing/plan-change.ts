import { isSamePlan } from "../shared/plan-version.ts";

/** The properties of a price that decide a plan change. */
export interface PricePoint {
  /** Stripe's id. Empty if the subscription has no item of a plan. */
  readonly id: string;
  /** The id of the product of the plan's version, which its current and previous prices share. */
  readonly product: string;
  /** Per month, in the currency's smallest unit. */
  readonly amount: number;
}

/** How invoices are collected. `days` is null if they are charged automatically. */
export interface Collection {
  readonly method: "charge_automatically" | "send_invoice";
  readonly days: number | null;
}

/** A subscription in Stripe that hasn't ended. */
export interface FoundSubscription {
  /** See https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
  readonly status: string;
  readonly price: PricePoint;
  readonly collected: Collection;
  /** Whether the plan's item has the quantity 1. */
  readonly isSingle: boolean;
  /** Whether Stripe has a payment method to charge. */
  readonly canPay: boolean;
  /** Whether another subscription can replace it without the loss of a paid period. */
  readonly isReplaceable: boolean;
  /**
   * The subscription's schedule. `next` is the price id of its next phase. It is outdated if the phase would undo what others have
   * set since.
   */
  readonly schedule: { readonly next: string | undefined; readonly isOutdated: boolean } | undefined;
  /** Whether a cancellation at a future date is set, by the customer or in Stripe's dashboard. */
  readonly isLeaving: boolean;
  /** The id of the price that takes effect when the difference is paid. */
  readonly pending: string | undefined;
}

export interface DesiredSubscription {
  readonly price: PricePoint;
  readonly collected: Collection;
  /** Whether a trial is declared and the organization hasn't had one. */
  readonly trial: boolean;
  /** Whether `resume` withdraws the customer's cancellation. */
  readonly stays: boolean;
}

/**
 * One step towards the declared plan:
 * - `begin`: create another subscription, then end the one that it replaces
 * - `drop`: discard a change that waits for its payment
 * - `stay`: withdraw the scheduled cancellation
 * - `release`: detach the schedule and leave the subscription unchanged
 * - `switch`: change the price now. The difference for the rest of the period is invoiced at once; during a trial, a whole
 *   period is. Until that is paid, the old price and the trial stay.
 * - `reprice`: change the price from the next period on, without an invoice now
 * - `schedule`: change the price at the end of the paid period
 * - `collect`: change the collection method
 * - `count`: change the quantity of the plan's item back to 1 from the next period on
 * - `resume`: resume a subscription that Stripe paused after a trial without a payment method
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
  | "count"
  | "resume";

/**
 * The steps from the current subscription to the declared plan. Empty if the subscription is as declared.
 *
 * A more expensive plan takes effect as soon as it is paid, also during a trial, since a trial belongs to one plan. A cheaper
 * plan takes effect when the paid period ends; during a trial, at once. A different price of the same plan applies from the
 * next period on. Declaring the old plan again cancels a pending change.
 *
 * Another version of the same plan takes effect in the same way as another plan. But it isn't charged during a trial, which
 * belongs to all versions of the plan, and at the same price it takes effect at once.
 *
 * A customer who moves to another plan isn't leaving, so a scheduled cancellation is withdrawn first. A different price or
 * version of the same plan isn't the customer's decision. It doesn't withdraw the cancellation, and a customer who is leaving
 * keeps their version.
 */
export function stepsToPlan(found: FoundSubscription | undefined, wanted: DesiredSubscription): Step[] {
  if (found === undefined) return ["begin"];
  const settings: Step[] = [
    ...(sameCollected(found.collected, wanted.collected) ? [] : (["collect"] as const)),
    ...(found.isSingle ? [] : (["count"] as const)),
  ];
  // Also if the customer has removed the card since: its invoice can still be paid.
  const waits = found.pending === wanted.price.id && settings.length === 0 && !wanted.trial;
  if (waits) return [];
  if (!canBecome(found, wanted)) return ["begin"];
  const drop: Step[] = found.pending === undefined ? [] : ["drop"];
  return [...drop, ...stepsFrom(found, wanted, settings)];
}

/**
 * The steps for a subscription without a pending change.
 *
 * @param settings the steps that change other settings than the price
 */
function stepsFrom(found: FoundSubscription, wanted: DesiredSubscription, settings: readonly Step[]): Step[] {
  const price = priceStep(found, wanted);
  const resume = found.status === "paused" && found.canPay ? (["resume"] as const) : [];
  const isScheduled = price === "schedule" && found.schedule?.next === wanted.price.id;
  const takesAnother =
    price !== undefined && !isScheduled && !isSamePlan(found.price.product, wanted.price.product);
  const stay = found.isLeaving && (takesAnother || wanted.stays) ? (["stay"] as const) : [];
  // The schedule cancels the subscription when it ends. Without it, or with another, the customer would be charged.
  if (found.isLeaving && found.schedule !== undefined && stay.length === 0) return [];
  if (price === "schedule") {
    const isCurrent = isScheduled && found.schedule?.isOutdated === false;
    if (isCurrent && settings.length === 0 && stay.length === 0) return [];
    // A schedule copied the settings and the end from the subscription when it was created.
    const inTheWay = found.schedule !== undefined && settings.length + stay.length > 0;
    return [...(inTheWay ? (["release"] as const) : []), ...stay, ...settings, "schedule"];
  }
  const now: Step[] = [...stay, ...(price === undefined ? [] : [price]), ...settings, ...resume];
  const inTheWay = found.schedule !== undefined && (now.length > 0 || found.schedule.next !== undefined);
  return inTheWay ? ["release", ...now] : now;
}

/**
 * Whether the subscription can be changed into the declared one. If not, another subscription replaces it.
 *
 * Stripe changes only the metadata of an incomplete subscription. A free subscription that changes to a paid price without a
 * payment method would become past due, as if the plan had been paid before. A paused subscription stays paused after a price
 * change. A trial starts with a new subscription.
 */
function canBecome(found: FoundSubscription, wanted: DesiredSubscription): boolean {
  const samePrice = found.price.id === wanted.price.id;
  if (found.status === "incomplete") return samePrice && sameCollected(found.collected, wanted.collected);
  if (found.status === "paused") return samePrice;
  if (!found.isReplaceable) return true;
  const startsToCost = found.price.amount === 0 && wanted.price.amount > 0;
  if (startsToCost && wanted.trial) return false;
  return !startsToCost || found.canPay || wanted.collected.method === "send_invoice";
}

function priceStep(
  found: FoundSubscription,
  { price, collected, stays }: DesiredSubscription,
): "switch" | "reprice" | "schedule" | undefined {
  if (found.price.id === price.id) return undefined;
  // Nothing is invoiced for the rest of a period in which somebody removed the plan's item.
  if (found.price.id === "" || found.price.product === price.product) return "reprice";
  if (isSamePlan(found.price.product, price.product)) {
    if (found.isLeaving && !stays) return undefined;
    if (found.status === "trialing" || found.price.amount === price.amount) return "reprice";
  }
  // During a trial there is no paid period to wait for.
  if (price.amount < found.price.amount) return found.status === "trialing" ? "reprice" : "schedule";
  return found.canPay || collected.method === "send_invoice" ? "switch" : undefined;
}

function sameCollected(a: Collection, b: Collection): boolean {
  return a.method === b.method && a.days === b.days;
}
