import { readFileSync } from "node:fs";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { creationLike, phaseLike } from "../../../../src/provider/resources/stripe/carry-over.ts";
import { subscription } from "../../../../src/provider/resources/stripe/subscription.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { brandOf, daysPass, giveCard, LAUNCH_PRICE, newCustomer, sellPlan } from "./billing.ts";

let live: Live;
const FREE = "demo--build--monthly--usd-0";
const LAUNCH = LAUNCH_PRICE.lookupKey;
const SCALE = "demo--scale--monthly--usd-49900";

beforeAll(async () => {
  live = await startLive();
  await sellPlan(live);
  await sellPlan(live, FREE, 0, "demo_build");
  await sellPlan(live, SCALE, 49_900, "demo_scale");
});
afterAll(() => live.stop());

const life = () => new Life(subscription, live.context());
const stripe = () => live.context()("write").stripe;

async function begin(name: string, price: string, card = true) {
  const customer = await newCustomer(live, name);
  if (card) await giveCard(live, customer);
  const declared = { customer, price, brand: brandOf(name) };
  const one = life();
  return { customer, declared, one, id: (await one.up(declared)).subscriptionId };
}

async function coupon(more: Partial<Stripe.CouponCreateParams> = {}): Promise<string> {
  return (await stripe().coupons.create({ percent_off: 50, duration: "forever", ...more })).id;
}

/** Settings that a salesperson and another program made on a subscription. */
async function settings() {
  const rate = await stripe().taxRates.create({ display_name: "VAT", percentage: 20, inclusive: false });
  return {
    discounts: [{ coupon: await coupon() }],
    default_tax_rates: [rate.id],
    automatic_tax: { enabled: true },
    description: "Agreed in May",
    metadata: { crm: "4711" },
  };
}

async function billed(customer: string): Promise<number[]> {
  const { data } = await stripe().invoices.list({ customer, limit: 100 });
  return data.map(({ total }) => total).reverse();
}

