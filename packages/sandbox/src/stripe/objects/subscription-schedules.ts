import type * as z from "zod";
import type { Account } from "../account.ts";
import { cancelNow } from "../billing/cancellation.ts";
import { enterPhase } from "../billing/enter-phase.ts";
import { checkPrice } from "../billing/item-changes.ts";
import { after } from "../billing/periods.ts";
import { automaticTax, automaticTaxOf } from "../billing/subscription-parameters.ts";
import { endSchedule, isOver, itemsOf, update as keep, priceOf } from "../billing/subscription-state.ts";
import { invalid, missing, missingReference } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { matches, page } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import {
  boolean,
  currency,
  integer,
  list,
  metadata,
  nullable,
  oneOf,
  paging,
  parameters,
  range,
  text,
  timestampOr,
} from "../protocol/parameters.ts";
import type { StoredPhase, StoredSubscription, StoredSubscriptionSchedule } from "../stored.ts";
import { discountList } from "./coupons.ts";
import { taxRatesOf } from "./tax-rates.ts";

export const subscriptionSchedule: Kind = {
  show: (account, id) => account.subscriptionSchedules.get(id),
  expands: { customer: "customer", subscription: "subscription", "phases.items.price": "price" },
};

const prorationBehavior = oneOf(["create_prorations", "always_invoice", "none"]);
const phase = parameters(
  {
    automatic_tax: automaticTax(),
    collection_method: oneOf(["charge_automatically", "send_invoice"]).optional(),
    currency: currency().optional(),
    duration: parameters({
      interval: oneOf(["day", "week", "month", "year"]),
      interval_count: integer(1).optional(),
    }).optional(),
    default_payment_method: text().optional(),
    default_tax_rates: nullable(list(text(), 5)).optional(),
    description: nullable(text(500)).optional(),
    discounts: nullable(discountList()).optional(),
    end_date: timestampOr("now").optional(),
    invoice_settings: parameters({ days_until_due: integer(0, 365).optional() }, [
      "account_tax_ids",
      "custom_fields",
      "description",
      "footer",
      "issuer",
    ]).optional(),
    items: list(
      parameters({ metadata: metadata(), price: text(), quantity: integer(0).optional() }, [
        "billing_thresholds",
        "discounts",
        "plan",
        "price_data",
        "tax_rates",
      ]),
    ),
    metadata: metadata(),
    proration_behavior: prorationBehavior.optional(),
    start_date: timestampOr("now").optional(),
  },
  [
    "add_invoice_items",
    "application_fee_percent",
    "billing_cycle_anchor",
    "billing_thresholds",
    "on_behalf_of",
    "transfer_data",
    "trial",
    "trial_end",
  ],
);
const endBehavior = oneOf(["cancel", "release"]).optional();
const notYet = ["default_settings", "pause_schedules"];
const creation = parameters({ from_subscription: text(), metadata: metadata() }, [
  ...notYet,
  "billing_mode",
  "customer",
  "customer_account",
  "end_behavior",
  "phases",
  "start_date",
]);
const update = parameters(
  {
    end_behavior: endBehavior,
    metadata: metadata(),
    phases: list(phase, 50).optional(),
    proration_behavior: prorationBehavior.optional(),
  },
  notYet,
);
const listing = parameters(
  { ...paging, created: range(), customer: text().optional(), scheduled: boolean().optional() },
  ["canceled_at", "completed_at", "customer_account", "released_at"],
);

export const subscriptionScheduleOperations: readonly Operation[] = [
  operation("post", "/v1/subscription_schedules", creation, ({ account, parameters: given }) => {
    const subscription = account.subscriptions.get(given.from_subscription);
    if (subscription === undefined || isOver(subscription))
      throw missingReference("subscription", given.from_subscription, "from_subscription");
    if (subscription.schedule !== null)
      throw invalid(
        `You cannot migrate a subscription that is already attached to a schedule: ${subscription.schedule}.`,
        "from_subscription",
      );
    const created = fromSubscription(account, subscription, mergeMetadata({}, given.metadata));
    account.subscriptionSchedules.put(created.id, created);
    account.subscriptions.put(subscription.id, { ...subscription, schedule: created.id });
    account.emit("subscription_schedule.created", created);
    return created;
  }),

  operation("get", "/v1/subscription_schedules", listing, ({ account, parameters: wanted }) => {
    const found = account.subscriptionSchedules
      .values()
      .filter(
        (one) =>
          matches(one, wanted, ["customer"]) && (wanted.scheduled !== true || one.status === "not_started"),
      );
    return page("/v1/subscription_schedules", found, wanted, "subscription_schedule");
  }),

  operation("get", "/v1/subscription_schedules/:id", parameters({}), ({ account, id }) => get(account, id)),

  operation("post", "/v1/subscription_schedules/:id", update, ({ account, id, parameters: given }) => {
    const before = running(get(account, id));
    const phases = given.phases === undefined ? before.phases : phasesOf(account, before, given.phases);
    const changed: StoredSubscriptionSchedule = {
      ...before,
      current_phase: phaseAt(phases, account.now()),
      end_behavior: given.end_behavior ?? before.end_behavior,
      metadata: mergeMetadata(before.metadata ?? {}, given.metadata),
      phases,
    };
    account.emit("subscription_schedule.updated", changed, before);
    account.subscriptionSchedules.put(id, changed);
    const subscription = account.subscriptions.get(changed.subscription ?? "");
    const current = phases.find(({ start_date }) => start_date === changed.current_phase?.start_date);
    if (given.phases !== undefined && subscription !== undefined && current !== undefined)
      enterPhase(account, subscription, changed, {
        ...current,
        proration_behavior: given.proration_behavior ?? "create_prorations",
      });
    if (before.end_behavior === "cancel" || changed.end_behavior === "cancel")
      setCancellation(account, changed);
    return changed;
  }),

  operation(
    "post",
    "/v1/subscription_schedules/:id/release",
    parameters({ preserve_cancel_date: boolean().optional() }),
    ({ account, id, parameters: given }) =>
      release(account, running(get(account, id)), given.preserve_cancel_date),
  ),

  operation(
    "post",
    "/v1/subscription_schedules/:id/cancel",
    parameters({}, ["invoice_now", "prorate"]),
    ({ account, id }) => {
      const before = running(get(account, id));
      const subscription = account.subscriptions.get(before.subscription ?? "");
      const canceled = endSchedule(account, before, "canceled");
      if (subscription !== undefined)
        cancelNow(account, { ...subscription, schedule: null }, "cancellation_requested");
      return canceled;
    },
  ),
];

