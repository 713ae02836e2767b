import type Stripe from "stripe";
import { withVendorErrors } from "./client.ts";
import type { Read, Truncated } from "./read.ts";

/**
 * Every entry of a list, page by page.
 *
 * @param operation the client's name for the operation, for example `customers.list`
 */
export function listAll<T>(operation: string, list: Stripe.ApiListPromise<T>): Promise<readonly Read<T>[]> {
  return withVendorErrors(operation, collect());

  async function collect(): Promise<readonly Read<T>[]> {
    const found: Read<T>[] = [];
    for await (const entry of list) found.push(entry as Read<T>);
    return found;
  }
}

/** The first entry that matches. Pages are read until it is found. */
export function findInList<T>(
  operation: string,
  list: Stripe.ApiListPromise<T>,
  isMeant: (entry: Read<T>) => boolean,
): Promise<Read<T> | undefined> {
  return withVendorErrors(operation, find());

  async function find(): Promise<Read<T> | undefined> {
    for await (const entry of list) if (isMeant(entry as Read<T>)) return entry as Read<T>;
    return undefined;
  }
}

/** The subscription with all items and all lines of its latest invoice. */
export async function wholeSubscription(
  stripe: Stripe,
  read: Read<Stripe.Subscription>,
): Promise<Stripe.Subscription> {
  const { latest_invoice: latest } = read;
  const items = await whole(read.items, () =>
    listAll(
      "subscriptionItems.list",
      stripe.subscriptionItems.list({ subscription: read.id, limit: 100, expand: ["data.discounts"] }),
    ),
  );
  const latest_invoice =
    typeof latest === "object" && latest !== null ? await wholeInvoice(stripe, latest) : latest;
  return { ...read, items, latest_invoice };
}

/** The invoice with all lines. */
export async function wholeInvoice(stripe: Stripe, read: Read<Stripe.Invoice>): Promise<Stripe.Invoice> {
  const lines = await whole(read.lines, () =>
    listAll("invoices.listLineItems", stripe.invoices.listLineItems(read.id, { limit: 100 })),
  );
  return { ...read, lines };
}

/** The embedded list if it is complete. Otherwise the whole list is read, since its order may differ from the embedded one. */
async function whole<T>(
  embedded: Truncated<T>,
  list: () => Promise<readonly T[]>,
): Promise<Stripe.ApiList<T>> {
  // `Truncated` only hides the entries of Stripe's type.
  const beginning = embedded as Truncated<T> & Stripe.ApiList<T>;
  return beginning.has_more ? { ...beginning, data: [...(await list())], has_more: false } : beginning;
}
