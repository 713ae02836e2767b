import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BillingJobReport, runBillingJob } from "../../src/billing/billing-job.ts";
import { LAUNCH, Shop } from "./shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterAll(() => shop.stop());

/** In minutes. Longer than a killed worker keeps a request. */
const LEASE = 16;

let minutes = 0;
beforeEach(() => {
  minutes = 0;
});

async function pass(): Promise<BillingJobReport> {
  return runBillingJob(await shop.context(minutes), new AbortController().signal);
}

describe("a run of the billing job", () => {
  test("charges the card and posts the credits once", async () => {
    const one = await shop.organization("pays", "pm_card_visa");
    const request = await one.asksFor(2000);
    expect(await pass()).toMatchObject({
      reloads: [{ organization: "shop/pays", wallet: "data", amount: 2000, outcome: "paid", paused: false }],
    });
    expect(await pass()).toMatchObject({ reloads: [] });
    expect(await one.balance()).toBe(2000);
    expect(await one.payments()).toMatchObject([
      { amount: 2000, currency: "usd", status: "succeeded", metadata: { tenantry_reload: request } },
    ]);
  });

  test.each<[string, string | undefined, string, boolean]>([
    ["poor", "pm_card_chargeCustomerFail", "generic_decline", false],
    ["careful", "pm_card_authenticationRequired", "authentication_required", true],
    ["cardless", undefined, "no_payment_method", true],
  ])("a customer who is %s gets no credits", async (name, card, reason, paused) => {
    const one = await shop.organization(name, card);
    const request = await one.asksFor(500);
    expect((await pass()).reloads).toMatchObject([{ outcome: "declined", reason, paused }]);
    expect(await one.reload(request)).toEqual({ state: "declined", reason, paused });
    expect(await one.balance()).toBe(0);
    minutes = LEASE;
    expect((await pass()).reloads).toEqual([]);
  });

  test("an amount below Stripe's minimum isn't charged again", async () => {
    const one = await shop.organization("small", "pm_card_visa");
    const request = await one.asksFor(5);
    await pass();
    expect(await one.reload(request)).toEqual({
      state: "declined",
      reason: "amount_too_small",
      paused: true,
    });
  });

  test.each([
    ["half a cent", 505, 0.1, "usd", 51],
    ["binary fractions", 100, 7.07, "usd", 707],
    ["no minor units", 2001, 0.5, "jpy", 1001],
    ["thousandths in tens", 3, 1708, "kwd", 5130],
    ["hundredths in hundreds", 3, 50, "isk", 200],
    ["whole payouts only", 100, 175.01, "huf", 17_501],
  ])("charges credits at a price in %s", async (name, credits, price, currency, amount) => {
    const one = await shop.organization(`in-${name.replaceAll(" ", "-")}`, "pm_card_visa");
    await one.asksFor(credits, price, currency);
    expect((await pass()).reloads).toMatchObject([{ outcome: "paid" }]);
    expect([await one.balance(), await one.payments()]).toMatchObject([credits, [{ amount, currency }]]);
  });

  describe("in which Stripe refuses a read", () => {
    const REFUSED = { status: 403, body: { error: { type: "invalid_request_error", message: "No." } } };

    async function passRefused(match: string): Promise<BillingJobReport> {
      shop.live.sandbox.setFaults([{ kind: "respond", response: REFUSED, match }]);
      const report = await pass();
      shop.live.sandbox.setFaults([]);
      return report;
    }

    test("of invoices still pays reloads, and reports the refusal", async () => {
      const one = await shop.organization("without-invoices", "pm_card_visa");
      await one.asksFor(100);
      const report = await passRefused("^GET /v1/invoices");
      expect(report.failures).toEqual([
        { organization: null, part: "invoices", reason: expect.stringContaining("403") },
      ]);
      expect(report.reloads).toMatchObject([{ organization: "shop/without-invoices", outcome: "paid" }]);
    });

    test.each(["refunds", "disputes"])("of %s charges nobody, and the next run does", async (kind) => {
      const one = await shop.organization(`without-${kind}`, "pm_card_visa");
      await one.asksFor(100);
      const report = await passRefused(`^GET /v1/${kind}`);
      expect(report).toMatchObject({
        reloads: [],
        failures: [{ organization: null, part: "refunds and disputes" }],
      });
      expect(await one.payments()).toEqual([]);
      expect((await pass()).reloads).toMatchObject([{ outcome: "paid" }]);
    });

    test("of one late customer ends the others' grace periods", async () => {
      const late = await Promise.all(
        ["late-a", "late-b"].map((name) => shop.organization(name, "pm_card_visa")),
      );
      for (const one of late) {
        await one.subscribe(LAUNCH);
        await shop.rows(
          `update public.organizations set subscription_status = 'past_due' where id = '${one.id}'`,
        );
      }
      const report = await passRefused(`^GET /v1/subscriptions\\?.*${late[0]?.customer}`);
      expect(report.failures).toMatchObject([{ organization: "shop/late-a", part: "grace period" }]);
      const pastDue = "select name from public.organizations where subscription_status = 'past_due'";
      expect(await shop.rows(pastDue)).toEqual([{ name: "late-a" }]);
      expect((await pass()).failures).toEqual([]);
      expect(await shop.rows(pastDue)).toEqual([]);
    });
  });

  test("reports what was charged, even if the control plane fails afterwards", async () => {
    const one = await shop.organization("charged-first", "pm_card_visa");
    await one.asksFor(100);
    await shop.rows("alter function private.settle_reversals() rename to settle_later");
    const report = await pass();
    await shop.rows("alter function private.settle_later() rename to settle_reversals");
    expect(report).toMatchObject({
      reloads: [{ organization: "shop/charged-first", outcome: "paid" }],
      failures: [{ part: "owed credits", reason: expect.stringContaining("settle_reversals") }],
    });
  });

  describe.each(["suspended", "archived", "deleted"])("for an organization that is %s", (state) => {
    async function inactive(name: string, card: string) {
      const one = await shop.organization(`${name}-${state}`, card);
      const close = () =>
        shop.rows(`update public.organizations set state = '${state}' where id = '${one.id}'`);
      return { one, close };
    }

    test("charges nothing for a request, and pauses nothing", async () => {
      const { one, close } = await inactive("asking", "pm_card_visa");
      const request = await one.asksFor(100);
      await close();
      expect((await pass()).reloads).toEqual([]);
      expect(await one.reload(request)).toEqual({ state: "withdrawn", reason: null, paused: false });
      expect(await one.payments()).toEqual([]);
    });

    test("charges nothing for a request that a killed run had taken", async () => {
      const { one, close } = await inactive("taken", "pm_card_visa");
      const request = await one.asksFor(100);
      await shop.rows(
        `update public.reloads set state = 'processing', claimed_at = now() where id = '${request}'`,
      );
      await close();
      minutes = LEASE;
      expect((await pass()).reloads).toMatchObject([{ outcome: "withdrawn", reason: null, paused: false }]);
      expect(await one.reload(request)).toEqual({ state: "withdrawn", reason: null, paused: false });
      expect(await one.payments()).toEqual([]);
    });

    test("posts the credits of a payment that had begun before", async () => {
      const { one, close } = await inactive("begun", "pm_card_slowToProcess");
      await one.asksFor(700);
      await pass();
      await close();
      const [payment] = await one.payments();
      await shop.happens(`/payment_intents/${payment?.id}/finish`);
      minutes = LEASE;
      expect((await pass()).reloads).toMatchObject([{ outcome: "paid" }]);
      expect([await one.balance(), (await one.payments()).length]).toEqual([700, 1]);
    });

    test("posts a plan's credits when it is active again", async () => {
      const { one, close } = await inactive("paying", "pm_card_visa");
      await one.pays("shop--launch--monthly--usd-4900");
      await close();
      await pass();
      expect(await one.balance()).toBe(0);
      await shop.rows(`update public.organizations set state = 'active' where id = '${one.id}'`);
      await pass();
      expect(await one.balance()).toBe(5000);
    });
  });

  test("checks a processing payment again without a second charge", async () => {
    const one = await shop.organization("slow", "pm_card_slowToProcess");
    const request = await one.asksFor(700);
    expect((await pass()).reloads).toMatchObject([{ outcome: "open" }]);
    expect(await one.reload(request)).toMatchObject({ state: "processing" });
    minutes = LEASE;
    expect((await pass()).reloads).toMatchObject([{ outcome: "open" }]);
    const [payment] = await one.payments();
    await shop.happens(`/payment_intents/${payment?.id}/finish`);
    minutes = 2 * LEASE;
    expect((await pass()).reloads).toMatchObject([{ outcome: "paid" }]);
    expect([await one.balance(), (await one.payments()).length]).toEqual([700, 1]);
  });

  test("retries a failed request, which doesn't stop the others", async () => {
    const [one, two] = [
      await shop.organization("unlucky", "pm_card_visa"),
      await shop.organization("lucky", "pm_card_visa"),
    ];
    await one.asksFor(100);
    await two.asksFor(100);
    shop.live.sandbox.setFaults([{ kind: "500", match: "^POST /v1/payment_intents", nth: 1 }]);
    const outcomes = (await pass()).reloads.map(({ organization, outcome }) => `${organization} ${outcome}`);
    shop.live.sandbox.setFaults([]);
    expect(outcomes).toEqual(["shop/unlucky failed", "shop/lucky paid"]);
    minutes = LEASE;
    expect((await pass()).reloads).toMatchObject([{ organization: "shop/unlucky", outcome: "paid" }]);
    expect([await one.balance(), await two.balance()]).toEqual([100, 100]);
  });

  test.each(["500-stored", "500-after"] as const)(
    "a %s that Stripe repeats delays the payment by one run",
    async (kind) => {
      const one = await shop.organization(`repeated-${kind}`, "pm_card_visa");
      await one.asksFor(100);
      shop.live.sandbox.setFaults([{ kind, match: "^POST /v1/payment_intents", nth: 1 }]);
      expect((await pass()).reloads).toMatchObject([{ outcome: "failed" }]);
      shop.live.sandbox.setFaults([]);
      minutes = LEASE;
      expect((await pass()).reloads).toMatchObject([{ outcome: "paid" }]);
      expect([await one.balance(), (await one.payments()).length]).toEqual([100, 1]);
    },
  );

  test("charges another card once after a stored failure", async () => {
    const one = await shop.organization("another-card", "pm_card_visa");
    await one.asksFor(100);
    shop.live.sandbox.setFaults([{ kind: "500-stored", match: "^POST /v1/payment_intents", nth: 1 }]);
    await pass();
    shop.live.sandbox.setFaults([]);
    await one.useCard("pm_card_mastercard");
    minutes = LEASE;
    expect((await pass()).reloads).toMatchObject([{ outcome: "paid" }]);
    expect([await one.balance(), (await one.payments()).length]).toEqual([100, 1]);
  });

  test("two runs at the same time charge once", async () => {
    const one = await shop.organization("twice", "pm_card_visa");
    await one.asksFor(300);
    const [first, second] = await Promise.all([pass(), pass()]);
    expect([...first.reloads, ...second.reloads]).toHaveLength(1);
    expect([await one.balance(), (await one.payments()).length]).toEqual([300, 1]);
  });

  test("a killed run's payment isn't repeated a week later, when Stripe has forgotten the key", async () => {
    const one = await shop.organization("forgotten", "pm_card_visa");
    await one.asksFor(400);
    const killed = new AbortController();
    shop.live.sandbox.setFaults([{ kind: "hold-after", match: "^POST /v1/payment_intents", nth: 1 }]);
    const cut = runBillingJob(await shop.context(0, killed.signal), killed.signal);
    await Promise.race([shop.live.sandbox.held(), cut]);
    killed.abort();
    await expect(cut).rejects.toThrow();
    shop.live.sandbox.setFaults([]);
    shop.live.sandbox.release();
    await shop.happens("/clock", { advance: 7 * 24 * 60 * 60 });
    minutes = LEASE;
    expect((await pass()).reloads).toMatchObject([{ outcome: "paid" }]);
    expect([await one.balance(), (await one.payments()).length]).toEqual([400, 1]);
  });
});

