import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { customerWithCard, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

const MONTH = { days: 31 };

/** A subscription that renewed a moment ago. Its second invoice is a draft. */
async function renewed(more: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const local = await localStripe({ now: () => new Date("2027-03-01T00:00:00Z") });
  const { stripe } = local;
  const customer = await customerWithCard(stripe);
  const price = await monthlyPrice(stripe, 4900);
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    ...more,
  });
  const latest = async (): Promise<Stripe.Invoice> => {
    const [newest] = (await stripe.invoices.list({ subscription: id })).data;
    if (newest === undefined) throw new Error("No invoice");
    return newest;
  };
  const status = async (): Promise<string> => (await stripe.subscriptions.retrieve(id)).status;
  const useBadCard = async (): Promise<void> => {
    const bad = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: customer.id });
    await stripe.subscriptions.update(id, { default_payment_method: bad.id });
  };
  await local.advance(MONTH);
  return { ...local, customer, id, latest, status, useBadCard };
}

describe("the invoice of a renewal", () => {
  it("is a draft for an hour, and is then finalized and paid", async () => {
    const { stripe, id, latest, status, advance } = await renewed();
    const draft = await latest();
    expect(draft).toMatchObject({
      status: "draft",
      auto_advance: true,
      automatically_finalizes_at: draft.created + 3600,
      amount_paid: 0,
      hosted_invoice_url: null,
      number: null,
    });
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: "active",
      latest_invoice: draft.id,
      items: { data: [{ current_period_start: draft.created }] },
    });
    await advance({ minutes: 59 });
    expect((await latest()).status).toBe("draft");
    await advance({ minutes: 1 });
    expect(await latest()).toMatchObject({
      id: draft.id,
      status: "paid",
      amount_paid: 4900,
      automatically_finalizes_at: null,
      status_transitions: { finalized_at: draft.created + 3600, paid_at: draft.created + 3600 },
    });
    expect(await status()).toBe("active");
    const events = (await stripe.events.list({ limit: 100 })).data.filter(
      ({ data }) => (data.object as { id?: string }).id === draft.id,
    );
    expect(events.map(({ type }) => type).reverse()).toEqual([
      "invoice.created",
      "invoice.finalized",
      "invoice.paid",
      "invoice.payment_succeeded",
    ]);
  });

  it("makes the subscription past due only once it is finalized and its payment fails", async () => {
    const { useBadCard, status, advance, latest, stripe } = await renewed();
    await useBadCard();
    expect(await status()).toBe("active");
    await advance({ hours: 1 });
    expect(await latest()).toMatchObject({ status: "open", attempt_count: 1 });
    expect(await status()).toBe("past_due");
    const good = await stripe.paymentMethods.attach("pm_card_visa", {
      customer: String((await latest()).customer),
    });
    await stripe.invoices.pay((await latest()).id ?? "", { payment_method: good.id });
    expect(await status()).toBe("active");
  });

  it("leaves a late subscription past due while it is a draft", async () => {
    const { status, latest, stripe, id } = await renewed({
      collection_method: "send_invoice",
      days_until_due: 20,
    });
    expect(await latest()).toMatchObject({ status: "draft" });
    expect(await status()).toBe("past_due");
    const [, late] = (await stripe.invoices.list({ subscription: id })).data;
    await stripe.invoices.pay(late?.id ?? "", { paid_out_of_band: true });
    expect(await status()).toBe("active");
  });

  it("isn't collected after the subscription is canceled", async () => {
    const { stripe, id, latest, advance } = await renewed();
    await stripe.subscriptions.cancel(id);
    await advance({ hours: 2 });
    expect(await latest()).toMatchObject({ status: "draft", auto_advance: false, amount_paid: 0 });
  });
});

describe("an invoice that Stripe sends", () => {
  it("is a draft for an hour, also the first one", async () => {
    const { stripe, id, advance } = await renewed({ collection_method: "send_invoice", days_until_due: 40 });
    const [second, first] = (await stripe.invoices.list({ subscription: id })).data;
    expect([second?.status, first?.status]).toEqual(["draft", "open"]);
    expect(first?.status_transitions.finalized_at).toBe((first?.created ?? 0) + 3600);
    await advance({ hours: 1 });
    expect(await stripe.invoices.retrieve(second?.id ?? "")).toMatchObject({
      status: "open",
      attempt_count: 0,
    });
  });
});

