import { customer } from "../../../../src/provider/resources/stripe/customer.ts";
import { price } from "../../../../src/provider/resources/stripe/price.ts";
import { product } from "../../../../src/provider/resources/stripe/product.ts";
import { stableId } from "../../../../src/shared/ids.ts";
import { Life } from "../../life.ts";
import type { Live } from "../../live.ts";

export const PLATFORM = { platform: "demo" };

export const LAUNCH = { productId: "demo_launch", name: "Launch", brand: PLATFORM };

/** A control plane without a project, which records no trials. */
export const NO_CONTROL_PLANE = { organization: "demo", name: "demo--none" };

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
export async function sellPlan(
  live: Live,
  lookupKey = LAUNCH_PRICE.lookupKey,
  amount = 4900,
  productId = LAUNCH.productId,
  brand = PLATFORM,
): Promise<void> {
  await new Life(product, live.context()).up({ ...LAUNCH, productId, brand });
  await new Life(price, live.context()).up({ ...LAUNCH_PRICE, product: productId, lookupKey, amount, brand });
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

/** Adds a default card to a customer. */
export async function giveCard(live: Live, customer: string, card = "pm_card_visa"): Promise<string> {
  const { stripe } = live.context()("write");
  const { id } = await stripe.paymentMethods.attach(card, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
  return id;
}

/** Advances Stripe's clock. */
export async function daysPass(live: Live, days: number): Promise<void> {
  const answer = await fetch(`${live.sandbox.env.STRIPE_API_BASE}/_sandbox/clock`, {
    method: "POST",
    body: JSON.stringify({ advance: days * 24 * 60 * 60 }),
  });
  if (!answer.ok) throw new Error(`the clock answered ${answer.status}`);
}
