import { afterAll, beforeAll, expect, test } from "vitest";
import { subscription } from "../../../../src/provider/resources/stripe/subscription.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { brandOf, daysPass, giveCard, LAUNCH_PRICE, newCustomer, sellPlan } from "./billing.ts";

const SCALE = "demo--scale--monthly--usd-49900";

let live: Live;
beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, SCALE, 49_900, "demo_scale");
});
afterAll(() => live.stop());

const stripe = () => live.context()("write").stripe;

/** Subscribes a customer without a payment method and pays the first invoice by card. */
async function paysFirstInvoice(organization: string) {
  const customer = await newCustomer(live, organization);
  const life = new Life(subscription, live.context());
  const declared = { customer, price: LAUNCH_PRICE.lookupKey, brand: brandOf(organization) };
  const { subscriptionId } = await life.up(declared);
  const card = await stripe().paymentMethods.attach("pm_card_visa", { customer });
  const [open] = (await stripe().invoices.list({ subscription: subscriptionId, status: "open" })).data;
  await stripe().invoices.pay(open?.id ?? "", { payment_method: card.id });
  return { customer, life, subscriptionId, card: card.id };
}

test("the card that pays the first invoice is saved on the subscription", async () => {
  const { life, subscriptionId, card } = await paysFirstInvoice("saves");
  expect(await stripe().subscriptions.retrieve(subscriptionId)).toMatchObject({
    status: "active",
    default_payment_method: card,
  });
  await daysPass(live, 32);
  await life.refresh();
  expect(life.outputs.status).toBe("active");
});

test("the card that pays the first invoice is charged month after month", async () => {
  const { customer, card } = await paysFirstInvoice("saves-for-long");
  for (let month = 0; month < 3; month += 1) await daysPass(live, 31);
  const payments = (await stripe().paymentIntents.list({ customer })).data;
  expect(payments.map(({ status, payment_method }) => [status, payment_method])).toEqual(
    Array.from({ length: 4 }, () => ["succeeded", card]),
  );
});

test("a customer keeps its default card, and a later default is used", async () => {
  const customer = await newCustomer(live, "chooses");
  await giveCard(live, customer);
  const life = new Life(subscription, live.context());
  await life.up({ customer, price: LAUNCH_PRICE.lookupKey, brand: brandOf("chooses") });
  const later = await giveCard(live, customer, "pm_card_mastercard");
  await daysPass(live, 32);
  await life.refresh();
  expect(life.outputs.status).toBe("active");
  const [newest] = (await stripe().paymentIntents.list({ customer })).data;
  expect(newest?.payment_method).toBe(later);
});

test("a new plan after a cancellation is charged to the customer's default card, or else to the saved one", async () => {
  const { customer, life, subscriptionId, card } = await paysFirstInvoice("returns");
  await stripe().subscriptions.cancel(subscriptionId);
  const declared = { customer, price: SCALE, brand: brandOf("returns") };
  const { subscriptionId: second } = await life.up(declared);
  expect(await stripe().subscriptions.retrieve(second)).toMatchObject({ default_payment_method: card });

  await stripe().subscriptions.cancel(second);
  const later = await giveCard(live, customer, "pm_card_mastercard");
  await life.up({ ...declared, price: LAUNCH_PRICE.lookupKey });
  expect(life.outputs.status).toBe("active");
  const [newest] = (await stripe().paymentIntents.list({ customer })).data;
  expect(newest?.payment_method).toBe(later);
});
