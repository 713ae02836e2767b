import { describe, expect, it } from "vitest";
import { customerWithCard, localStripe, monthlyPrice, refusal } from "./local-stripe.ts";

/** Creates a subscription to the large plan, with a schedule that changes it to the small plan at the end of the period. */
async function downgrade() {
  const local = await localStripe({ now: () => new Date("2027-04-01T00:00:00Z") });
  const { stripe } = local;
  const customer = await customerWithCard(stripe);
  const large = await monthlyPrice(stripe, 9000);
  const small = await monthlyPrice(stripe, 3000);
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: large.id }] });
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id });
  const [now] = schedule.phases;
  if (now === undefined) throw new Error("The schedule has no phase");
  const phases = [
    { items: [{ price: large.id, quantity: 1 }], start_date: now.start_date, end_date: now.end_date },
    { items: [{ price: small.id, quantity: 1 }] },
  ];
  await stripe.subscriptionSchedules.update(schedule.id, { end_behavior: "release", phases });
  const priceNow = async () =>
    (await stripe.subscriptions.retrieve(id)).items.data.map(({ price }) => price.id);
  return { ...local, id, schedule, large, small, phases, priceNow };
}

describe("a schedule", () => {
  it("changes the price at the end of the period, and releases the subscription at its own end", async () => {
    const { stripe, advance, id, schedule, large, small, priceNow } = await downgrade();
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ schedule: schedule.id });
    await advance({ days: 29 });
    expect(await priceNow()).toEqual([large.id]);
    await advance({ days: 2 });
    expect(await priceNow()).toEqual([small.id]);
    const totals = (await stripe.invoices.list({ subscription: id })).data.map(({ total }) => total);
    expect(totals).toEqual([3000, 9000]);
    await advance({ days: 31 });
    expect(await stripe.subscriptionSchedules.retrieve(schedule.id)).toMatchObject({
      status: "released",
      released_subscription: id,
    });
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "active", schedule: null });
  });

  it("that is released no longer changes the subscription", async () => {
    const { stripe, advance, schedule, large, priceNow } = await downgrade();
    await stripe.subscriptionSchedules.release(schedule.id);
    await advance({ days: 40 });
    expect(await priceNow()).toEqual([large.id]);
    expect(await refusal(stripe.subscriptionSchedules.release(schedule.id))).toMatchObject({
      statusCode: 400,
    });
  });

  it("charges no payment method that was detached before its phase", async () => {
    const { stripe, advance, id, schedule, phases } = await downgrade();
    const { customer } = await stripe.subscriptions.retrieve(id);
    const { id: own } = await stripe.paymentMethods.attach("pm_card_visa", { customer: String(customer) });
    await stripe.subscriptionSchedules.update(schedule.id, {
      phases: phases.map((phase) => ({ ...phase, default_payment_method: own })),
    });
    const methods = (await stripe.paymentMethods.list({ customer: String(customer) })).data;
    for (const method of methods) await stripe.paymentMethods.detach(method.id);
    await advance({ days: 31 });
    const [invoice] = (await stripe.invoices.list({ subscription: id })).data;
    expect(invoice).toMatchObject({ total: 3000, status: "open" });
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: "past_due",
      default_payment_method: null,
    });
  });

  it("with end_behavior=cancel shows the end on its subscription, and cancels it then", async () => {
    const { stripe, advance, id, schedule } = await downgrade();
    const { phases } = await stripe.subscriptionSchedules.update(schedule.id, { end_behavior: "cancel" });
    const end = phases.at(-1)?.end_date ?? 0;
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      cancel_at: end,
      cancel_at_period_end: false,
      canceled_at: expect.any(Number),
    });
    await advance({ days: 62 });
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: "canceled", ended_at: end });
    expect(await stripe.subscriptionSchedules.retrieve(schedule.id)).toMatchObject({ status: "completed" });
  });

  it.each([
    ["no longer cancels after end_behavior=release", "release", null],
    ["no longer cancels once it is released", "detach", null],
    ["cancels after its release with preserve_cancel_date", "preserve", "end"],
  ])("%s", async (_, how, expected) => {
    const { stripe, id, schedule } = await downgrade();
    const { phases } = await stripe.subscriptionSchedules.update(schedule.id, { end_behavior: "cancel" });
    if (how === "release")
      await stripe.subscriptionSchedules.update(schedule.id, { end_behavior: "release" });
    else
      await stripe.subscriptionSchedules.release(schedule.id, { preserve_cancel_date: how === "preserve" });
    const { cancel_at, canceled_at } = await stripe.subscriptions.retrieve(id);
    expect(cancel_at).toBe(expected === null ? null : phases.at(-1)?.end_date);
    expect(canceled_at === null).toBe(expected === null);
  });

  it("prorates a change of the current phase, unless told not to", async () => {
    for (const [proration_behavior, count] of [
      [undefined, 2],
      ["none", 0],
    ] as const) {
      const { stripe, schedule, phases, small, advance } = await downgrade();
      await advance({ days: 10 });
      await stripe.subscriptionSchedules.update(schedule.id, {
        phases: [{ ...phases[0], items: [{ price: small.id }] }],
        ...(proration_behavior === undefined ? {} : { proration_behavior }),
      });
      expect((await stripe.invoiceItems.list({ pending: true })).data).toHaveLength(count);
    }
  });

  it("is canceled with its subscription", async () => {
    const { stripe, id, schedule } = await downgrade();
    await stripe.subscriptions.cancel(id);
    expect(await stripe.subscriptionSchedules.retrieve(schedule.id)).toMatchObject({ status: "canceled" });
  });

  it("prevents a second schedule and a direct cancellation of its subscription", async () => {
    const { stripe, id, schedule } = await downgrade();
    expect((await refusal(stripe.subscriptionSchedules.create({ from_subscription: id }))).message).toContain(
      schedule.id,
    );
    expect(
      (await refusal(stripe.subscriptions.update(id, { cancel_at_period_end: true }))).message,
    ).toContain(`managed by the subscription schedule \`${schedule.id}\``);
  });

  it("can't change the start of the current phase or have a gap between phases", async () => {
    const { stripe, schedule, phases } = await downgrade();
    const [first, second] = phases;
    if (first === undefined || second === undefined) throw new Error("Two phases were made");
    const moved = [{ ...first, start_date: Number(first.start_date) + 60 }, second];
    expect(await refusal(stripe.subscriptionSchedules.update(schedule.id, { phases: moved }))).toMatchObject({
      param: "phases[0][start_date]",
    });
    const gap = [first, { ...second, start_date: Number(first.end_date) + 60 }];
    expect(await refusal(stripe.subscriptionSchedules.update(schedule.id, { phases: gap }))).toMatchObject({
      param: "phases[1][start_date]",
    });
  });
});