describe("a setting that others made on a subscription", () => {
  test("stays when a cheaper plan is scheduled and when it takes effect", async () => {
    const { customer, declared, one, id } = await begin("downgraded", SCALE);
    const set = await settings();
    const before = await stripe().subscriptions.update(id, set);
    const kept = {
      discounts: before.discounts,
      default_tax_rates: [{ id: set.default_tax_rates[0] }],
      automatic_tax: { enabled: true },
      description: set.description,
      metadata: set.metadata,
    };
    await one.up({ ...declared, price: LAUNCH });
    expect(await stripe().subscriptions.retrieve(id)).toMatchObject(kept);
    await daysPass(live, 32);
    const after = await stripe().subscriptions.retrieve(id);
    expect(after).toMatchObject(kept);
    expect(after.items.data).toMatchObject([{ price: { lookup_key: LAUNCH } }]);
    expect(await billed(customer)).toEqual([49_900, 2940]);
  });

  test("stays if it was made during a schedule and another plan is then scheduled", async () => {
    const { declared, one, id } = await begin("rescheduled", SCALE);
    await one.up({ ...declared, price: LAUNCH });
    const method = await giveCard(live, declared.customer);
    const { discounts } = await stripe().subscriptions.update(id, {
      discounts: [{ coupon: await coupon() }],
      default_payment_method: method,
    });
    await one.up({ ...declared, price: FREE });
    const kept = { discounts, default_payment_method: method };
    expect(await stripe().subscriptions.retrieve(id)).toMatchObject(kept);
    await daysPass(live, 32);
    expect(await stripe().subscriptions.retrieve(id)).toMatchObject(kept);
  });

  test("stays if it is another item or a quantity", async () => {
    const { declared, one, id } = await begin("items", SCALE);
    const { id: product } = await stripe().products.create({ name: "Support" });
    const addOn = await stripe().prices.create({
      currency: "usd",
      unit_amount: 1000,
      recurring: { interval: "month" },
      product,
    });
    await stripe().subscriptionItems.create({ subscription: id, price: addOn.id, quantity: 3 });
    await one.up({ ...declared, price: LAUNCH });
    await daysPass(live, 32);
    const { items } = await stripe().subscriptions.retrieve(id);
    expect(items.data).toMatchObject([
      { price: { lookup_key: LAUNCH }, quantity: 1 },
      { price: { id: addOn.id }, quantity: 3 },
    ]);
  });

  test.each([
    ["that was never paid", LAUNCH, { price: SCALE }, 29_940],
    ["that was free", FREE, { price: LAUNCH }, 2940],
  ] as const)("is copied from a subscription %s to its replacement", async (name, from, to, total) => {
    const { customer, declared, one, id } = await begin(name.replaceAll(" ", "-"), from, false);
    const set = await settings();
    // Stripe changes only the metadata of an unpaid subscription, so it is created with the settings.
    if (from === FREE) await stripe().subscriptions.update(id, set);
    else {
      const [price] = (await stripe().prices.list({ lookup_keys: [from] })).data;
      const { metadata, latest_invoice: unpaid } = await stripe().subscriptions.retrieve(id);
      await stripe().invoices.voidInvoice(String(unpaid));
      await stripe().subscriptions.create({
        ...set,
        customer,
        items: [{ price: price?.id ?? "" }],
        payment_behavior: "default_incomplete",
        metadata: { ...metadata, ...set.metadata },
      });
    }
    const { subscriptionId } = await one.up({ ...declared, ...to });
    expect(subscriptionId).not.toBe(id);
    const found = await stripe().subscriptions.retrieve(subscriptionId, { expand: ["discounts"] });
    expect(found).toMatchObject({
      discounts: [{ source: { coupon: set.discounts[0]?.coupon } }],
      default_tax_rates: [{ id: set.default_tax_rates[0] }],
      automatic_tax: { enabled: true },
      description: set.description,
      metadata: set.metadata,
    });
    const open = (await stripe().invoices.list({ customer, status: "open" })).data;
    expect(open.map(({ amount_due }) => amount_due)).toEqual([total]);
  });

  test("is copied beside tenantry's own: the allowed payment methods", async () => {
    const { declared, one, id } = await begin("methods", FREE, false);
    await stripe().subscriptions.update(id, { payment_settings: { payment_method_types: ["card"] } });
    const { subscriptionId } = await one.up({ ...declared, price: LAUNCH });
    expect(subscriptionId).not.toBe(id);
    expect((await stripe().subscriptions.retrieve(subscriptionId)).payment_settings).toMatchObject({
      payment_method_types: ["card"],
      save_default_payment_method: "on_subscription",
    });
  });

  test("is copied when a canceled subscription is started again, except a discount with used months", async () => {
    const { declared, one, id } = await begin("resumed", LAUNCH);
    const forever = await coupon();
    const months = await coupon({ duration: "repeating", duration_in_months: 3 });
    await stripe().subscriptions.update(id, { discounts: [{ coupon: forever }, { coupon: months }] });
    const { ended_at } = await stripe().subscriptions.cancel(id);
    const day = new Date((ended_at ?? 0) * 1000).toISOString().slice(0, 10);
    const { subscriptionId } = await one.up({ ...declared, resume: day });
    const found = await stripe().subscriptions.retrieve(subscriptionId, { expand: ["discounts"] });
    expect(found.discounts).toMatchObject([{ source: { coupon: forever } }]);
  });

  test("isn't lost if Stripe refuses the replacement", async () => {
    const { declared, one, id } = await begin("refused", FREE, false);
    const once = await coupon({ max_redemptions: 1 });
    await stripe().subscriptions.update(id, { discounts: [{ coupon: once }] });
    await expect(one.up({ ...declared, price: LAUNCH })).rejects.toThrow(`Coupon expired: ${once}`);
    expect(await stripe().subscriptions.retrieve(id)).toMatchObject({ status: "active" });
  });
});

