import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { as, type Database, failure, rolledBack, startDatabase } from "../databases/database.ts";
import { ISSUER } from "../isolation/world.ts";
import { ADA, addsUpTo, insertOrganization, ORGANIZATION, sumsOf, WORKSPACES } from "./wallet.ts";

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
  await insertOrganization(client);
});
afterAll(() => database.stop());

const NOON = Date.parse("2026-06-15T12:00:00Z");
const DAY = 86_400_000;
const day = (number: number) => new Date(NOON + number * DAY).toISOString();

async function credit(key: string, kind: string, amount: number, expires?: number): Promise<void> {
  await client.query(
    `select private.post_wallet_entry($1, $2, 'data', $3, $4, 'app',
       entry_expires_at => $5)`,
    [key, ORGANIZATION, kind, amount, expires === undefined ? null : day(expires)],
  );
}

interface Debit {
  readonly booked: boolean;
  readonly entry_id: string | null;
  readonly balance: string;
}

const DEBIT = "select * from private.debit_wallet($1, $2, 'data', $3, 'read', '{}', null, null, $4)";

async function debit(key: string, amount: number, today = 0, workspace = 0): Promise<Debit> {
  const { rows } = await client.query<Debit>(DEBIT, [key, WORKSPACES[workspace], amount, day(today)]);
  return rows[0] as Debit;
}

async function refund(key: string, debitKey: string, amount: number | null, workspace = 0) {
  const { rows } = await client.query("select * from private.refund_debit($1, $2, $3, $4)", [
    key,
    WORKSPACES[workspace],
    debitKey,
    amount,
  ]);
  return rows[0] as { refunded: string; balance: string };
}

/** The remaining credits, by the key of their entry. */
async function left(): Promise<Record<string, number>> {
  const { rows } = await client.query<{ key: string; remaining: number }>(
    `select key, remaining::int from public.wallet_credits join public.wallet_entries on id = entry_id order by key`,
  );
  return Object.fromEntries(rows.map(({ key, remaining }) => [key, remaining]));
}

describe("a debit", () => {
  it("uses granted credits before bought ones, and those that expire first", () =>
    rolledBack(client, async () => {
      await credit("bought", "purchase", 10);
      await credit("bought, lapses", "purchase", 10, 1);
      await credit("for ever", "opening", 10);
      await credit("late", "plan", 10, 9);
      await credit("soon", "trial", 10, 3);
      const order = ["soon", "late", "for ever", "bought, lapses", "bought"];
      for (const [index, key] of order.entries()) {
        await debit(`half ${index}`, 5);
        expect(await left()).toEqual(
          Object.fromEntries(order.slice(index).map((name) => [name, name === key ? 5 : 10])),
        );
        await debit(`rest ${index}`, 5);
      }
      expect(await sumsOf(client)).toEqual(addsUpTo(0));
    }));

  it("is booked once by its key, for its workspace, with its purpose", () =>
    rolledBack(client, async () => {
      await credit("plan", "plan", 10);
      const first = await debit("call", 4);
      expect(first).toMatchObject({ booked: true, balance: "6" });
      expect(await debit("call", 4)).toEqual(first);
      await debit("rest", 6);
      expect(await debit("call", 4), "when nothing is left").toMatchObject({
        booked: true,
        entry_id: first.entry_id,
      });
      const { rows } = await client.query(
        `select workspace_id, operation, credits::int from public.usage_logs order by credits`,
      );
      expect(rows).toEqual([
        { workspace_id: WORKSPACES[0], operation: "read", credits: 4 },
        { workspace_id: WORKSPACES[0], operation: "read", credits: 6 },
      ]);
    }));

  it("that is too large doesn't change the wallet, and can be repeated", () =>
    rolledBack(client, async () => {
      await credit("plan", "plan", 10);
      expect(await debit("call", 11)).toMatchObject({ booked: false, entry_id: null, balance: "10" });
      expect(await sumsOf(client)).toEqual(addsUpTo(10));
      await credit("more", "plan", 1);
      expect(await debit("call", 11)).toMatchObject({ booked: true, balance: "0" });
    }));

  it.each([
    ["another amount under the same key", ["call", WORKSPACES[0], "data", 2], "23505"],
    ["another workspace under the same key", ["call", WORKSPACES[1], "data", 1], "23505"],
    ["a workspace that there isn't", ["x", ADA, "data", 1], "P0002"],
    ["a wallet that there isn't", ["x", WORKSPACES[0], "gold", 1], "P0002"],
    ["nothing", ["x", WORKSPACES[0], "data", 0], "22023"],
    ["less than nothing", ["x", WORKSPACES[0], "data", -1], "22023"],
    ["no amount", ["x", WORKSPACES[0], "data", null], "22023"],
    ["no key", [null, WORKSPACES[0], "data", 1], "22023"],
  ])("of %s is refused", async (_, values, code) => {
    await rolledBack(client, async () => {
      await credit("plan", "plan", 10);
      await debit("call", 1);
      expect(await failure(client, "select public.debit_wallet($1, $2, $3, $4, 'read')", values)).toBe(code);
    });
  });
});

