import { stableId } from "../../../src/core/ids.ts";
import { customer } from "../../../src/provider/stripe/customer.ts";
import { price } from "../../../src/provider/stripe/price.ts";
import { product } from "../../../src/provider/stripe/product.ts";
import { Life } from "../life.ts";
import type { Live } from "../live.ts";

export const PLATFORM = { platform: "demo" };

export const LAUNCH = { productId: "demo_launch", name: "Launch", brand: PLATFORM };

export const LAUNCH_PRICE = {
  lookupKey: "demo--launch--monthly--usd-4900",
  product: LAUNCH.productId,
  amount: 4900,
  currency: "usd",
  brand: PLATFORM,
};

/** The brand of an organization of the platform. */
export function brandOf(organization: string, generation = 1) {
  return { ...PLATFORM, organization, id: stableId(`demo/${organization}`, generation), generation };
}

/** A platform's plan in Stripe. */
export async function sellPlan(live: Live, lookupKey = LAUNCH_PRICE.lookupKey, amount = 4900): Promise<void> {
  await new Life(product, live.context()).up(LAUNCH);
  await new Life(price, live.context()).up({ ...LAUNCH_PRICE, lookupKey, amount });
}

export async function newCustomer(live: Live, organization: string, generation = 1): Promise<string> {
  const life = new Life(customer, live.context());
  const email = `billing@${organization}.example`;
  return (await life.up({ email, brand: brandOf(organization, generation) })).customerId;
}

export function stripeWrites(live: Live): string[] {
  return live.sandbox
    .requests()
    .filter(({ write, service }) => write && service === "stripe")
    .map(({ method, path }) => `${method} ${path}`);
}
