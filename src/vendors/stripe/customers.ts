import type Stripe from "stripe";
import { BRAND_KEYS, type Brand } from "./brand.ts";
import { stripeFind } from "./client.ts";
import { findInList, listAll, wholeSubscription } from "./lists.ts";

/** The metadata key of a customer whose organization has had its trial, in any generation. */
export const TRIAL_KEY = "tenantry_trial";

/** One list of an account's customers, shared by all searches. */
const scans = new WeakMap<Stripe, Promise<readonly Stripe.Customer[]>>();

/**
 * The customer of an organization's generation.
 *
 * Stripe can't list customers by metadata. Customers with the same e-mail address are tried first. If none matches, all customers
 * of the account are listed, once per process, since the address may have changed after a crash.
 */
export async function findCustomer(
  stripe: Stripe,
  brand: Brand,
  email: string,
): Promise<Stripe.Customer | undefined> {
  const isIt = (customer: Stripe.Customer) =>
    customer.metadata[BRAND_KEYS.platform] === brand.platform &&
    customer.metadata[BRAND_KEYS.id] === brand.id;
  const found = await findInList("customers.list", stripe.customers.list({ email, limit: 100 }), isIt);
  if (found !== undefined) return found;
  const scanned = (await scan(stripe)).find(isIt);
  return scanned && retrieveCustomer(stripe, scanned.id);
}

/** A customer that exists and isn't deleted. */
export async function retrieveCustomer(stripe: Stripe, id: string): Promise<Stripe.Customer | undefined> {
  const found = await stripeFind("customers.retrieve", stripe.customers.retrieve(id));
  return found === undefined || found.deleted ? undefined : found;
}

/** The organization's customers of earlier generations. */
export async function earlierCustomers(stripe: Stripe, brand: Brand): Promise<readonly Stripe.Customer[]> {
  if ((brand.generation ?? 1) === 1) return [];
  return (await scan(stripe)).filter(
    ({ metadata }) =>
      metadata[BRAND_KEYS.platform] === brand.platform &&
      metadata[BRAND_KEYS.organization] === brand.organization &&
      metadata[BRAND_KEYS.id] !== brand.id,
  );
}

/** Whether a customer has had a trial, by its metadata or any of its subscriptions. */
export async function hadTrial(stripe: Stripe, customer: Stripe.Customer): Promise<boolean> {
  if (customer.metadata[TRIAL_KEY] !== undefined) return true;
  const subscriptions = await listSubscriptions(stripe, customer.id);
  return subscriptions.some(({ trial_start }) => trial_start !== null);
}

/** All subscriptions of a customer, newest first, including ended ones and those of other programs. */
export async function listSubscriptions(
  stripe: Stripe,
  customer: string,
): Promise<readonly Stripe.Subscription[]> {
  const found = await listAll(
    "subscriptions.list",
    stripe.subscriptions.list({
      customer,
      status: "all",
      limit: 100,
      expand: ["data.latest_invoice", "data.schedule", "data.discounts", "data.items.data.discounts"],
    }),
  );
  return Promise.all(found.map((each) => wholeSubscription(stripe, each)));
}

/** Adds a new customer to the list that was read before it was created. */
export async function rememberCustomer(stripe: Stripe, customer: Stripe.Customer): Promise<void> {
  const known = scans.get(stripe);
  if (known !== undefined) scans.set(stripe, Promise.resolve([...(await known), customer]));
}

/** Discards the list. Called when a creation failed and may still have succeeded in Stripe. */
export function forgetCustomers(stripe: Stripe): void {
  scans.delete(stripe);
}

function scan(stripe: Stripe): Promise<readonly Stripe.Customer[]> {
  const known = scans.get(stripe);
  if (known !== undefined) return known;
  const running = listAll("customers.list", stripe.customers.list({ limit: 100 }));
  scans.set(stripe, running);
  // A failure isn't cached.
  running.catch(() => scans.delete(stripe));
  return running;
}