describe("a refund", () => {
  it("returns credits to their entries, the bought ones first", () =>
    rolledBack(client, async () => {
      await credit("granted", "plan", 10, 5);
      await credit("bought", "purchase", 10);
      await debit("call", 15);
      expect(await left()).toEqual({ bought: 5 });
      expect(await refund("part", "call", 7)).toMatchObject({ refunded: "7", balance: "12" });
      expect(await left()).toEqual({ bought: 10, granted: 2 });
      expect(await refund("part", "call", 7), "again").toMatchObject({ refunded: "7", balance: "12" });
      expect(await refund("rest", "call", null)).toMatchObject({ refunded: "8", balance: "20" });
      expect(await refund("rest", "call", null), "again").toMatchObject({ refunded: "8", balance: "20" });
      expect(await left()).toEqual({ bought: 10, granted: 10 });
      expect(await sumsOf(client)).toEqual(addsUpTo(20));
    }));

  it.each([
    ["more than was debited", ["x", WORKSPACES[0], "call", 6], "23514"],
    ["what was refunded already", ["x", WORKSPACES[0], "gone", null], "23514"],
    ["another debit under the same key", ["used", WORKSPACES[0], "call", 1], "23505"],
    ["another workspace's debit", ["x", WORKSPACES[1], "call", 1], "P0002"],
    ["what is no debit", ["x", WORKSPACES[0], "plan", 1], "P0002"],
  ])("of %s is refused", async (_, values, code) => {
    await rolledBack(client, async () => {
      await credit("plan", "plan", 10);
      await debit("call", 5);
      await debit("gone", 5);
      await refund("used", "gone", null);
      expect(await failure(client, "select public.refund_debit($1, $2, $3, $4)", values)).toBe(code);
    });
  });

  it("above a debit's amount is refused, even for the owner of the tables", () =>
    rolledBack(client, async () => {
      await credit("plan", "plan", 10);
      const { entry_id } = await debit("call", 5);
      const insert = `insert into public.wallet_entries
        (organization_id, wallet, key, kind, amount, of_entry_id, managed_by) values ($1, 'data', 'r', 'refund', 6, $2, 'app')`;
      expect(await failure(client, insert, [ORGANIZATION, entry_id])).toBe("23514");
    }));
});

