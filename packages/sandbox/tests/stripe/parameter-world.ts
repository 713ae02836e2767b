import { readFileSync } from "node:fs";
import { Store } from "../../src/store.ts";
import { createStripe, type LocalStripe } from "../../src/stripe/app.ts";
import { KEY } from "./local-stripe.ts";

// An account with objects of every type and status, of which each case of parameters.test.ts gets its own copy.

const START = Date.parse("2027-03-01T00:00:00Z");
const DAY = 24 * 60 * 60;

interface Answer {
  readonly status: number;
  readonly body: { readonly [field: string]: unknown };
}

export interface World {
  request(method: string, path: string, form?: string): Promise<Answer>;
  advance(seconds: number): Promise<void>;
}

export interface Base {
  /** Copies the account. */
  copy(): World;
  /** Replaces `{name}` by the id of the object that has this name, and `{now}` by the account's time. */
  fill(text: string): string;
}

/** The objects, in order of creation. `days` lets time pass before the request. */
const OBJECTS: readonly (readonly [name: string, path: string, form: string, days?: number])[] = [
  ["product", "products", "name=Launch&shippable=true&url=https://a.example"],
  ["spare", "products", "name=Spare"],
  [
    "price",
    "prices",
    "product={product}&currency=usd&unit_amount=4900&recurring[interval]=month&lookup_key=launch",
  ],
  ["large", "prices", "product={product}&currency=usd&unit_amount=9900&recurring[interval]=month"],
  ["yearly", "prices", "product={spare}&currency=usd&unit_amount=99000&recurring[interval]=year"],
  ["once", "prices", "product={spare}&currency=usd&unit_amount=250"],
  [
    "metered",
    "prices",
    "product={spare}&currency=usd&unit_amount=1&recurring[interval]=month&recurring[usage_type]=metered",
  ],
  ["euro", "prices", "product={spare}&currency=eur&unit_amount=5000&recurring[interval]=month"],
  ["coupon", "coupons", "percent_off=25&duration=forever&id=quarter"],
  ["coupon2", "coupons", "amount_off=100&currency=usd&duration=once&id=dollar"],
  ["tax", "tax_rates", "display_name=VAT&percentage=20&inclusive=false"],
  ["tax2", "tax_rates", "display_name=GST&percentage=5&inclusive=true"],
  ["idle", "customers", "email=idle@a.example"],
  [
    "ada",
    "customers",
    "email=ada@a.example&payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa",
  ],
  ["bob", "customers", "email=bob@a.example"],
  ["eve", "customers", "email=eve@a.example"],
  ["fay", "customers", "email=fay@a.example"],
  ["card", "payment_methods/pm_card_visa/attach", "customer={ada}"],
  ["mastercard", "payment_methods/pm_card_mastercard/attach", "customer={ada}"],
  ["bad", "payment_methods/pm_card_chargeCustomerFail/attach", "customer={eve}"],
  ["asking", "payment_methods/pm_card_authenticationRequired/attach", "customer={fay}"],
  ["loose", "payment_methods", "type=card&card[token]=tok_visa"],
  ["", "customers/{eve}", "invoice_settings[default_payment_method]={bad}"],
  ["", "customers/{fay}", "invoice_settings[default_payment_method]={asking}"],
  [
    "paused",
    "subscriptions",
    "customer={bob}&items[0][price]={price}&trial_period_days=1&trial_settings[end_behavior][missing_payment_method]=pause",
  ],
  [
    "active",
    "subscriptions",
    "customer={ada}&items[0][price]={price}&items[1][price]={yearly}&discounts[0][coupon]=quarter",
  ],
  ["scheduled", "subscriptions", "customer={ada}&items[0][price]={price}&discounts[0][coupon]=quarter"],
  ["ending", "subscriptions", "customer={ada}&items[0][price]={price}"],
  ["schedule", "subscription_schedules", "from_subscription={scheduled}"],
  ["schedule2", "subscription_schedules", "from_subscription={ending}"],
  ["", "subscription_schedules/{schedule2}", "end_behavior=cancel"],
  ["trialing", "subscriptions", "customer={bob}&items[0][price]={price}&trial_period_days=60"],
  [
    "sent",
    "subscriptions",
    "customer={bob}&items[0][price]={price}&collection_method=send_invoice&days_until_due=30",
  ],
  ["credited", "invoiceitems", "customer={idle}&amount=100&currency=usd"],
  ["manual", "invoices", "customer={ada}&auto_advance=true"],
  ["drafted", "invoiceitems", "customer={ada}&amount=300&currency=usd&invoice={manual}"],
  ["", "invoices/{manual}", "auto_advance=false"],
  [
    "open",
    "invoices",
    "customer={idle}&collection_method=send_invoice&days_until_due=3&pending_invoice_items_behavior=include",
    3,
  ],
  ["", "invoices/{open}/finalize", ""],
  ["waiting", "invoiceitems", "customer={ada}&amount=700&currency=usd&subscription={active}"],
  ["waiting2", "invoiceitems", "customer={ada}&pricing[price]={once}&quantity=2"],
  ["paid", "payment_intents", "amount=2000&currency=usd&customer={ada}&payment_method={card}&confirm=true"],
  ["paid2", "payment_intents", "amount=3000&currency=usd&customer={ada}&payment_method={card}&confirm=true"],
  ["refund", "refunds", "payment_intent={paid}&amount=10"],
  ["refund2", "refunds", "payment_intent={paid}&amount=20"],
  ["intent", "payment_intents", "amount=2000&currency=usd&customer={ada}&payment_method={card}"],
  ["bare", "payment_intents", "amount=2000&currency=usd"],
  ["unsure", "payment_intents", "amount=2000&currency=usd&customer={fay}&payment_method={asking}"],
  ["setup", "setup_intents", "customer={ada}&payment_method={card}"],
  ["setup2", "setup_intents", "customer={ada}"],
  ["portal", "billing_portal/configurations", "features[invoice_history][enabled]=true"],
  ["portal2", "billing_portal/configurations", "features[invoice_history][enabled]=true"],
  ["endpoint", "webhook_endpoints", "url=http://127.0.0.1:1/a&enabled_events[]=charge.captured"],
  ["endpoint2", "webhook_endpoints", "url=http://127.0.0.1:1/b&enabled_events[]=charge.captured"],
];

