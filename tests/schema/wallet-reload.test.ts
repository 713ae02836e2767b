import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, failure, rolledBack, startDatabase } from "../databases/database.ts";
import { addsUpTo, insertOrganization, ORGANIZATION, setReload, sumsOf, WORKSPACES } from "./wallet.ts";

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
  await insertOrganization(client);
});
afterAll(() => database.stop());

const START = Date.parse("2026-06-15T12:00:00Z");
const at = (minutes: number) => new Date(START + minutes * 60_000).toISOString();
const DAYS = 24 * 60;

let keys = 0;
beforeEach(() => {
  keys = 0;
});

/** The reload state that a debit returns. */
async function debit(amount: number, minutes = 0): Promise<string | null> {
  const { rows } = await client.query<{ reload: string | null }>(
    "select reload from private.debit_wallet($1, $2, 'data', $3, 'read', '{}', null, null, $4)",
    [`debit ${keys++}`, WORKSPACES[0], amount, at(minutes)],
  );
  return rows[0]?.reload ?? null;
}

const give = (amount: number) =>
  client.query("select private.post_wallet_entry($1, $2, 'data', 'plan', $3, 'app')", [
    `plan ${keys++}`,
    ORGANIZATION,
    amount,
  ]);

async function claim(minutes = 0): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>("select id from private.claim_reload($1)", [
    at(minutes),
  ]);
  return rows[0]?.id;
}

const BOOK = "select * from private.book_reload($1, $2, $3)";
const book = (id: string | undefined, payment = "pi_1", minutes = 0) =>
  client.query(BOOK, [id, payment, at(minutes)]);

const DECLINE = "select * from private.decline_reload($1, 'card_declined', $2, $3)";
const decline = (id: string | undefined, minutes = 0, forGood = false) =>
  client.query(DECLINE, [id, forGood, at(minutes)]);

async function reloads(): Promise<{ state: string; amount: number }[]> {
  const { rows } = await client.query(
    "select state, amount::int from public.reloads order by requested_at, created_at",
  );
  return rows;
}

describe("a reload is requested", () => {
  it("once, when a debit takes the balance below the threshold", () =>
    rolledBack(client, async () => {
      await setReload(client, { below: 10, add: 50 });
      await give(20);
      expect(await debit(10)).toBeNull();
      expect(await debit(1)).toBe("requested");
      expect(await debit(1)).toBe("open");
      expect(await reloads()).toEqual([{ state: "requested", amount: 50 }]);
    }));

  it("by a debit that is too large, too", () =>
    rolledBack(client, async () => {
      await setReload(client, { below: 10, add: 50 });
      await give(20);
      expect(await debit(21)).toBe("requested");
      expect(await sumsOf(client)).toEqual(addsUpTo(20));
    }));

  it("up to a balance, at the current price", () =>
    rolledBack(client, async () => {
      await setReload(client, { below: 10, upTo: 60 });
      await give(20);
      await debit(15);
      const { rows } = await client.query(
        "select amount::int, credit_amount::int, currency from public.reloads",
      );
      expect(rows).toEqual([{ amount: 55, credit_amount: 1, currency: "usd" }]);
    }));

  it("not for a wallet without auto-reload", () =>
    rolledBack(client, async () => {
      await give(20);
      expect(await debit(20)).toBeNull();
      expect(await reloads()).toEqual([]);
    }));

  it("not within an hour after the last attempt", () =>
    rolledBack(client, async () => {
      await setReload(client, { below: 100, add: 10 });
      await give(50);
      expect(await debit(1, 0)).toBe("requested");
      await decline(await claim(30), 31);
      expect(await debit(1, 89)).toBe("cooling down");
      expect(await debit(1, 90)).toBe("requested");
      await book(await claim(91), "pi_2", 92);
      expect(await debit(1, 150)).toBe("cooling down");
      expect(await debit(1, 151)).toBe("requested");
    }));

  it("within the monthly cap, which excludes declined ones and starts again each month", () =>
    rolledBack(client, async () => {
      await setReload(client, { below: 100, add: 10, monthlyCap: 25 });
      await give(50);
      const steps: [day: number, said: string, paid: boolean][] = [
        [0, "requested", true],
        [1, "requested", false],
        [2, "requested", true],
        [3, "capped", false],
        [15, "capped", false],
        [16, "requested", true],
      ];
      for (const [day, said, paid] of steps) {
        expect(await debit(1, day * DAYS), `on day ${day}`).toBe(said);
        const id = await claim(day * DAYS);
        if (paid) await book(id, `pi_${day}`);
        else if (id !== undefined) await decline(id);
      }
    }));

  it("not after four declines in a row, until it is resumed", () =>
    rolledBack(client, async () => {
      await setReload(client, { below: 100, add: 10 });
      await give(50);
      for (const day of [0, 1, 2, 3]) {
        expect(await debit(1, day * DAYS)).toBe("requested");
        await decline(await claim(day * DAYS));
      }
      expect(await debit(1, 4 * DAYS)).toBe("paused");
      await client.query("select private.resume_reloads($1, 'data')", [ORGANIZATION]);
      expect(await debit(1, 5 * DAYS)).toBe("requested");
    }));

  it.each([
    ["other settings", "update public.wallets set reload_add = 11", "requested"],
    ["a higher cap", "update public.wallets set reload_monthly_cap = 1000", "requested"],
    ["the same settings", "update public.wallets set reload_add = 10, reload_below = 100", "paused"],
  ])("after a permanent decline, if somebody declares %s", (_, change, said) =>
    rolledBack(client, async () => {
      await setReload(client, { below: 100, add: 10 });
      await give(50);
      await debit(1);
      await client.query("select private.decline_reload($1, 'amount_too_small', true)", [await claim(1)]);
      expect(await debit(1, 1 * DAYS)).toBe("paused");
      await client.query(change);
      expect(await debit(1, 2 * DAYS)).toBe(said);
    }),
  );

  it("not for less than Stripe charges", () =>
    rolledBack(client, async () => {
      await setReload(client, { below: 95, upTo: 100 });
      await client.query("update public.wallet_types set minimum_reload = 50");
      await give(100);
      expect(await debit(10, 0)).toBe("too small");
      expect(await debit(40, 1)).toBe("requested");
      await client.query("update public.wallet_types set minimum_reload = null");
      await decline(await claim(2), 2);
      expect(await debit(1, 2 * DAYS)).toBe("too small");
    }));

  it("after three declines, a payment and three more", () =>
    rolledBack(client, async () => {
      await setReload(client, { below: 100, add: 10 });
      await give(50);
      for (const day of [0, 1, 2, 3, 4, 5, 6, 7]) {
        expect(await debit(1, day * DAYS)).toBe("requested");
        const id = await claim(day * DAYS);
        await (day === 3 ? book(id) : decline(id));
      }
      expect(await debit(1, 8 * DAYS)).toBe("paused");
    }));

  it("not after a permanent decline", () =>
    rolledBack(client, async () => {
      await setReload(client, { below: 100, add: 10 });
      await give(50);
      await debit(1);
      await decline(await claim(), 0, true);
      expect(await debit(1, DAYS)).toBe("paused");
    }));
});

