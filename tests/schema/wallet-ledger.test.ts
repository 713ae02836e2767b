import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, failure, rolledBack, startDatabase } from "../databases/database.ts";
import { insertRows } from "../isolation/probe.ts";
import { rowsOf, uuid, type World } from "../isolation/world.ts";

const ORGANIZATION = uuid("b", 0);
const WORKSPACE = uuid("c", 0);
const world: World = {
  people: [{ id: uuid("a", 0), email: "person-0@example.com", verified: true, account: "confirmed" }],
  organizations: [
    {
      id: ORGANIZATION,
      members: [{ person: 0, role: "owner" }],
      workspaces: [{ id: WORKSPACE, state: "active", granted: [] }],
    },
  ],
};

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
  const { "public.wallet_entries": _, "realtime.messages": __, ...rows } = rowsOf(world);
  await insertRows(client, rows);
});
afterAll(() => database.stop());

const post = "select id from private.post_wallet_entry($1, $2, 'data', $3, $4, 'app', $5)";
const credit = (key: string, amount: number) => [key, ORGANIZATION, "purchase", amount, null];
const debit = (key: string, amount: number) => [key, ORGANIZATION, "debit", -amount, WORKSPACE];

async function balance(): Promise<{ balance: number; sum: number }> {
  const { rows } = await client.query(`select balance::int, (select coalesce(sum(amount), 0)::int
    from public.wallet_entries) as sum from public.wallets`);
  return rows[0];
}

describe("a wallet", () => {
  it("has the sum of its entries as its balance, which is never negative", async () => {
    const steps = fc.array(
      fc.record({
        key: fc.constantFrom("a", "b", "c", "d", "e", "f"),
        amount: fc.integer({ min: -60, max: 60 }).filter((n) => n !== 0),
      }),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(steps, (all) =>
        rolledBack(client, async () => {
          const posted = new Map<string, number>();
          let expected = 0;
          for (const { key, amount } of all) {
            const values = amount > 0 ? credit(key, amount) : debit(key, -amount);
            await client.query("savepoint step");
            const outcome = await client.query(post, values).then(
              () => "done",
              async (error: pg.DatabaseError) => {
                await client.query("rollback to savepoint step");
                return error.code;
              },
            );
            const earlier = posted.get(key);
            const fits = expected + amount >= 0;
            expect(outcome).toBe(
              earlier === undefined ? (fits ? "done" : "23514") : earlier === amount ? "done" : "23505",
            );
            if (earlier === undefined && fits) {
              posted.set(key, amount);
              expected += amount;
            }
          }
          expect(await balance()).toEqual({ balance: expected, sum: expected });
        }),
      ),
      { numRuns: 50 },
    );
  });

  it("gives the last credits to one of many parallel callers, and a key to one entry", async () => {
    await client.query(post, credit("opening", 10));
    const clients = await Promise.all(Array.from({ length: 8 }, () => database.connect()));
    const taken = await Promise.allSettled(
      clients.map((one, index) => one.query(post, debit(`take-${index}`, 4))),
    );
    expect(taken.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    const same = await Promise.all(clients.map((one) => one.query<{ id: string }>(post, credit("same", 5))));
    expect(new Set(same.map(({ rows }) => rows[0]?.id)).size).toBe(1);
    expect(await balance()).toEqual({ balance: 7, sum: 7 });
  });

  it.each([
    ["an entry is changed", "update public.wallet_entries set amount = 99"],
    ["an entry is removed", "delete from public.wallet_entries"],
    ["all entries are removed", "truncate public.wallet_entries cascade"],
    ["a balance is set by hand", "update public.wallets set balance = 99"],
    [
      "a wallet begins with a balance",
      `insert into public.wallets (organization_id, name, balance, reload_enabled, managed_by)
      values ('${ORGANIZATION}', 'data', 5, false, 'app')`,
    ],
    ["a trial is forgotten", "delete from public.trials"],
    ["all trials are forgotten", "truncate public.trials"],
  ])("doesn't allow that %s, even for the owner of the tables", async (_, sql) => {
    await rolledBack(client, async () => {
      await client.query("set local role postgres");
      expect(await failure(client, sql)).toBe("23001");
    });
  });

  it("counts an entry that was skipped as a duplicate only once", async () => {
    await rolledBack(client, async () => {
      const before = await balance();
      const twice = `insert into public.wallet_entries (organization_id, wallet, key, kind, amount, managed_by)
        values ('${ORGANIZATION}', 'data', 'direct', 'plan', 3, 'app') on conflict do nothing`;
      await client.query(twice);
      await client.query(twice);
      expect(await balance()).toEqual({ balance: before.balance + 3, sum: before.sum + 3 });
    });
  });
});

describe("a row of a workspace in", () => {
  it.each(["agent_sessions", "escalations", "usage_logs", "connections", "apps", "cron_jobs", "api_keys"])(
    "%s never moves to another",
    async (table) => {
      await rolledBack(client, async () => {
        await client.query("set local role postgres");
        expect(await failure(client, `update public.${table} set workspace_id = '${uuid("c", 1)}'`)).toBe(
          "23001",
        );
      });
    },
  );

  it.each(["agent_sessions", "escalations", "usage_logs"])("%s always has one", async (table) => {
    const { rows } = await client.query(`select attnotnull from pg_attribute
      where attrelid = 'public.${table}'::regclass and attname = 'workspace_id'`);
    expect(rows).toEqual([{ attnotnull: true }]);
  });
});