describe("expiring credits", () => {
  it("are booked as an expiry by the next debit, which can't use them", () =>
    rolledBack(client, async () => {
      await credit("month", "plan", 10, 1);
      await credit("bought", "purchase", 5);
      expect(await debit("in time", 2, 0)).toMatchObject({ booked: true, balance: "13" });
      expect(await debit("late", 6, 1)).toMatchObject({ booked: false, balance: "5" });
      const { rows } = await client.query(
        "select amount::int from public.wallet_entries where kind = 'expiry'",
      );
      expect(rows).toEqual([{ amount: -8 }]);
      expect(await sumsOf(client)).toEqual(addsUpTo(5));
    }));

  it("are booked once for all wallets, and again after a refund returned some", () =>
    rolledBack(client, async () => {
      const expire = async () =>
        (await client.query("select private.expire_credits($1)::int as expired", [day(2)])).rows[0].expired;
      await credit("month", "plan", 10, 1);
      await debit("call", 4);
      expect(await expire()).toBe(6);
      expect(await expire()).toBe(0);
      await refund("r", "call", null);
      expect(await expire()).toBe(4);
      expect(await sumsOf(client)).toEqual(addsUpTo(0));
    }));
});

describe("spend", () => {
  it("is shown to owners only, by workspace and in total, without refunds", () =>
    rolledBack(client, async () => {
      await credit("plan", "plan", 100);
      await debit("a", 5);
      await debit("b", 7);
      await debit("c", 11, 0, 1);
      await refund("r", "b", 3);
      expect(await sumsOf(client), "one wallet for both workspaces").toEqual(addsUpTo(80));
      const spend = (sub: string) =>
        as(client, { role: "authenticated", claims: { iss: ISSUER, sub } }, async () => {
          const { rows } = await client.query(
            "select workspace_id, credits::int, debits::int from public.wallet_spend order by workspace_id nulls first",
          );
          return rows;
        });
      expect(await spend(ADA)).toEqual([
        { workspace_id: null, credits: 20, debits: 3 },
        { workspace_id: WORKSPACES[0], credits: 9, debits: 2 },
        { workspace_id: WORKSPACES[1], credits: 11, debits: 1 },
      ]);
      expect(await spend(WORKSPACES[0])).toEqual([]);
    }));
});

describe("after any operations on a wallet", () => {
  const amount = fc.integer({ min: 1, max: 40 });
  const key = fc.constantFrom("a", "b", "c", "d", "e");
  const step = fc.oneof(
    fc.record({
      do: fc.constant("credit" as const),
      key: fc.nat(30).map((number) => `credit ${number}`),
      kind: fc.constantFrom("plan", "trial", "purchase"),
      amount: fc.integer({ min: 1, max: 100 }),
      days: fc.option(fc.integer({ min: -1, max: 6 }), { nil: undefined }),
    }),
    fc.record({ do: fc.constant("debit" as const), key, amount, workspace: fc.nat(1) }),
    fc.record({ do: fc.constant("debit" as const), key, amount, workspace: fc.nat(1) }),
    fc.record({
      do: fc.constant("refund" as const),
      key,
      of: key,
      part: fc.option(amount),
      workspace: fc.nat(1),
    }),
    fc.record({ do: fc.constant("expire" as const) }),
    fc.record({ do: fc.constant("wait" as const), days: fc.integer({ min: 1, max: 3 }) }),
  );

  it("entries, remaining credits, allocations and usage add up", async () => {
    let booked = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25, size: "max" }), (steps) =>
        rolledBack(client, async () => {
          let today = 0;
          const apply = (one: (typeof steps)[number]): Promise<unknown> => {
            if (one.do === "credit")
              return credit(
                one.key,
                one.kind,
                one.amount,
                one.days === undefined ? undefined : today + one.days,
              );
            if (one.do === "debit") return debit(one.key, one.amount, today, one.workspace);
            if (one.do === "refund") return refund(one.key, one.of, one.part, one.workspace);
            if (one.do === "expire") return client.query("select private.expire_credits($1)", [day(today)]);
            today += one.days;
            return Promise.resolve();
          };
          for (const one of steps) {
            await client.query("savepoint step");
            await apply(one).catch(async (error: pg.DatabaseError) => {
              // A key used for something else, a debit that isn't there, more than is left of it.
              expect(["23505", "P0002", "23514"]).toContain(error.code);
              await client.query("rollback to savepoint step");
            });
          }
          const { balance } = await sumsOf(client);
          expect(balance).toBeGreaterThanOrEqual(0);
          expect(await sumsOf(client)).toEqual(addsUpTo(balance));
          const { rows } = await client.query(
            "select count(*)::int as n from public.wallet_entries where amount < 0 or of_entry_id is not null",
          );
          booked += rows[0].n;
        }),
      ),
      { numRuns: 60 },
    );
    expect(booked, "debits, refunds and expiries that were tried").toBeGreaterThan(60);
  });
});