describe("another currency", () => {
  const EURO = "demo--launch--monthly--eur-4900";
  beforeAll(async () => {
    const product = "demo_launch";
    await stripe().prices.create({
      currency: "eur",
      unit_amount: 4900,
      product,
      lookup_key: EURO,
      recurring: { interval: "month" },
      metadata: { tenantry_platform: "demo" },
    });
  });

  test.each([
    ["of a subscription that is paid", LAUNCH, true],
    ["of a free one", FREE, false],
    ["of one that waits to be paid", LAUNCH, false],
  ] as const)("is refused in the preview and ends nothing: %s", async (name, from, card) => {
    const { declared, one, id } = await begin(`euro-${name.replaceAll(" ", "-")}`, from, card);
    const before = await stripe().subscriptions.retrieve(id);
    const wanted = { ...declared, price: EURO };
    const refusal =
      /^The price .* is in eur, but Stripe bills euro-.* in usd, and never changes a customer's currency/;
    await expect(one.preview(wanted)).rejects.toThrow(refusal);
    await expect(one.up(wanted)).rejects.toThrow(refusal);
    const { status } = await stripe().subscriptions.retrieve(id);
    expect(status).toBe(before.status);
  });

  test("is accepted for a customer without a currency", async () => {
    expect((await begin("euro-new", EURO)).one.outputs.status).toBe("active");
  });
});

