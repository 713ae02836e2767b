import type { Collection, Store } from "../store.ts";
import type { Clock } from "./billing/clock.ts";
import type { CardBehavior } from "./billing/test-cards.ts";
import { newId } from "./protocol/ids.ts";
import type {
  StoredCharge,
  StoredCoupon,
  StoredCustomer,
  StoredDelivery,
  StoredDiscount,
  StoredDispute,
  StoredEvent,
  StoredInvoice,
  StoredInvoiceItem,
  StoredInvoicePayment,
  StoredPaymentIntent,
  StoredPaymentMethod,
  StoredPortalConfiguration,
  StoredPrice,
  StoredProduct,
  StoredRefund,
  StoredSetupIntent,
  StoredSubscription,
  StoredSubscriptionItem,
  StoredSubscriptionSchedule,
  StoredTaxRate,
  StoredWebhookEndpoint,
} from "./stored.ts";
import { isOfType } from "./webhooks/event-types.ts";

/** The API version of all responses. The sandbox ignores the version that a request asks for. */
export const STRIPE_VERSION = "2026-10-28.endive";

/** A collection that can undo its changes. */
class Table<T> {
  readonly #documents: Collection<T>;
  readonly #undoBy: (undo: () => void) => void;

  constructor(documents: Collection<T>, undoBy: (undo: () => void) => void) {
    this.#documents = documents;
    this.#undoBy = undoBy;
  }

  get(id: string): T | undefined {
    return this.#documents.get(id);
  }

  put(id: string, value: T): T {
    this.#remember(id);
    return this.#documents.put(id, value);
  }

  delete(id: string): void {
    this.#remember(id);
    this.#documents.delete(id);
  }

  /** In order of creation. */
  values(): T[] {
    return this.#documents.values();
  }

  #remember(id: string): void {
    const before = this.#documents.get(id);
    this.#undoBy(() => {
      if (before === undefined) this.#documents.delete(id);
      else this.#documents.put(id, before);
    });
  }
}

/** The objects and the clock of one Stripe account. */
export class Account {
  readonly customers: Table<StoredCustomer>;
  readonly products: Table<StoredProduct>;
  readonly prices: Table<StoredPrice>;
  readonly subscriptions: Table<StoredSubscription>;
  readonly subscriptionItems: Table<StoredSubscriptionItem>;
  readonly paymentMethods: Table<StoredPaymentMethod>;
  /** Card behavior by fingerprint. */
  readonly cards: Table<CardBehavior>;
  /** The ids of payment methods that can't be used again. */
  readonly detachedMethods: Table<true>;
  readonly setupIntents: Table<StoredSetupIntent>;
  readonly paymentIntents: Table<StoredPaymentIntent>;
  readonly charges: Table<StoredCharge>;
  readonly refunds: Table<StoredRefund>;
  readonly disputes: Table<StoredDispute>;
  readonly invoices: Table<StoredInvoice>;
  readonly invoiceItems: Table<StoredInvoiceItem>;
  readonly invoicePayments: Table<StoredInvoicePayment>;
  readonly subscriptionSchedules: Table<StoredSubscriptionSchedule>;
  readonly coupons: Table<StoredCoupon>;
  readonly discounts: Table<StoredDiscount>;
  readonly taxRates: Table<StoredTaxRate>;
  readonly events: Table<StoredEvent>;
  readonly portalConfigurations: Table<StoredPortalConfiguration>;
  readonly webhookEndpoints: Table<StoredWebhookEndpoint>;
  readonly deliveries: Table<StoredDelivery>;
  readonly clock: Clock;
  /** The current request; empty while scheduled work runs. */
  request: { readonly id: string | null; readonly idempotency_key: string | null } = NO_REQUEST;
  #instant: number | undefined;
  #undo: (() => void)[] = [];

  constructor(store: Store, clock: Clock) {
    this.customers = this.#table(store, "customers");
    this.products = this.#table(store, "products");
    this.prices = this.#table(store, "prices");
    this.subscriptions = this.#table(store, "subscriptions");
    this.subscriptionItems = this.#table(store, "subscription_items");
    this.paymentMethods = this.#table(store, "payment_methods");
    this.cards = this.#table(store, "cards");
    this.detachedMethods = this.#table(store, "detached_payment_methods");
    this.setupIntents = this.#table(store, "setup_intents");
    this.paymentIntents = this.#table(store, "payment_intents");
    this.charges = this.#table(store, "charges");
    this.refunds = this.#table(store, "refunds");
    this.disputes = this.#table(store, "disputes");
    this.invoices = this.#table(store, "invoices");
    this.invoiceItems = this.#table(store, "invoice_items");
    this.invoicePayments = this.#table(store, "invoice_payments");
    this.subscriptionSchedules = this.#table(store, "subscription_schedules");
    this.coupons = this.#table(store, "coupons");
    this.discounts = this.#table(store, "discounts");
    this.taxRates = this.#table(store, "tax_rates");
    this.events = this.#table(store, "events");
    this.portalConfigurations = this.#table(store, "portal_configurations");
    this.webhookEndpoints = this.#table(store, "webhook_endpoints");
    this.deliveries = this.#table(store, "deliveries");
    this.clock = clock;
  }

  /** Unix seconds; constant during a request or a scheduled event. */
  now(): number {
    return this.#instant ?? this.clock.now();
  }

  /** Runs the work at the given instant. */
  at<T>(instant: number, work: () => T): T {
    const before = this.#instant;
    this.#instant = instant;
    try {
      return work();
    } finally {
      this.#instant = before;
    }
  }

  /**
   * Runs the work, and undoes its changes if it throws.
   *
   * @param keeps whether to keep the changes despite this error
   */
  atomically<T>(
    request: { readonly id: string; readonly idempotency_key: string | null },
    work: () => T,
    keeps: (error: unknown) => boolean,
  ): T {
    this.request = request;
    this.#undo = [];
    try {
      return work();
    } catch (error) {
      if (!keeps(error)) for (const undo of this.#undo.reverse()) undo();
      throw error;
    } finally {
      this.request = NO_REQUEST;
      this.#undo = [];
    }
  }

  #table<T>(store: Store, name: string): Table<T> {
    return new Table<T>(store.collection(`stripe.${name}`), (undo) => this.#undo.push(undo));
  }

  /**
   * Records an event, and queues it for the webhook endpoints that subscribe to it.
   *
   * @param before the previous object, for `previous_attributes`
   */
  emit(type: string, object: object, before?: object): void {
    const id = newId("evt");
    const event = this.events.put(id, {
      id,
      object: "event",
      api_version: STRIPE_VERSION,
      created: this.now(),
      data: { object, ...(before === undefined ? {} : { previous_attributes: difference(before, object) }) },
      livemode: false,
      request: this.request,
      type,
    });
    for (const endpoint of this.webhookEndpoints.values()) {
      if (endpoint.status !== "enabled" || !isOfType(event, endpoint.enabled_events)) continue;
      const delivery = newId("delivery");
      this.deliveries.put(delivery, { id: delivery, event: id, endpoint: endpoint.id, attempts: 0 });
    }
  }
}

/** The previous values of the changed fields. */
function difference(before: object, after: object): Record<string, unknown> {
  const now = new Map<string, unknown>(Object.entries(after));
  return Object.fromEntries(
    Object.entries(before).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(now.get(field)),
    ),
  );
}

const NO_REQUEST = { id: null, idempotency_key: null };
