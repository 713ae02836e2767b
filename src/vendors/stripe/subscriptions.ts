import { isDeepStrictEqual } from "node:util";
import type Stripe from "stripe";
import { BRAND_KEYS, type Brand, isOwnedBy } from "./brand.ts";
import { stripeFind } from "./client.ts";
import { wholeSubscription } from "./lists.ts";
import { otherItems, planItem } from "./plan-item.ts";

/** The cancellation comment of a subscription that tenantry ended because it was replaced or is no longer declared. */
export const ENDED_BY_US = "Ended by tenantry.";

/** The final statuses of a subscription. */
const ENDED: readonly Stripe.Subscription.Status[] = ["canceled", "incomplete_expired"];

export function hasEnded({ status }: Pick<Stripe.Subscription, "status">): boolean {
  return ENDED.includes(status);
}

/** Whether the subscription belongs to the organization and hasn't ended. */
export function isLive(found: Stripe.Subscription, brand: Brand): boolean {
  return isOwnedBy(brand, found.metadata) && !hasEnded(found);
}

/** Whether the subscription can be replaced without losing a paid period. */
export function isReplaceable({ status, items }: Stripe.Subscription): boolean {
  if (status === "incomplete" || status === "paused") return true;
  return items.data.every(({ price, quantity }) => price.unit_amount === 0 || quantity === 0);
}

/**
 * The organization's live subscription. A killed run can leave two, one of which was being replaced. One that can't be replaced
 * takes precedence, then the recorded one, then the newest.
 *
 * @param all the customer's subscriptions, newest first
 * @param recorded the id of the recorded subscription
 */
export function liveSubscription(
  all: readonly Stripe.Subscription[],
  brand: Brand,
  recorded: string | null | undefined,
): Stripe.Subscription | undefined {
  const live = all.filter((each) => isLive(each, brand));
  const paid = live.filter((each) => !isReplaceable(each));
  const isRecorded = ({ id }: Stripe.Subscription) => id === recorded;
  return paid.find(isRecorded) ?? paid[0] ?? live.find(isRecorded) ?? live[0];
}

/** The organization's newest subscription, ended or not. */
export function lastSubscription(
  all: readonly Stripe.Subscription[],
  brand: Brand,
): Stripe.Subscription | undefined {
  return all.find(({ metadata }) => isOwnedBy(brand, metadata));
}

/** The fields that are expanded with every subscription. */
export const EXPAND = ["latest_invoice", "schedule.phases.items.price", "discounts", "items.data.discounts"];

/** A subscription, ended or not, with every item and every line of its latest invoice. */
export async function retrieveSubscription(
  stripe: Stripe,
  id: string,
): Promise<Stripe.Subscription | undefined> {
  const read = await stripeFind(
    "subscriptions.retrieve",
    stripe.subscriptions.retrieve(id, { expand: EXPAND }),
  );
  return read && wholeSubscription(stripe, read);
}

/**
 * Whether the subscription was canceled by a person or after the last declined payment. One that ended with its trial, without
 * a payment method, doesn't count.
 */
export function wasCanceled(found: Stripe.Subscription): boolean {
  if (found.status !== "canceled" || found.cancellation_details?.comment === ENDED_BY_US) return false;
  const { canceled_at, trial_end } = found;
  const latest = latestInvoice(found);
  const isOnlyInvoice = latest?.billing_reason === "subscription_create" && latest.total === 0;
  return trial_end === null || (canceled_at ?? 0) < trial_end || !isOnlyInvoice;
}

/** The latest invoice, if it was expanded. */
export function latestInvoice({ latest_invoice: latest }: Stripe.Subscription): Stripe.Invoice | undefined {
  return typeof latest === "object" && latest !== null ? latest : undefined;
}

export function scheduleOf(
  found: Pick<Stripe.Subscription, "schedule">,
): Stripe.SubscriptionSchedule | undefined {
  return typeof found.schedule === "object" && found.schedule !== null ? found.schedule : undefined;
}

/** The date of a scheduled cancellation, in Unix seconds. If there is a schedule, its `end_behavior` decides. */
export function leavesAt(found: Stripe.Subscription): number | undefined {
  const schedule = scheduleOf(found);
  if (schedule !== undefined)
    return schedule.end_behavior === "cancel" ? schedule.phases.at(-1)?.end_date : undefined;
  return found.cancel_at ?? (found.cancel_at_period_end ? lastPeriodEnd(found) : undefined);
}