function get(account: Account, id: string): StoredSubscriptionSchedule {
  const found = account.subscriptionSchedules.get(id);
  if (found === undefined) throw missing("subscription_schedule", id, "schedule");
  return found;
}

function running(schedule: StoredSubscriptionSchedule): StoredSubscriptionSchedule {
  if (schedule.status === "active") return schedule;
  throw invalid(
    `You cannot change a subscription schedule that is currently in the \`${schedule.status}\` status. It must be \`not_started\` or \`active\`.`,
  );
}

/**
 * Shows on the subscription that the end of its schedule cancels it, or no longer does.
 *
 * https://github.com/YumaInaura/YumaInaura/issues/2955 shows Stripe's responses.
 */
function setCancellation(account: Account, schedule: StoredSubscriptionSchedule): void {
  const subscription = account.subscriptions.get(schedule.subscription ?? "");
  const ends = schedule.phases.at(-1)?.end_date;
  const cancel_at = schedule.end_behavior === "cancel" && ends !== undefined ? ends : null;
  if (subscription === undefined || subscription.cancel_at === cancel_at) return;
  keep(account, subscription, { cancel_at, canceled_at: cancel_at === null ? null : account.now() });
}

/** Detaches a schedule from its subscription, which continues, also if the schedule would have canceled it. */
export function release(
  account: Account,
  schedule: StoredSubscriptionSchedule,
  keepsCancellation = false,
): StoredSubscriptionSchedule {
  const subscription = account.subscriptions.get(schedule.subscription ?? "");
  if (subscription !== undefined)
    account.subscriptions.put(subscription.id, {
      ...subscription,
      ...(schedule.end_behavior === "cancel" && !keepsCancellation
        ? { cancel_at: null, canceled_at: null }
        : {}),
      schedule: null,
    });
  const released: StoredSubscriptionSchedule = {
    ...schedule,
    current_phase: null,
    released_at: account.now(),
    released_subscription: schedule.subscription,
    status: "released",
    subscription: null,
  };
  account.emit("subscription_schedule.released", released, schedule);
  return account.subscriptionSchedules.put(released.id, released);
}

export function phaseAt(
  phases: readonly StoredPhase[],
  instant: number,
): { start_date: number; end_date: number } | null {
  const found = phases.find((one) => one.start_date <= instant && instant < one.end_date);
  return found === undefined ? null : { end_date: found.end_date, start_date: found.start_date };
}

/** Creates a schedule with one phase: the subscription's current settings until the end of its period. */
function fromSubscription(
  account: Account,
  subscription: StoredSubscription,
  metadata: Record<string, string>,
): StoredSubscriptionSchedule {
  const items = itemsOf(account, subscription.id);
  const start = Math.min(...items.map((item) => item.current_period_start));
  const end = Math.max(...items.map((item) => item.current_period_end));
  const only = newPhase(
    account,
    subscription.currency,
    { start, end },
    {
      automatic_tax: subscription.automatic_tax,
      default_tax_rates: subscription.default_tax_rates?.map(({ id }) => id),
      description: subscription.description,
      discounts: subscription.discounts.map((discount) => ({ discount })),
      items: items.map((item) => ({ price: item.price, quantity: item.quantity })),
    },
  );
  return {
    id: newId("sub_sched"),
    object: "subscription_schedule",
    application: null,
    billing_mode: subscription.billing_mode,
    canceled_at: null,
    completed_at: null,
    created: account.now(),
    current_phase: { end_date: end, start_date: start },
    customer: subscription.customer,
    customer_account: null,
    default_settings: {
      application_fee_percent: null,
      automatic_tax: subscription.automatic_tax,
      billing_cycle_anchor: "automatic",
      billing_thresholds: null,
      collection_method: subscription.collection_method,
      default_payment_method: subscription.default_payment_method,
      description: null,
      invoice_settings: {
        account_tax_ids: null,
        custom_fields: null,
        days_until_due: subscription.days_until_due,
        description: null,
        footer: null,
        issuer: { type: "self" },
      },
      on_behalf_of: null,
      transfer_data: null,
    },
    end_behavior: "release",
    livemode: false,
    metadata,
    pause_schedules: [],
    phases: [only],
    released_at: null,
    released_subscription: null,
    status: "active",
    subscription: subscription.id,
    test_clock: null,
  };
}

