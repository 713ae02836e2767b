import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { type LocalStripe, localStripe } from "./local-stripe.ts";
import { lacks, type Shape, shapeOf } from "./shapes.ts";

/*
 * Stripe's mock server is stateless and returns objects that match the published schema. The file stripe-mock.shapes.snap
 * contains the recorded shapes of its responses. The sandbox's objects must have all of their fields, with the same types.
 * If `stripe-mock` is on the PATH (go install github.com/stripe/stripe-mock@latest), the recording itself is checked too.
 */
const RECORDING = fileURLToPath(new URL("stripe-mock.shapes.snap", import.meta.url));

const MOCK = "stripe-mock";

/** The requests to both servers, in this order. `{name}` is the id in the sandbox's response to the request of that name. */
const REQUESTS: readonly (readonly [name: string, method: string, path: string, form?: string])[] = [
  ["customer", "POST", "/v1/customers", "email=a%40b.co&address[city]=Rome&metadata[a]=1"],
  ["customer updated", "POST", "/v1/customers/{customer}", "name=Acme"],
  ["customer read", "GET", "/v1/customers/{customer}"],
  ["customers", "GET", "/v1/customers"],
  ["product", "POST", "/v1/products", "name=Launch"],
  ["product updated", "POST", "/v1/products/{product}", "description=d"],
  ["products", "GET", "/v1/products"],
  [
    "price",
    "POST",
    "/v1/prices",
    "product={product}&currency=usd&unit_amount=4900&recurring[interval]=month&lookup_key=k",
  ],
  ["price read", "GET", "/v1/prices/{price}?expand[]=product&expand[]=currency_options"],
  ["prices", "GET", "/v1/prices"],
  ["method", "POST", "/v1/payment_methods/pm_card_visa/attach", "customer={customer}"],
  ["method read", "GET", "/v1/payment_methods/{method}"],
  ["methods", "GET", "/v1/payment_methods?customer={customer}&type=card"],
  [
    "customer with a card",
    "POST",
    "/v1/customers/{customer}",
    "invoice_settings[default_payment_method]={method}",
  ],
  [
    "subscription",
    "POST",
    "/v1/subscriptions",
    `customer={customer}&items[0][price]={price}&expand[]=latest_invoice`,
  ],
  ["subscription read", "GET", "/v1/subscriptions/{subscription}?expand[]=customer"],
  ["subscriptions", "GET", "/v1/subscriptions"],
  ["trial", "POST", "/v1/subscriptions", "customer={customer}&items[0][price]={price}&trial_period_days=14"],
  ["items", "GET", "/v1/subscription_items?subscription={subscription}"],
  ["invoices", "GET", "/v1/invoices?customer={customer}"],
  ["invoice item", "POST", "/v1/invoiceitems", "customer={customer}&amount=700&currency=usd"],
  ["invoice item changed", "POST", "/v1/invoiceitems/{invoice item}", "description=d"],
  ["invoice items", "GET", "/v1/invoiceitems?customer={customer}"],
  ["draft", "POST", "/v1/invoices", "customer={customer}&pending_invoice_items_behavior=include"],
  ["draft changed", "POST", "/v1/invoices/{draft}", "description=d"],
  ["draft finalized", "POST", "/v1/invoices/{draft}/finalize", ""],
  ["invoice lines", "GET", "/v1/invoices/{draft}/lines"],
  ["invoice uncollectible", "POST", "/v1/invoices/{draft}/mark_uncollectible", ""],
  ["invoice voided", "POST", "/v1/invoices/{draft}/void", ""],
  ["schedule", "POST", "/v1/subscription_schedules", "from_subscription={subscription}"],
  [
    "schedule changed",
    "POST",
    "/v1/subscription_schedules/{schedule}",
    "end_behavior=release&metadata[a]=1&phases[0][items][0][price]={price}&phases[0][items][0][quantity]=1" +
      "&phases[0][start_date]={start}&phases[0][end_date]={end}&phases[0][proration_behavior]=none" +
      "&phases[1][items][0][price]={price}&phases[1][duration][interval]=month&phases[1][duration][interval_count]=1",
  ],
  ["schedule released", "POST", "/v1/subscription_schedules/{schedule}/release", ""],
  ["setup", "POST", "/v1/setup_intents", "customer={customer}"],
  ["setup confirmed", "POST", "/v1/setup_intents/{setup}/confirm", "payment_method=pm_card_visa"],
  [
    "payment",
    "POST",
    "/v1/payment_intents",
    "amount=2000&currency=usd&customer={customer}&payment_method={method}&confirm=true&off_session=true",
  ],
  ["payments", "GET", "/v1/payment_intents?expand[]=data.latest_charge.refunds"],
  ["refund", "POST", "/v1/refunds", "payment_intent={payment}&amount=100"],
  ["charges", "GET", "/v1/charges?expand[]=data.refunds"],
  ["endpoint", "POST", "/v1/webhook_endpoints", "url=https%3A%2F%2Fa.example&enabled_events[]=charge.failed"],
  ["disputes", "GET", "/v1/disputes?charge=ch_1"],
  [
    "portal",
    "POST",
    "/v1/billing_portal/configurations",
    "business_profile[headline]=Demo&login_page[enabled]=true&features[payment_method_update][enabled]=true" +
      "&features[customer_update][enabled]=true&features[customer_update][allowed_updates][]=address" +
      "&features[subscription_cancel][enabled]=false",
  ],
  ["portal updated", "POST", "/v1/billing_portal/configurations/{portal}", "login_page[enabled]=false"],
  ["portals", "GET", "/v1/billing_portal/configurations?active=true"],
  ["events", "GET", "/v1/events"],
  ["canceled", "DELETE", "/v1/subscriptions/{subscription}"],
  ["customer deleted", "DELETE", "/v1/customers/{customer}"],
];