function lastPeriodEnd({ items }: Stripe.Subscription): number | undefined {
  const ends = items.data.map(({ current_period_end }) => current_period_end);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** The plan's price and the start of the schedule's next phase. */
export function upcoming(
  found: Stripe.Subscription,
):
  | { readonly price: string | Stripe.Price | Stripe.DeletedPrice | undefined; readonly at: number }
  | undefined {
  const phase = nextPhase(found);
  if (phase === undefined) return undefined;
  // The items of a phase have no ids. Those of other programs keep their prices.
  const others = otherItems(found).map(({ price }) => price.id);
  const plan = phase.items.find(({ price }) => !others.includes(idOf(price)));
  return { price: plan?.price, at: phase.start_date };
}

function nextPhase(found: Stripe.Subscription): Stripe.SubscriptionSchedule.Phase | undefined {
  const schedule = scheduleOf(found);
  const now = schedule?.current_phase?.start_date ?? 0;
  return schedule?.phases.find(({ start_date }) => start_date > now);
}

/**
 * Whether the items, discounts, taxes or the payment method were changed after tenantry scheduled the next phase. The phase
 * would undo these changes.
 */
export function isScheduleOutdated(found: Stripe.Subscription): boolean {
  const phase = nextPhase(found);
  if (phase === undefined || !isScheduleOfOwner(found) || leavesAt(found) !== undefined) return false;
  const coming = phase.items.map(({ price, quantity }) => `${idOf(price)} ${quantity}`);
  const others = otherItems(found).map(({ price, quantity }) => `${price.id} ${quantity}`);
  const discounts = phase.discounts.map(({ discount }) => discount && idOf(discount));
  return (
    coming.length !== found.items.data.length ||
    !others.every((item) => coming.includes(item)) ||
    discounts.length !== found.discounts.length ||
    !found.discounts.every((discount) => discounts.includes(idOf(discount))) ||
    !sameId(phase.default_payment_method, found.default_payment_method) ||
    !isDeepStrictEqual(taxesOf(phase), taxesOf(found))
  );
}

function isScheduleOfOwner(found: Stripe.Subscription): boolean {
  const owner = found.metadata[BRAND_KEYS.id];
  return owner !== undefined && scheduleOf(found)?.metadata?.[BRAND_KEYS.id] === owner;
}

type Reference = string | { readonly id: string } | null | undefined;

function sameId(a: Reference, b: Reference): boolean {
  return (a ? idOf(a) : null) === (b ? idOf(b) : null);
}

function taxesOf({
  default_tax_rates: rates,
}: Pick<Stripe.SubscriptionSchedule.Phase, "default_tax_rates">): string[] {
  return (rates ?? []).map(idOf).sort();
}

function idOf(value: string | { readonly id: string }): string {
  return typeof value === "string" ? value : value.id;
}

export function scheduledPrice(found: Stripe.Subscription): string | undefined {
  const next = upcoming(found)?.price;
  return typeof next === "object" ? next.id : next;
}

/** The id of the price that the subscription will have after pending and scheduled changes. */
export function comingPrice(found: Stripe.Subscription): string | undefined {
  return pendingPrice(found)?.id ?? scheduledPrice(found) ?? planItem(found)?.price.id;
}

/** The price that takes effect when its invoice is paid: https://docs.stripe.com/billing/subscriptions/pending-updates */
export function pendingPrice(found: Stripe.Subscription): Stripe.Price | undefined {
  const others = otherItems(found).map(({ id }) => id);
  return found.pending_update?.subscription_items?.find(({ id }) => !others.includes(id))?.price;
}

/** The payment methods of a subscription, which Stripe charges instead of the customer's. */
export type OwnMethods = Partial<Record<"default_payment_method" | "default_source", unknown>>;

/** Whether Stripe has a payment method to charge. */
export function canPay(customer: Stripe.Customer, found?: OwnMethods): boolean {
  const methods = [
    found?.default_payment_method,
    found?.default_source,
    customer.invoice_settings.default_payment_method,
    customer.default_source,
  ];
  return methods.some((method) => method !== null && method !== undefined);
}