describe("a refusal", () => {
  test.each([
    ["of the amount", "pm_card_visa", 5, /^Amount must be at least/, /change `autoReload`/],
    ["by the bank", "pm_card_authenticationRequired", 500, /authenticat/i, /adds another payment method/],
  ] as const)(
    "%s keeps Stripe's words, and says who has to act",
    async (name, card, credits, words, remedy) => {
      const one = await shop.organization(`told-${name.replaceAll(" ", "-")}`, card);
      await one.asksFor(credits);
      const [processed] = (await pass()).reloads;
      expect(processed?.message).toMatch(words);
      expect(processed?.remedy).toMatch(remedy);
      const [row] = await shop.rows(
        `select decline_message as message, payment_method as method from public.reloads where organization_id = '${one.id}'`,
      );
      expect(row).toEqual({ message: processed?.message, method: expect.stringMatching(/^pm_/) });
    },
  );

  test("that is the fourth in a row is reported as the one that pauses", async () => {
    const one = await shop.organization("fourth", "pm_card_chargeCustomerFail");
    for (const paused of [false, false, false, true]) {
      await one.asksFor(500);
      expect((await pass()).reloads).toMatchObject([{ outcome: "declined", paused }]);
    }
  });

  test("of the amount is resolved by another declaration, not by the same or another card", async () => {
    const one = await shop.organization("declares", "pm_card_visa");
    await one.declares({ below: 5, add: 5 });
    await one.asksFor(5);
    await pass();
    await one.declares({ below: 5, add: 5 });
    await one.useCard("pm_card_mastercard");
    expect([(await pass()).resumed, await one.isPaused()]).toEqual([0, true]);
    await one.declares({ below: 5, add: 60 });
    expect(await one.isPaused()).toBe(false);
  });

  test.each([
    ["cardless-before", undefined],
    ["declined-before", "pm_card_authenticationRequired"],
  ])("of a customer who is %s is resolved by another payment method", async (name, card) => {
    const one = await shop.organization(name, card);
    await one.asksFor(500);
    await pass();
    expect([(await pass()).resumed, await one.isPaused()]).toEqual([0, true]);
    await one.useCard("pm_card_visa");
    expect([(await pass()).resumed, await one.isPaused()]).toEqual([1, false]);
  });

  test("of a disputed payment isn't resolved by another payment method", async () => {
    const one = await shop.organization("disputes", "pm_card_visa");
    const paid = await one.asksFor(500);
    await pass();
    await shop.rows(`select private.reverse_reload('${paid}', 500, true)`);
    await one.useCard("pm_card_mastercard");
    expect([(await pass()).resumed, await one.isPaused()]).toEqual([0, true]);
  });
});