describe("every object has the fields that Stripe's schema requires", async () => {
  const recorded = read(readFileSync(RECORDING, "utf8"));

  it("in the responses to the recorded requests", async () => {
    const answers = await answersOf(await localStripe());
    expect(Object.keys(answers)).toEqual(Object.keys(recorded));
    const missing = Object.entries(recorded).flatMap(([name, theirs]) =>
      lacks(shapeOf(answers[name]), theirs).map((problem) => `${name}: ${problem}`),
    );
    expect(missing).toEqual([]);
  });
});

describe.skipIf(spawnSync(MOCK, ["-version"]).status !== 0)("with stripe-mock on the PATH", () => {
  it("the recording matches its responses", async () => {
    const ours = await localStripe();
    const ids = new Map<string, string>();
    const mock = await startMock();
    const shapes: Record<string, Shape> = {};
    for (const [name, method, path, form] of REQUESTS) {
      const answer = await ours.send(method, filled(path, ids), fill(form, ids));
      remember(ids, name, answer.body);
      const theirs = await fetch(`${mock}${filled(path, ids)}`, {
        method,
        headers: {
          authorization: "Bearer sk_test_123",
          "content-type": "application/x-www-form-urlencoded",
        },
        ...(form === undefined ? {} : { body: filled(form, ids) }),
      });
      expect(theirs.status, name).toBe(200);
      shapes[name] = shapeOf(await theirs.json());
    }
    await expect(write(shapes)).toMatchFileSnapshot(RECORDING);
  });
});

/** Formats one line per request: its name and the shape of its response. */
function write(shapes: Readonly<Record<string, Shape>>): string {
  return Object.entries(shapes)
    .map(([name, shape]) => `${name}: ${JSON.stringify(shape)}\n`)
    .join("");
}

function read(text: string): Record<string, Shape> {
  const lines = text.split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const end = line.indexOf(": ");
      return [line.slice(0, end), JSON.parse(line.slice(end + 2)) as Shape];
    }),
  );
}

async function answersOf(local: LocalStripe): Promise<Record<string, unknown>> {
  const ids = new Map<string, string>();
  const answers: Record<string, unknown> = {};
  for (const [name, method, path, form] of REQUESTS) {
    const { status, body } = await local.send(method, filled(path, ids), fill(form, ids));
    expect(status, `${name}: ${JSON.stringify(body)}`).toBe(200);
    remember(ids, name, body);
    answers[name] = body;
  }
  return answers;
}

/** Stores the values that later requests refer to: ids, and the start and end of a schedule's phase. */
function remember(ids: Map<string, string>, name: string, body: { readonly [field: string]: unknown }): void {
  ids.set(name, String(body.id));
  const phase = body.current_phase as { start_date: number; end_date: number } | null | undefined;
  if (!phase) return;
  ids.set("start", String(phase.start_date));
  ids.set("end", String(phase.end_date));
}

function fill(form: string | undefined, ids: ReadonlyMap<string, string>): string | undefined {
  return form === undefined ? undefined : filled(form, ids);
}

function filled(text: string, ids: ReadonlyMap<string, string>): string {
  return text.replace(/\{([^}]+)\}/g, (_, name: string) => ids.get(name) ?? "");
}

async function startMock(): Promise<string> {
  const port = await freePort();
  const mock = spawn(MOCK, [
    "-http-addr",
    `127.0.0.1:${port}`,
    "-https-addr",
    `127.0.0.1:${await freePort()}`,
  ]);
  onTestFinished(() => {
    mock.kill();
  });
  await new Promise<void>((resolve, reject) => {
    mock.once("exit", () => reject(new Error("stripe-mock exited")));
    mock.stdout.on("data", (text) => {
      if (String(text).includes(`:${port}`)) resolve();
    });
  });
  return `http://127.0.0.1:${port}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("No port");
  return address.port;
}
