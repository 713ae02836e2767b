import type * as z from "zod";
import type { Account } from "../account.ts";
import { cancelNow } from "../billing/cancellation.ts";
import { dropProrations } from "../billing/invoice-lines.ts";
import {
  type Collecting,
  changeSubscriptionItems,
  type ItemChange,
  payForEndOfTrial,
} from "../billing/item-changes.ts";
import { startSubscription } from "../billing/start.ts";
import { bill, chargesFor, endTrial, nextPeriod } from "../billing/subscription-lifecycle.ts";
import {
  automaticTaxOf,
  checkCollection,
  paymentSettingsOf,
  subscriptionCancellation,
  subscriptionCreation,
  subscriptionListing,
  subscriptionResumption,
  subscriptionUpdate,
  trialSettingsOf,
} from "../billing/subscription-parameters.ts";
import {
  isOver,
  itemsOf,
  update as keep,
  noPaymentMethod,
  paymentMethodOf,
  showSubscription,
} from "../billing/subscription-state.ts";
import { invalid, missing, missingReference } from "../protocol/errors.ts";
import { page, showing, within } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Kind, type Operation, operation } from "../protocol/operation.ts";
import { parameters } from "../protocol/parameters.ts";
import type { StoredSubscription, StoredSubscriptionItem } from "../stored.ts";
import { redeem } from "./coupons.ts";
import { checkOwnMethod } from "./customers.ts";
import { getCustomer } from "./find-customer.ts";
import { taxRatesOf } from "./tax-rates.ts";

export const subscription: Kind = {
  show: (account, id) => {
    const found = account.subscriptions.get(id);
    return found === undefined ? undefined : showSubscription(account, found);
  },
  expands: {
    customer: "customer",
    default_payment_method: "payment_method",
    default_source: "source",
    discounts: "discount",
    latest_invoice: "invoice",
    pending_setup_intent: "setup_intent",
    schedule: "subscription_schedule",
  },
};

export const subscriptionOperations: readonly Operation[] = [
  operation("post", "/v1/subscriptions", subscriptionCreation, ({ account, parameters: given }) => {
    const customer = getCustomer(account, given.customer, "customer");
    if (given.default_payment_method !== undefined)
      checkOwnMethod(account, customer.id, given.default_payment_method, "default_payment_method");
    return showSubscription(account, startSubscription(account, customer, given));
  }),

  operation("get", "/v1/subscriptions", subscriptionListing, ({ account, parameters: wanted }) => {
    const found = account.subscriptions.values().filter((one) => matches(account, one, wanted));
    return showing(page("/v1/subscriptions", found, wanted, "subscription"), (one) =>
      showSubscription(account, one),
    );
  }),

  operation("get", "/v1/subscriptions/:id", parameters({}), ({ account, id }) =>
    showSubscription(account, getSubscription(account, id)),
  ),

  operation("post", "/v1/subscriptions/:id", subscriptionUpdate, ({ account, id, parameters: given }) => {
    const before = getSubscription(account, id);
    if (isOver(before)) checkOnlyNotes(given);
    if (before.status === "incomplete") checkUnpaid(given);
    const mayWait = given.payment_behavior === "pending_if_incomplete";
    if (mayWait) checkMayWait(before, given);
    const items = itemsOf(account, id);
    if (!mayWait) keep(account, before, changeOf(account, before, given));
    // A trial must start before the items change, because nothing is billed during a trial.
    if (typeof given.trial_end === "number") extendTrial(account, read(account, id), given.trial_end);
    if (given.items !== undefined) changeSubscriptionItems(account, read(account, id), given.items, given);
    if (given.trial_end === "now") endTrialNow(account, read(account, id), items, given);
    if (mayWait && read(account, id).pending_update === null)
      keep(account, read(account, id), cancelChange(account, read(account, id), given));
    if (given.billing_cycle_anchor?.type === "now") restartCycle(account, read(account, id));
    return showSubscription(account, read(account, id));
  }),

  operation(
    "delete",
    "/v1/subscriptions/:id",
    subscriptionCancellation,
    ({ account, id, parameters: given }) => {
      const before = getSubscription(account, id);
      if (isOver(before)) throw missing("subscription", id);
      dropProrations(account, id);
      return showSubscription(
        account,
        cancelNow(account, before, "cancellation_requested", given.cancellation_details),
      );
    },
  ),

  operation("post", "/v1/subscriptions/:id/resume", subscriptionResumption, ({ account, id }) => {
    const before = getSubscription(account, id);
    if (before.status !== "paused")
      throw invalid(
        `Only subscriptions with the status paused can be resumed; this one is ${before.status}.`,
      );
    if (paymentMethodOf(account, before) === null) throw noPaymentMethod();
    restartCycle(account, before);
    return showSubscription(account, read(account, id));
  }),
];