describe("a wallet whose card was declined", () => {
  /** Its first reload was paid, the next one declined. Then the customer added another card. */
  async function declinedOnce(name: string) {
    const one = await shop.organization(name, "pm_card_visa");
    const paid = await one.asksFor(500);
    await pass();
    await one.useCard("pm_card_authenticationRequired");
    const declined = await one.asksFor(500);
    await pass();
    expect(await one.isPaused()).toBe(true);
    const card = await one.useCard("pm_card_visa");
    return { one, paid, declined, card };
  }

  type DeclinedOnce = Awaited<ReturnType<typeof declinedOnce>>;

  test.each([
    ["a dispute", ({ paid }: DeclinedOnce) => `select private.reverse_reload('${paid}', 500, true)`],
    [
      "a decline of the other card",
      ({ declined, card }: DeclinedOnce) =>
        `insert into public.reloads (organization_id, wallet, amount, credit_amount, currency, state, decline_reason, payment_method, settled_at)
         select organization_id, wallet, amount, credit_amount, currency, state, decline_reason, '${card}', now()
         from public.reloads where id = '${declined}'`,
    ],
  ])("stays paused after %s while the job asks Stripe for its cards", async (name, change) => {
    const wallet = await declinedOnce(`overtaken-${name.replaceAll(" ", "-")}`);
    const { one } = wallet;
    shop.live.sandbox.setFaults([
      { kind: "hold-before", match: `^GET /v1/customers/${one.customer}`, nth: 1 },
    ]);
    const running = pass();
    await Promise.race([shop.live.sandbox.held(), running]);
    await shop.rows(change(wallet));
    shop.live.sandbox.setFaults([]);
    shop.live.sandbox.release();
    expect([(await running).resumed, await one.isPaused()]).toEqual([0, true]);
  });

  test("stays paused if an earlier payment was disputed since the last job", async () => {
    const { one } = await declinedOnce("disputed-unseen");
    const paid = (await one.payments()).find(({ status }) => status === "succeeded");
    await shop.happens(`/charges/${paid?.latest_charge}/dispute`);
    expect(await pass()).toMatchObject({ resumed: 0, reversals: 1 });
    expect(await one.isPaused()).toBe(true);
  });

  test("is reported if Stripe refuses to show its customer, and the rest of the job is done", async () => {
    const { one } = await declinedOnce("unlisted");
    const other = await shop.organization("listed", "pm_card_visa");
    await other.asksFor(100);
    const refused = { status: 403, body: { error: { type: "invalid_request_error", message: "No." } } };
    shop.live.sandbox.setFaults([
      { kind: "respond", response: refused, match: `^GET /v1/customers/${one.customer}` },
    ]);
    const report = await pass();
    shop.live.sandbox.setFaults([]);
    expect(report).toMatchObject({
      resumed: 0,
      failures: [
        {
          organization: "shop/unlisted",
          part: "resumed reloads",
          reason: expect.stringContaining("customers"),
        },
      ],
      reloads: [{ organization: "shop/listed", outcome: "paid" }],
    });
    expect([(await pass()).resumed, await one.isPaused()]).toEqual([1, false]);
  });

  test("stays paused if the declined card is unknown, as in rows of 0.2.0", async () => {
    const { one, declined } = await declinedOnce("unrecorded");
    await shop.rows(`update public.reloads set payment_method = null where id = '${declined}'`);
    expect([(await pass()).resumed, await one.isPaused()]).toEqual([0, true]);
  });
});