/** Every parameter of Stripe's client and how it is carried over. A new parameter fails here until a table contains it. */
describe("every parameter", () => {
  const set = { object: "list", has_more: false, url: "" } as const;
  const full = {
    application_fee_percent: 1,
    automatic_tax: {
      enabled: true,
      liability: { type: "account", account: "acct_1" },
      disabled_reason: null,
    },
    billing_thresholds: { amount_gte: 5, reset_billing_cycle_anchor: null },
    collection_method: "send_invoice",
    created: 1,
    days_until_due: 14,
    default_payment_method: "pm_1",
    default_source: "src_1",
    default_tax_rates: [{ id: "txr_1" }],
    description: "d",
    discounts: [{ id: "di_1", end: null, promotion_code: "promo_1", source: { coupon: "c" } }],
    invoice_settings: {
      account_tax_ids: ["txi_1"],
      custom_fields: null,
      description: "x",
      footer: null,
      issuer: { type: "self" },
    },
    items: {
      ...set,
      data: [1, 2].map((each) => ({
        id: `si_${each}`,
        created: each,
        billing_thresholds: { usage_gte: 3 },
        discounts: [{ id: "di_2", end: null, promotion_code: null, source: { coupon: "c" } }],
        metadata: { a: "b" },
        price: { id: `price_${each}`, metadata: {} },
        quantity: each,
        tax_rates: [{ id: "txr_2" }],
      })),
    },
    metadata: { crm: "4711", tenantry_id: "1" },
    on_behalf_of: "acct_2",
    payment_settings: {
      payment_method_options: null,
      payment_method_types: ["card"],
      save_default_payment_method: "off",
    },
    pending_invoice_item_interval: { interval: "week", interval_count: 1 },
    status: "active",
    transfer_data: { amount_percent: null, destination: "acct_3" },
  } as unknown as Stripe.Subscription;
  const phase = phaseLike(full, ({ price }) => price.id);
  const creation = creationLike(full, "price_new");

  test.each([
    [
      "a phase",
      "SubscriptionSchedules",
      "SubscriptionScheduleUpdateParams",
      "Phase",
      phase,
      "add_invoice_items billing_cycle_anchor currency duration end_date metadata proration_behavior start_date trial trial_end",
    ],
    [
      "an item of a phase",
      "SubscriptionSchedules",
      "SubscriptionScheduleUpdateParams.Phase",
      "Item",
      phase.items[0] ?? {},
      "plan price_data",
    ],
    [
      "a new subscription",
      "Subscriptions",
      "",
      "SubscriptionCreateParams",
      creation,
      "add_invoice_items backdate_start_date billing_cycle_anchor billing_cycle_anchor_config billing_mode billing_schedules cancel_at cancel_at_period_end collection_method currency customer customer_account days_until_due expand off_session payment_behavior proration_behavior trial_end trial_from_plan trial_period_days trial_settings",
    ],
  ] as const)("of %s is kept or deliberately left out", (_, file, namespace, name, kept, leftOut) => {
    expect([...Object.keys(kept), ...leftOut.split(" ")].sort()).toEqual(parametersOf(file, namespace, name));
  });

  test("keeps its value", () => {
    expect({ phase, creation }).toMatchInlineSnapshot(`
      {
        "creation": {
          "application_fee_percent": 1,
          "automatic_tax": {
            "enabled": true,
            "liability": {
              "account": "acct_1",
              "type": "account",
            },
          },
          "billing_thresholds": {
            "amount_gte": 5,
          },
          "default_payment_method": "pm_1",
          "default_source": "src_1",
          "default_tax_rates": [
            "txr_1",
          ],
          "description": "d",
          "discounts": [
            {
              "promotion_code": "promo_1",
            },
          ],
          "invoice_settings": {
            "account_tax_ids": [
              "txi_1",
            ],
            "description": "x",
          },
          "items": [
            {
              "billing_thresholds": {
                "usage_gte": 3,
              },
              "discounts": [
                {
                  "coupon": "c",
                },
              ],
              "metadata": {
                "a": "b",
              },
              "price": "price_new",
              "quantity": 1,
              "tax_rates": [
                "txr_2",
              ],
            },
            {
              "billing_thresholds": {
                "usage_gte": 3,
              },
              "discounts": [
                {
                  "coupon": "c",
                },
              ],
              "metadata": {
                "a": "b",
              },
              "price": "price_2",
              "quantity": 2,
              "tax_rates": [
                "txr_2",
              ],
            },
          ],
          "metadata": {
            "crm": "4711",
          },
          "on_behalf_of": "acct_2",
          "payment_settings": {
            "payment_method_types": [
              "card",
            ],
          },
          "pending_invoice_item_interval": {
            "interval": "week",
            "interval_count": 1,
          },
          "transfer_data": {
            "destination": "acct_3",
          },
        },
        "phase": {
          "application_fee_percent": 1,
          "automatic_tax": {
            "enabled": true,
            "liability": {
              "account": "acct_1",
              "type": "account",
            },
          },
          "billing_thresholds": {
            "amount_gte": 5,
          },
          "collection_method": "send_invoice",
          "default_payment_method": "pm_1",
          "default_tax_rates": [
            "txr_1",
          ],
          "description": "d",
          "discounts": [
            {
              "discount": "di_1",
            },
          ],
          "invoice_settings": {
            "account_tax_ids": [
              "txi_1",
            ],
            "days_until_due": 14,
            "description": "x",
          },
          "items": [
            {
              "billing_thresholds": {
                "usage_gte": 3,
              },
              "discounts": [
                {
                  "discount": "di_2",
                },
              ],
              "metadata": {
                "a": "b",
              },
              "price": "price_1",
              "quantity": 1,
              "tax_rates": [
                "txr_2",
              ],
            },
            {
              "billing_thresholds": {
                "usage_gte": 3,
              },
              "discounts": [
                {
                  "discount": "di_2",
                },
              ],
              "metadata": {
                "a": "b",
              },
              "price": "price_2",
              "quantity": 2,
              "tax_rates": [
                "txr_2",
              ],
            },
          ],
          "on_behalf_of": "acct_2",
          "transfer_data": {
            "destination": "acct_3",
          },
        },
      }
    `);
  });
});

/** The fields of an interface of Stripe's client, in order. */
function parametersOf(file: string, namespace: string, name: string): string[] {
  const path = new URL(`../../../../node_modules/stripe/esm/resources/${file}.d.ts`, import.meta.url);
  let text = readFileSync(path, "utf8");
  for (const part of namespace.split(".").filter(Boolean)) {
    const at = text.search(new RegExp(`namespace ${part} \\{`));
    text = text.slice(at + part.length);
  }
  const lines = text.slice(text.search(new RegExp(`interface ${name} \\{`))).split("\n");
  const indent = (lines[1]?.match(/^ */) ?? [""])[0].length;
  const end = lines.findIndex((line) => line === `${" ".repeat(indent - 4)}}`);
  const field = new RegExp(`^ {${indent}}(\\w+)\\??:`);
  const found = lines.slice(1, end).flatMap((line) => field.exec(line)?.[1] ?? []);
  return [...new Set(found)].sort();
}