/** Changes the items of a subscription that hasn't ended. */
export function changeItems(
  account: Account,
  id: string,
  items: readonly ItemChange[],
  how: Collecting,
): void {
  const found = account.subscriptions.get(id);
  if (found === undefined || isOver(found)) throw missingReference("subscription", id, "subscription");
  changeSubscriptionItems(account, found, items, how);
}

function getSubscription(account: Account, id: string): StoredSubscription {
  const found = account.subscriptions.get(id);
  if (found === undefined) throw missing("subscription", id);
  return found;
}

const read = getSubscription;

function matches(
  account: Account,
  one: StoredSubscription,
  wanted: z.output<typeof subscriptionListing>,
): boolean {
  return (
    hasStatus(one, wanted.status) &&
    (wanted.customer ?? one.customer) === one.customer &&
    (wanted.collection_method ?? one.collection_method) === one.collection_method &&
    within(one.created, wanted.created) &&
    hasItem(account, one, wanted)
  );
}

function hasItem(
  account: Account,
  one: StoredSubscription,
  wanted: z.output<typeof subscriptionListing>,
): boolean {
  const { current_period_end, current_period_start, price } = wanted;
  if ((current_period_end ?? current_period_start ?? price) === undefined) return true;
  return itemsOf(account, one.id).some(
    (item) =>
      (price ?? item.price) === item.price &&
      within(item.current_period_end, current_period_end) &&
      within(item.current_period_start, current_period_start),
  );
}

/** Without a status, matches all subscriptions that aren't canceled. */
function hasStatus(one: StoredSubscription, status: string | undefined): boolean {
  if (status === undefined) return one.status !== "canceled";
  if (status === "ended") return isOver(one);
  return status === "all" || status === one.status;
}

type Update = z.output<typeof subscriptionUpdate>;

function checkOnlyNotes(given: Update): void {
  const others = Object.keys(given).filter((key) => key !== "metadata" && key !== "cancellation_details");
  if (others.length > 0)
    throw invalid("A canceled subscription can only update its cancellation_details and metadata.");
}

/** https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
function checkUnpaid(given: Update): void {
  const others = Object.keys(given).filter((key) => key !== "metadata" && key !== "default_payment_method");
  if (others.length > 0)
    throw invalid(
      "This subscription cannot be updated in such a way while in `incomplete` status. Only its metadata and what pays it can be updated.",
    );
}

/** https://docs.stripe.com/billing/subscriptions/pending-updates-reference#supported-attributes */
function checkMayWait(before: StoredSubscription, given: Update): void {
  if (before.collection_method !== "charge_automatically")
    throw invalid(
      "`payment_behavior` can be `pending_if_incomplete` only where `collection_method` is `charge_automatically`.",
      "payment_behavior",
    );
  const other = Object.keys(given).find((key) => !MAY_WAIT.has(key));
  if (other !== undefined)
    throw invalid(
      `With \`payment_behavior=pending_if_incomplete\`, the sandbox supports only ${[...MAY_WAIT].join(", ")}, and not \`${other}\`. Stripe supports more.`,
      other,
    );
  if (given.cancel_at_period_end === true)
    throw invalid(
      "The sandbox doesn't support a pending update with `cancel_at_period_end=true`, which Stripe does.",
      "cancel_at_period_end",
    );
  if (typeof given.trial_end === "number")
    throw invalid(
      "In a pending update, the sandbox supports only `trial_end=now`. Stripe also supports a timestamp.",
      "trial_end",
    );
}

const MAY_WAIT: ReadonlySet<string> = new Set([
  "cancel_at_period_end",
  "items",
  "payment_behavior",
  "proration_behavior",
  "proration_date",
  "trial_end",
]);

