import type Stripe from "stripe";
import { BRAND_KEYS, type Brand } from "./brand.ts";
import { stripeFind } from "./client.ts";
import { findInList, listAll, wholeSubscription } from "./lists.ts";

/** On a customer whose organization has had its one trial, in whichever generation. */
export const TRIAL_KEY = "tenantry_trial";

/** One scan of an account's customers, shared by all that look for one. */
const scans = new WeakMap<Stripe, Promise<readonly Stripe.Customer[]>>();

/**
 * The customer of an organization's generation.
 *
 * Stripe can't look customers up by metadata. Those of the same e-mail are seen at once; only when none is the organization's
 * are all customers of the account listed, once per process: its e-mail may have changed between a crash and now.
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

/** The customers that an organization's path had in earlier generations. */
export async function earlierCustomers(stripe: Stripe, brand: Brand): Promise<readonly Stripe.Customer[]> {
  if ((brand.generation ?? 1) === 1) return [];
  return (await scan(stripe)).filter(
    ({ metadata }) =>
      metadata[BRAND_KEYS.platform] === brand.platform &&
      metadata[BRAND_KEYS.organization] === brand.organization &&
      metadata[BRAND_KEYS.id] !== brand.id,
  );
}

/** Whether a customer has had a trial: stamped, or seen on any subscription that it ever had. */
export async function hadTrial(stripe: Stripe, customer: Stripe.Customer): Promise<boolean> {
  if (customer.metadata[TRIAL_KEY] !== undefined) return true;
  const subscriptions = await listSubscriptions(stripe, customer.id);
  return subscriptions.some(({ trial_start }) => trial_start !== null);
}

/** All subscriptions that a customer ever had, the newest first, whichever program made them. */
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

/** Adds one that was just made, so that a scan from before it doesn't hide it. */
export async function rememberCustomer(stripe: Stripe, customer: Stripe.Customer): Promise<void> {
  const known = scans.get(stripe);
  if (known !== undefined) scans.set(stripe, Promise.resolve([...(await known), customer]));
}

/** Called when it isn't known whether one was made. */
export function forgetCustomers(stripe: Stripe): void {
  scans.delete(stripe);
}

function scan(stripe: Stripe): Promise<readonly Stripe.Customer[]> {
  const known = scans.get(stripe);
  if (known !== undefined) return known;
  const running = listAll("customers.list", stripe.customers.list({ limit: 100 }));
  scans.set(stripe, running);
  // What failed isn't remembered.
  running.catch(() => scans.delete(stripe));
  return running;
}
