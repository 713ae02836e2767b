import type { Collection, Store } from "../store.ts";
import type { Clock } from "./billing/clock.ts";
import type { CardBehavior } from "./billing/test-cards.ts";
import type { KeptCustomer } from "./objects/customers.ts";
import type { KeptEvent } from "./objects/events.ts";
import type { KeptInvoiceItem } from "./objects/invoice-items.ts";
import type { KeptInvoicePayment } from "./objects/invoice-payments.ts";
import type { KeptInvoice } from "./objects/invoices.ts";
import type { KeptPaymentIntent } from "./objects/payment-intents.ts";
import type { KeptPaymentMethod } from "./objects/payment-methods.ts";
import type { KeptPrice } from "./objects/prices.ts";
import type { KeptProduct } from "./objects/products.ts";
import type { KeptSetupIntent } from "./objects/setup-intents.ts";
import type { KeptSubscriptionItem } from "./objects/subscription-items.ts";
import type { KeptSubscription } from "./objects/subscriptions.ts";
import { newId } from "./protocol/ids.ts";

/** A collection that says how each change is undone. */
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

  /** In the order in which they were made. */
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

/** What one Stripe account holds, and what time it is there. */
export class Account {
  readonly customers: Table<KeptCustomer>;
  readonly products: Table<KeptProduct>;
  readonly prices: Table<KeptPrice>;
  readonly subscriptions: Table<KeptSubscription>;
  readonly subscriptionItems: Table<KeptSubscriptionItem>;
  readonly paymentMethods: Table<KeptPaymentMethod>;
  /** What each card does when it is charged, by its fingerprint. */
  readonly cards: Table<CardBehavior>;
  readonly setupIntents: Table<KeptSetupIntent>;
  readonly paymentIntents: Table<KeptPaymentIntent>;
  readonly invoices: Table<KeptInvoice>;
  readonly invoiceItems: Table<KeptInvoiceItem>;
  readonly invoicePayments: Table<KeptInvoicePayment>;
  readonly events: Table<KeptEvent>;
  readonly clock: Clock;
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
    this.setupIntents = this.#table(store, "setup_intents");
    this.paymentIntents = this.#table(store, "payment_intents");
    this.invoices = this.#table(store, "invoices");
    this.invoiceItems = this.#table(store, "invoice_items");
    this.invoicePayments = this.#table(store, "invoice_payments");
    this.events = this.#table(store, "events");
    this.clock = clock;
  }

  /** Unix seconds; stands still while a request or a due event is worked on. */
  now(): number {
    return this.#instant ?? this.clock.now();
  }

  /** Works as if it were that instant. */
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
   * Does all of the work or, when it throws, none of it.
   *
   * @param keeps whether a failure's effects stay all the same
   */
  atomically<T>(work: () => T, keeps: (error: unknown) => boolean): T {
    this.#undo = [];
    try {
      return work();
    } catch (error) {
      if (!keeps(error)) for (const undo of this.#undo.reverse()) undo();
      throw error;
    } finally {
      this.#undo = [];
    }
  }

  #table<T>(store: Store, name: string): Table<T> {
    return new Table<T>(store.collection(`stripe.${name}`), (undo) => this.#undo.push(undo));
  }

  /** Records what happened: https://docs.stripe.com/api/events */
  emit(type: string, object: object): void {
    const id = newId("evt");
    this.events.put(id, { id, created: this.now(), type, object });
  }
}