/** Creates the account. Its journal is in the given folder. */
export async function createBase(folder: string): Promise<Base> {
  const journal = `${folder}/base.journal`;
  const ids = new Map<string, string>();
  const fill = (text: string): string =>
    text.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
      const id = ids.get(name);
      if (id === undefined) throw new Error(`No object is named ${name}`);
      return id;
    });
  const world = open(new Store(journal));
  for (const [name, path, form, days] of OBJECTS) {
    if (days !== undefined) await world.advance(days * DAY);
    const { status, body } = await world.request("POST", `/v1/${fill(path)}`, fill(form));
    if (status !== 200) throw new Error(`${name} ${path}: ${JSON.stringify(body)}`);
    if (name !== "") ids.set(name, String(body.id));
  }
  ids.set("now", String(START / 1000 + 3 * DAY));
  await addParts(world, ids, fill);
  const changes = readFileSync(journal, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { collection: string; id: string; value?: unknown });
  return {
    fill,
    copy() {
      const store = new Store();
      for (const { collection, id, value } of changes)
        if (value === undefined) store.collection(collection).delete(id);
        else store.collection(collection).put(id, value);
      return open(store);
    },
  };
}

/** What others created: items, charges, discounts, invoices and the phase of a schedule. */
const PARTS: Readonly<Record<string, readonly [path: string, field: string]>> = {
  item: ["subscriptions/{active}", "items.data.0.id"],
  item2: ["subscriptions/{active}", "items.data.1.id"],
  end: ["subscriptions/{active}", "items.data.0.current_period_end"],
  discount: ["subscriptions/{active}", "discounts.0"],
  activeInvoice: ["subscriptions/{active}", "latest_invoice"],
  scheduledDiscount: ["subscriptions/{scheduled}", "discounts.0"],
  sentInvoice: ["subscriptions/{sent}", "latest_invoice"],
  phaseStart: ["subscription_schedules/{schedule}", "phases.0.start_date"],
  phaseEnd: ["subscription_schedules/{schedule}", "phases.0.end_date"],
  paidCharge: ["payment_intents/{paid}", "latest_charge"],
  paid2Charge: ["payment_intents/{paid2}", "latest_charge"],
};

/** Names the parts, and opens disputes for the charges. */
async function addParts(
  world: World,
  ids: Map<string, string>,
  fill: (text: string) => string,
): Promise<void> {
  for (const [name, [path, field]] of Object.entries(PARTS)) {
    let value: unknown = (await world.request("GET", `/v1/${fill(path)}`)).body;
    for (const key of field.split(".")) value = (value as Record<string, unknown>)[key];
    ids.set(name, String(value));
  }
  for (const charge of ["{paidCharge}", "{paid2Charge}"])
    await world.request("POST", fill(`/_sandbox/charges/${charge}/dispute`));
}

function open(store: Store): World {
  const local: LocalStripe = createStripe({
    store,
    key: KEY,
    now: () => new Date(START),
    requestsPerSecond: Number.POSITIVE_INFINITY,
  });
  const send = (method: string, path: string, type: string, body?: string) =>
    local.app.request(path, {
      method,
      headers: { authorization: `Bearer ${KEY}`, "content-type": type },
      ...(body === undefined ? {} : { body }),
    });
  return {
    async request(method, path, form) {
      const answer = await send(method, path, "application/x-www-form-urlencoded", form);
      return { status: answer.status, body: (await answer.json()) as Answer["body"] };
    },
    async advance(seconds) {
      const answer = await send(
        "POST",
        "/_sandbox/clock",
        "application/json",
        JSON.stringify({ advance: seconds }),
      );
      if (!answer.ok) throw new Error(await answer.text());
    },
  };
}
