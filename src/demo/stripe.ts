import Stripe from "stripe";

/** A customer as the demo shows it. */
export interface Customer {
  readonly name: string;
  /** From the brand in its metadata. */
  readonly organization: string;
  readonly price: string;
  readonly status: string;
  readonly collection: string;
  readonly trialEnd: string;
}

/** Lists every customer with its subscription, using Stripe's own client to be independent of tenantry's code. */
export async function listCustomers(base: string, key: string): Promise<Customer[]> {
  const { hostname, port } = new URL(base);
  const stripe = new Stripe(key, { host: hostname, port, protocol: "http", telemetry: false });
  const most = { limit: 10_000 };
  const customers = await stripe.customers.list({ limit: 100 }).autoPagingToArray(most);
  const subscriptions = await stripe.subscriptions
    .list({ limit: 100, status: "all" })
    .autoPagingToArray(most);
  return customers.map((customer) => {
    const subscription = subscriptions.find((each) => each.customer === customer.id);
    const price = subscription?.items.data[0]?.price.lookup_key;
    const trialEnd = subscription?.trial_end;
    return {
      name: customer.name ?? customer.id,
      organization: `${customer.metadata.tenantry_platform ?? "?"}/${customer.metadata.tenantry_organization ?? "?"}`,
      price: price ?? "by contract",
      status: subscription?.status ?? "-",
      collection: subscription?.collection_method ?? "-",
      trialEnd:
        trialEnd === undefined || trialEnd === null
          ? "-"
          : new Date(trialEnd * 1000).toISOString().slice(0, 10),
    };
  });
}