test("a refund is reported once, even if 0.2.0 charged another amount than the credits cost", async () => {
  const one = await shop.organization("rounded", "pm_card_visa");
  const request = await one.asksFor(100);
  await pass();
  await shop.rows(`update public.reloads set credit_amount = 1.1 where id = '${request}'`);
  const [payment] = await one.payments();
  await shop.stripe.refunds.create({ payment_intent: payment?.id ?? "", amount: 50 });
  expect([(await pass()).reversals, await one.balance()]).toEqual([1, 50]);
  expect([(await pass()).reversals, await one.balance()]).toEqual([0, 50]);
});

test("expired credits are removed", async () => {
  const one = await shop.organization("lapses");
  await shop.rows(
    `select private.post_wallet_entry('old', '${one.id}', 'data', 'plan', 70, 'app',
       entry_expires_at => now() - interval '1 day')`,
  );
  expect(await pass()).toMatchObject({ expired: 70 });
  expect(await one.entries()).toEqual(["plan 70", "expiry -70"]);
});

/** Kills a run around each of its writes: each POST to Stripe and each commit. */
describe("a killed run", () => {
  const WRITE = "^POST |^commit";
  let writes = 0;

  beforeAll(async () => {
    const one = await shop.organization("counted", "pm_card_visa");
    await one.asksFor(60);
    shop.live.sandbox.clearRequests();
    await pass();
    const texts = shop.live.sandbox
      .requests()
      .map(({ service, method, path }) => (service === "postgres" ? path : `${method} ${path}`));
    writes = texts.filter((text) => new RegExp(WRITE).test(text)).length;
  });

  test.each(["hold-before", "hold-after"] as const)("%s any write pays once", async (kind) => {
    expect(writes).toBeGreaterThanOrEqual(4);
    for (let nth = 1; nth <= writes; nth++) {
      const one = await shop.organization(`killed-${kind}-${nth}`, "pm_card_visa");
      await one.asksFor(60);
      const killed = new AbortController();
      shop.live.sandbox.setFaults([{ kind, match: WRITE, nth }]);
      const cut = runBillingJob(await shop.context(0, killed.signal), killed.signal).catch(
        (error: unknown) => error,
      );
      await Promise.race([shop.live.sandbox.held(), cut]);
      killed.abort();
      await cut;
      shop.live.sandbox.setFaults([]);
      shop.live.sandbox.release();
      // Waits until the database releases the killed run's locks, since a run skips locked requests.
      await shop.rows("select from public.reloads for update");
      minutes = LEASE;
      await pass();
      minutes = 0;
      const paid = (await one.payments()).map(({ status }) => status);
      expect([await one.balance(), paid], `${kind} ${nth}`).toEqual([60, ["succeeded"]]);
    }
  });
});