type GivenPhase = z.output<typeof phase>;

/** @throws StripeError 400 if the phases aren't contiguous, or if the start of the current phase changes */
function phasesOf(
  account: Account,
  schedule: StoredSubscriptionSchedule,
  given: readonly GivenPhase[],
): StoredPhase[] {
  const subscription = account.subscriptions.get(schedule.subscription ?? "");
  if (subscription === undefined) throw new Error(`Schedule ${schedule.id} has no subscription`);
  if (given.length === 0) throw invalid("A subscription schedule must have at least one phase.", "phases");
  const phases: StoredPhase[] = [];
  for (const [index, one] of given.entries()) {
    const previous = phases.at(-1);
    const start = instant(account, one.start_date) ?? previous?.end_date;
    if (start === undefined)
      throw invalid(
        "The first phase is missing a start date. Please specify a start date for the phase.",
        `phases[${index}][start_date]`,
      );
    if (previous !== undefined && previous.end_date !== start)
      throw invalid(
        "Phases must be contiguous: each must start when the one before it ends.",
        `phases[${index}][start_date]`,
      );
    const end = endOf(account, one, start);
    if (one.currency !== undefined && one.currency !== subscription.currency)
      throw invalid(
        `The currency of each phase must be the subscription's: ${subscription.currency}.`,
        `phases[${index}][currency]`,
      );
    if (end <= start) throw invalid("The phase must end after it starts.", `phases[${index}][end_date]`);
    for (const [place, item] of one.items.entries())
      checkPrice(account, item.price, `phases[${index}][items][${place}][price]`);
    phases.push(newPhase(account, subscription.currency, { start, end }, one));
  }
  const current = schedule.current_phase?.start_date;
  if (current !== undefined && !phases.some((one) => one.start_date === current))
    throw invalid("You can not modify the start date of the current phase.", "phases[0][start_date]");
  return phases;
}

function instant(account: Account, given: number | "now" | undefined): number | undefined {
  return given === "now" ? account.now() : given;
}

/** Returns the end of a phase. By default, a phase lasts one period of its first item. */
function endOf(account: Account, given: GivenPhase, start: number): number {
  const end = instant(account, given.end_date);
  if (end !== undefined) return end;
  if (given.duration !== undefined) return after(start, { interval_count: 1, ...given.duration });
  const [first] = given.items;
  const recurring = first === undefined ? null : priceOf(account, first).recurring;
  if (recurring === null) throw invalid("Missing required param: phases[0][items].", "phases");
  return after(start, recurring);
}

function newPhase(
  account: Account,
  currency: string,
  period: { readonly start: number; readonly end: number },
  given: Pick<GivenPhase, "items"> & Partial<GivenPhase>,
): StoredPhase {
  const days = given.invoice_settings?.days_until_due;
  return {
    add_invoice_items: [],
    application_fee_percent: null,
    ...(given.automatic_tax === undefined ? {} : { automatic_tax: automaticTaxOf(given.automatic_tax) }),
    billing_cycle_anchor: null,
    billing_thresholds: null,
    collection_method: given.collection_method ?? null,
    currency,
    default_payment_method: given.default_payment_method ?? null,
    default_tax_rates: taxRatesOf(account, given.default_tax_rates ?? [], "phases[default_tax_rates]"),
    description: given.description ?? null,
    discounts: (given.discounts ?? []).map(({ coupon, discount }) => ({
      coupon: coupon ?? null,
      discount: discount ?? null,
      promotion_code: null,
    })),
    end_date: period.end,
    invoice_settings:
      days === undefined
        ? null
        : {
            account_tax_ids: null,
            custom_fields: null,
            days_until_due: days,
            description: null,
            footer: null,
            issuer: null,
          },
    items: given.items.map((item) => ({
      billing_thresholds: null,
      discounts: [],
      metadata: mergeMetadata({}, item.metadata),
      plan: item.price,
      price: item.price,
      ...(priceOf(account, item).recurring?.usage_type === "metered" ? {} : { quantity: item.quantity ?? 1 }),
      tax_rates: [],
    })),
    metadata: mergeMetadata({}, given.metadata),
    on_behalf_of: null,
    proration_behavior: given.proration_behavior ?? "create_prorations",
    start_date: period.start,
    transfer_data: null,
    trial_end: null,
  };
}