describe("an open request", () => {
  const requested = (work: () => Promise<unknown>) =>
    rolledBack(client, async () => {
      await setReload(client, { below: 10, add: 50 });
      await give(5);
      await debit(1);
      await work();
    });

  it("is handed out once, and again after its lease expires", () =>
    requested(async () => {
      const id = await claim(0);
      expect(id).toBeDefined();
      expect(await claim(14)).toBeUndefined();
      expect(await claim(15)).toBe(id);
      expect(await claim(16)).toBeUndefined();
    }));

  it("is withdrawn when auto-reload is switched off, unless it may have been paid", () =>
    requested(async () => {
      const off = () => client.query("update public.wallets set reload_enabled = false");
      await client.query("savepoint open");
      await off();
      expect(await claim()).toBeUndefined();
      expect(await reloads()).toEqual([{ state: "withdrawn", amount: 50 }]);
      await client.query("rollback to savepoint open");
      const id = await claim(0);
      await off();
      expect(await claim(15)).toBe(id);
    }));

  it("is booked once by its payment", () =>
    requested(async () => {
      const id = await claim();
      const first = await book(id);
      expect((await book(id)).rows).toEqual(first.rows);
      expect(await failure(client, BOOK, [id, "pi_2", at(0)]), "another payment").toBe("23505");
      expect(await failure(client, DECLINE, [id, false, at(0)]), "a decline").toBe("23001");
      expect(await sumsOf(client)).toEqual(addsUpTo(54));
    }));

  it("is declined once", () =>
    requested(async () => {
      const id = await claim();
      const first = await decline(id);
      expect((await decline(id)).rows).toEqual(first.rows);
      const { rows } = await client.query("select reload_declines as n from public.wallets");
      expect(rows).toEqual([{ n: 1 }]);
    }));

  it("that was declined is booked if its payment arrives later", () =>
    requested(async () => {
      const id = await claim();
      await decline(id);
      await book(id);
      expect(await reloads()).toEqual([{ state: "done", amount: 50 }]);
      expect(await sumsOf(client)).toEqual(addsUpTo(54));
    }));

  it("that doesn't exist can't be settled", () =>
    requested(async () => {
      expect(await failure(client, BOOK, [ORGANIZATION, "pi_1", at(0)])).toBe("P0002");
      expect(await failure(client, DECLINE, [ORGANIZATION, false, at(0)])).toBe("P0002");
    }));
});