describe("two debits at the same time", () => {
  /** Until so many connections wait for others. */
  async function waiting(connections: number): Promise<void> {
    const sql = "select from pg_stat_activity where wait_event_type = 'Lock'";
    while (((await client.query(sql)).rowCount ?? 0) < connections);
  }

  /** The second begins while the first is not committed yet. */
  async function race(
    first: [key: string, amount: number],
    second: [key: string, amount: number],
  ): Promise<Debit[]> {
    const others = [await database.connect(), await database.connect()];
    const book = async (on: pg.Client | undefined, [key, amount]: [string, number]) => {
      await on?.query("begin");
      const sql = "select * from private.debit_wallet($1, $2, 'data', $3, 'read', '{}', null, null)";
      return (await on?.query<Debit>(sql, [key, WORKSPACES[0], amount]))?.rows[0] as Debit;
    };
    const before = await book(others[0], first);
    const after = book(others[1], second);
    await waiting(1);
    await others[0]?.query("commit");
    const debits = [before, await after];
    await others[1]?.query("commit");
    return debits;
  }

  it("are booked as far as the credits last, and those with the same key once", async () => {
    await credit("plan", "plan", 10);
    expect(await race(["a", 6], ["b", 6])).toMatchObject([
      { booked: true, balance: "4" },
      { booked: false, entry_id: null, balance: "4" },
    ]);
    const [once, again] = await race(["c", 3], ["c", 3]);
    expect(again).toEqual(once);
    expect(await sumsOf(client)).toEqual(addsUpTo(1));
  });

  it("never spend expired credits that a refund gives back meanwhile", async () => {
    await credit("lapses", "plan", 5, 3);
    const spent = await debit("all", 6, 0);
    expect(spent).toMatchObject({ booked: true, balance: "0" });
    const [refunding, debiting] = [await database.connect(), await database.connect()];
    await refunding.query("begin");
    await refunding.query("select * from private.refund_debit('back', $1, 'all', null)", [WORKSPACES[0]]);
    const taking = debiting.query<Debit>(DEBIT, ["late", WORKSPACES[0], 6, day(4)]);
    await waiting(1);
    await refunding.query("commit");
    expect((await taking).rows).toMatchObject([{ booked: false, balance: "1" }]);
    expect(await sumsOf(client)).toEqual(addsUpTo(1));
  });

  it("with the same key are booked once, even if only one of them books expired credits", async () => {
    await credit("plan, later", "plan", 10);
    await credit("month", "plan", 10, 1);
    const [holder, late, early] = [
      await database.connect(),
      await database.connect(),
      await database.connect(),
    ];
    const book = async (on: pg.Client, today: number): Promise<Debit> =>
      (await on.query(DEBIT, ["race", WORKSPACES[0], 1, day(today)])).rows[0];
    // The one that ends credits has the wallet, and is held before it comes to its key.
    await holder.query("begin");
    await holder.query("select from public.wallet_credits where expires_at is not null for update");
    const ending = book(late, 2);
    await waiting(1);
    const taking = book(early, 0);
    await waiting(2);
    await holder.query("commit");
    const [ended, taken] = await Promise.all([ending, taking]);
    expect(ended).toMatchObject({ booked: true });
    expect(taken).toEqual(ended);
    expect(await sumsOf(client)).toEqual(addsUpTo(10));
  });
});