/** Returns the changes that need no billing. */
function changeOf(account: Account, before: StoredSubscription, given: Update): Partial<StoredSubscription> {
  const { default_payment_method: method, pause_collection: pause } = given;
  if (method !== undefined) checkOwnMethod(account, before.customer, method, "default_payment_method");
  return {
    ...collectionChange(before, given),
    ...cancelChange(account, before, given),
    ...(method === undefined ? {} : { default_payment_method: method }),
    ...(given.automatic_tax === undefined ? {} : { automatic_tax: automaticTaxOf(given.automatic_tax) }),
    ...(given.default_tax_rates === undefined
      ? {}
      : { default_tax_rates: taxRatesOf(account, given.default_tax_rates ?? [], "default_tax_rates") }),
    ...(given.discounts === undefined ? {} : { discounts: redeem(account, before, given.discounts ?? []) }),
    ...(given.description === undefined ? {} : { description: given.description }),
    ...(pause === undefined
      ? {}
      : { pause_collection: pause === null ? null : { resumes_at: null, ...pause } }),
    ...(given.trial_settings === undefined ? {} : { trial_settings: trialSettingsOf(given.trial_settings) }),
    ...(given.cancellation_details === undefined
      ? {}
      : {
          cancellation_details: {
            comment: null,
            feedback: null,
            feedback_option: null,
            reason: null,
            ...before.cancellation_details,
            ...given.cancellation_details,
          },
        }),
    ...(given.payment_settings === undefined
      ? {}
      : { payment_settings: paymentSettingsOf(given.payment_settings) }),
    metadata: mergeMetadata(before.metadata, given.metadata),
  };
}

function collectionChange(before: StoredSubscription, given: Update): Partial<StoredSubscription> {
  const method = given.collection_method ?? before.collection_method;
  const stored = method === before.collection_method ? before.days_until_due : null;
  const days = given.days_until_due ?? stored;
  checkCollection(method, days);
  return { collection_method: method, days_until_due: days };
}

function cancelChange(
  account: Account,
  before: StoredSubscription,
  given: Update,
): Partial<StoredSubscription> {
  if (before.schedule !== null && (given.cancel_at ?? given.cancel_at_period_end) !== undefined)
    throw invalid(
      `The subscription is managed by the subscription schedule \`${before.schedule}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
    );
  if (given.cancel_at !== undefined && given.cancel_at_period_end !== undefined)
    throw invalid("You may only specify one of these parameters: cancel_at, cancel_at_period_end.");
  const ends = itemsOf(account, before.id).map((item) => item.current_period_end);
  if (given.cancel_at_period_end === true)
    return { cancel_at: Math.max(...ends), cancel_at_period_end: true, canceled_at: account.now() };
  if (given.cancel_at_period_end === false)
    return before.cancel_at_period_end
      ? { cancel_at: null, cancel_at_period_end: false, canceled_at: null }
      : {};
  if (given.cancel_at === undefined) return {};
  if (given.cancel_at === null) return { cancel_at: null, cancel_at_period_end: false, canceled_at: null };
  const at =
    given.cancel_at === "min_period_end"
      ? Math.min(...ends)
      : given.cancel_at === "max_period_end"
        ? Math.max(...ends)
        : given.cancel_at;
  return { cancel_at: Number(at), cancel_at_period_end: false, canceled_at: account.now() };
}

function extendTrial(account: Account, before: StoredSubscription, end: number): void {
  const now = account.now();
  if (end <= now)
    throw invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end");
  for (const item of itemsOf(account, before.id))
    account.subscriptionItems.put(item.id, { ...item, current_period_end: end });
  keep(account, before, {
    billing_cycle_anchor: end,
    status: "trialing",
    trial_end: end,
    trial_start: before.trial_start ?? now,
  });
}

/** @param items the items before the request */
function endTrialNow(
  account: Account,
  before: StoredSubscription,
  items: readonly StoredSubscriptionItem[],
  given: Update,
): void {
  if (before.status !== "trialing") return;
  if (given.payment_behavior === "pending_if_incomplete") payForEndOfTrial(account, before, items, given);
  else endTrialEarly(account, before);
}

function endTrialEarly(account: Account, before: StoredSubscription): void {
  const due = chargesFor(account, itemsOf(account, before.id)).reduce((sum, { amount }) => sum + amount, 0);
  const automatic = before.collection_method === "charge_automatically";
  if (automatic && due > 0 && paymentMethodOf(account, before) === null) throw noPaymentMethod();
  const now = account.now();
  for (const item of itemsOf(account, before.id))
    account.subscriptionItems.put(item.id, { ...item, current_period_end: now });
  const ended = account.subscriptions.put(before.id, { ...before, trial_end: now });
  endTrial(account, ended, "subscription_update");
}

/** Starts a new period now and bills it. */
function restartCycle(account: Account, before: StoredSubscription): void {
  const now = account.now();
  const items = itemsOf(account, before.id).map((item) => nextPeriod(account, item, now));
  bill(
    account,
    account.subscriptions.put(before.id, { ...before, billing_cycle_anchor: now }),
    "subscription_update",
    chargesFor(account, items),
  );
}