describe("while collection is paused, a renewal's invoice", () => {
  it.each([
    ["keep_as_draft", { status: "draft", auto_advance: false, automatically_finalizes_at: null }],
    [
      "mark_uncollectible",
      { status: "uncollectible", status_details: { uncollectible: { reason: "subscription_paused" } } },
    ],
    ["void", { status: "void" }],
  ] as const)("with %s is never collected, and uses no balance", async (behavior, expected) => {
    const { stripe, customer, id, latest, status, advance } = await renewed();
    await advance({ hours: 1 });
    await stripe.customers.update(customer.id, { balance: -100 });
    await stripe.subscriptions.update(id, { pause_collection: { behavior } });
    await advance(MONTH);
    expect(await latest()).toMatchObject({ ...expected, amount_paid: 0 });
    expect(await status()).toBe("active");
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -100 });
    await advance({ days: 2 });
    expect(await latest()).toMatchObject({ ...expected, amount_paid: 0 });
  });

  it("is collected again from `resumes_at` on, and earlier drafts stay drafts", async () => {
    const { stripe, id, latest, advance } = await renewed();
    await advance({ hours: 1 });
    const { created } = await latest();
    await stripe.subscriptions.update(id, {
      pause_collection: { behavior: "keep_as_draft", resumes_at: created + 45 * 24 * 3600 },
    });
    await advance({ days: 46 });
    expect((await stripe.subscriptions.retrieve(id)).pause_collection).toBeNull();
    await advance({ days: 20 });
    const statuses = (await stripe.invoices.list({ subscription: id })).data.map((one) => one.status);
    expect(statuses).toEqual(["paid", "draft", "paid", "paid"]);
  });

  it("was created before, is still collected", async () => {
    const { stripe, id, latest, advance } = await renewed();
    await stripe.subscriptions.update(id, { pause_collection: { behavior: "void" } });
    await advance({ hours: 1 });
    expect((await latest()).status).toBe("paid");
  });
});

describe("an invoice", () => {
  it("can be finalized early, and is then collected", async () => {
    const { stripe, latest } = await renewed();
    const open = await stripe.invoices.finalizeInvoice((await latest()).id ?? "");
    expect(open).toMatchObject({ status: "open", number: expect.stringMatching(/-0002$/) });
    expect((await latest()).status).toBe("paid");
  });

  it("without automatic advancement stays as it is until someone finalizes and pays it", async () => {
    const { stripe, latest, advance } = await renewed();
    const id = (await latest()).id ?? "";
    expect(await stripe.invoices.update(id, { auto_advance: false })).toMatchObject({
      automatically_finalizes_at: null,
      next_payment_attempt: null,
    });
    await advance({ days: 2 });
    expect((await latest()).status).toBe("draft");
    await stripe.invoices.finalizeInvoice(id);
    await advance({ days: 2 });
    expect((await latest()).status).toBe("open");
    expect(await stripe.invoices.pay(id)).toMatchObject({ status: "paid" });
  });

  it("can be paid as a draft, which finalizes it", async () => {
    const { stripe, latest } = await renewed();
    expect(await stripe.invoices.pay((await latest()).id ?? "")).toMatchObject({
      status: "paid",
      number: expect.stringMatching(/-0002$/),
    });
  });

  it("that is uncollectible makes its subscription active, and can still be paid or voided", async () => {
    const { stripe, latest, status, advance, useBadCard } = await renewed();
    await useBadCard();
    await advance({ hours: 1 });
    expect(await status()).toBe("past_due");
    const id = (await latest()).id ?? "";
    expect(await stripe.invoices.markUncollectible(id)).toMatchObject({
      status: "uncollectible",
      status_details: { uncollectible: { reason: "user_forgiven" } },
    });
    expect(await status()).toBe("active");
    expect(await refusal(stripe.invoices.pay(id))).toMatchObject({ statusCode: 402 });
    expect((await latest()).status).toBe("uncollectible");
    const paid = await stripe.invoices.pay(id, { paid_out_of_band: true });
    expect(paid.status).toBe("paid");
    expect(paid).not.toHaveProperty("status_details");
  });

  it("that is voided leaves the subscription's status to the latest of the others", async () => {
    const { stripe, latest, status, advance, id } = await renewed({
      collection_method: "send_invoice",
      days_until_due: 10,
    });
    await advance({ days: 15 });
    expect(await status()).toBe("past_due");
    await stripe.invoices.voidInvoice((await latest()).id ?? "");
    expect(await status()).toBe("past_due");
    const [, first] = (await stripe.invoices.list({ subscription: id })).data;
    await stripe.invoices.voidInvoice(first?.id ?? "");
    expect(await status()).toBe("active");
  });

  it.each([
    ["voidInvoice", "draft"],
    ["markUncollectible", "draft"],
    ["finalizeInvoice", "paid"],
    ["markUncollectible", "paid"],
    ["voidInvoice", "paid"],
    ["pay", "paid"],
  ] as const)("refuses %s as a %s one", async (action, status) => {
    const { stripe, latest, advance } = await renewed();
    if (status === "paid") await advance({ hours: 1 });
    const { id = "" } = await latest();
    expect(await refusal(stripe.invoices[action](id))).toMatchObject({ statusCode: 400 });
  });
});
