import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

const REVERSE = "select reversed::int, taken_back::int from private.reverse_reload($1, $2, $3)";

async function debit(key: string, amount: number): Promise<boolean | undefined> {
  const { rows } = await client.query<{ booked: boolean }>(
    "select booked from private.debit_wallet($1, $2, 'data', $3, 'read', '{}', null, null)",
    [key, WORKSPACES[0], amount],
  );
  return rows[0]?.booked;
}

async function give(key: string, amount: number): Promise<void> {
  await client.query("select private.post_wallet_entry($1, $2, 'data', 'plan', $3, 'app')", [
    key,
    ORGANIZATION,
    amount,
  ]);
}

/** Creates a wallet with 4 granted and 50 bought credits. Returns the reload. */
async function bought(): Promise<string> {
  await setReload(client, { below: 10, add: 50 });
  await give("granted", 5);
  await debit("first", 1);
  const { rows } = await client.query<{ id: string }>("select id from private.claim_reload()");
  const id = rows[0]?.id ?? "";
  await client.query("select private.book_reload($1, 'pi_1')", [id]);
  return id;
}

async function reverse(id: string, credits: number, disputed = false): Promise<unknown> {
  return (await client.query(REVERSE, [id, credits, disputed])).rows[0];
}

async function reloads(): Promise<string | null> {
  await client.query("update public.reloads set requested_at = now() - interval '1 day', claimed_at = null");
  const { rows } = await client.query<{ reload: string | null }>(
    "select reload from private.debit_wallet('asks', $1, 'data', 1000, 'read', '{}', null, null)",
    [WORKSPACES[0]],
  );
  return rows[0]?.reload ?? null;
}

describe("a reload whose payment was refunded or disputed", () => {
  it("loses its credits, its own first, and a repeated report changes nothing", () =>
    rolledBack(client, async () => {
      const id = await bought();
      expect(await reverse(id, 20)).toEqual({ reversed: 20, taken_back: 20 });
      expect(await reverse(id, 20)).toEqual({ reversed: 20, taken_back: 20 });
      expect(await sumsOf(client)).toEqual(addsUpTo(34));
      const { rows } = await client.query(
        "select bought, remaining::int from public.wallet_credits order by bought",
      );
      expect(rows).toEqual([
        { bought: false, remaining: 4 },
        { bought: true, remaining: 30 },
      ]);
    }));

  it("never makes a balance negative: spent credits are owed, and collected from the next credits", () =>
    rolledBack(client, async () => {
      const id = await bought();
      await debit("spends", 40);
      expect(await reverse(id, 50)).toEqual({ reversed: 50, taken_back: 14 });
      expect(await sumsOf(client)).toEqual(addsUpTo(0));
      await give("next month", 100);
      const settle = "select private.settle_reversals()::int as credits";
      expect((await client.query(settle)).rows).toEqual([{ credits: 36 }]);
      expect((await client.query(settle)).rows).toEqual([{ credits: 0 }]);
      expect(await sumsOf(client)).toEqual(addsUpTo(64));
    }));

  it("gets its credits back when a dispute is won", () =>
    rolledBack(client, async () => {
      const id = await bought();
      await debit("spends", 14);
      expect(await reverse(id, 50, true)).toEqual({ reversed: 50, taken_back: 40 });
      expect(await reverse(id, 0)).toEqual({ reversed: 0, taken_back: 0 });
      expect(await sumsOf(client)).toEqual(addsUpTo(40));
    }));

  it("pauses auto-reload after a dispute until it is resumed, but not after a refund", () =>
    rolledBack(client, async () => {
      const id = await bought();
      await client.query("savepoint bought");
      await reverse(id, 50, true);
      expect(await reloads()).toBe("paused");
      await client.query("rollback to savepoint bought");
      await reverse(id, 50);
      expect(await reloads()).toBe("requested");
    }));

  it("can't be reversed before it was paid, or above its amount", () =>
    rolledBack(client, async () => {
      const id = await bought();
      expect(await failure(client, REVERSE, [id, 51, false])).toBe("23514");
      expect(await failure(client, REVERSE, [ORGANIZATION, 1, false])).toBe("P0002");
      await reloads();
      const { rows } = await client.query("select id from public.reloads where state = 'requested'");
      expect(await failure(client, REVERSE, [rows[0]?.id, 1, false])).toBe("23001");
    }));
});
