import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Database, startDatabase } from "../databases/database.ts";
import { addsUpTo, insertOrganization, ORGANIZATION, setReload, sumsOf, WORKSPACES } from "./wallet.ts";

const CLIENTS = 64;
const STEPS = 12;
const CAP = 1_000;

let database: Database;
let superuser: pg.Client;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  superuser = await database.connect();
  await insertOrganization(superuser);
  await setReload(superuser, { below: 200, add: 300, monthlyCap: CAP });
});
afterAll(() => database.stop());

interface Step {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The final responses. Every step is repeated until there is one. */
interface Answered {
  readonly debits: Map<string, number>;
  readonly credits: Map<string, number>;
  readonly refunds: Map<string, number>;
  reconnects: number;
}

it("adds up with 64 clients whose connections are killed at random", async () => {
  const answered: Answered = { debits: new Map(), credits: new Map(), refunds: new Map(), reconnects: 0 };
  const [killing, watching] = [startKilling(), await startWatching()];
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => work(client, answered)));
  const kills = await killing.stop();
  expect(await watching.stop(), "whatever was wrong at any moment").toEqual([]);

  expect(answered.reconnects, "connections that a client lost").toBeGreaterThan(10);
  expect(kills).toBeGreaterThanOrEqual(answered.reconnects);
  const { rows } = await superuser.query<{ kind: string; key: string; amount: number }>(
    "select kind, key, amount::int from public.wallet_entries",
  );
  const booked = (kind: string) =>
    new Map(rows.filter((row) => row.kind === kind).map(({ key, amount }) => [key, Math.abs(amount)]));
  expect(booked("debit"), "every debit that was confirmed, once, and no other").toEqual(answered.debits);
  expect(booked("plan")).toEqual(answered.credits);
  expect(booked("refund")).toEqual(answered.refunds);
  expect(booked("expiry").size, "credits that lapsed meanwhile").toBeGreaterThan(0);
  const balance = rows.reduce((sum, { amount }) => sum + amount, 0);
  expect(await sumsOf(superuser)).toEqual(addsUpTo(balance));

  const reloads = await superuser.query<{ state: string; n: number; credits: number }>(
    "select state, count(*)::int as n, sum(amount)::int as credits from public.reloads group by state",
  );
  const bought = [...booked("purchase").values()].reduce((sum, amount) => sum + amount, 0);
  const requested = reloads.rows.reduce((sum, { credits }) => sum + credits, 0);
  expect(requested, "the month's cap is used as far as it goes").toBe(Math.floor(CAP / 300) * 300);
  expect(reloads.rows.find(({ state }) => state === "done")?.credits).toBe(bought);
});

/** Until a grant lapses: never, in a thousand years, or while others debit. */
const LIFETIMES = [null, "1000 years", "50 milliseconds"] as const;

/** One client: debits, some refunds, some grants, and the work of `tenantry reload`. Two of them say the same at a time. */
async function work(client: number, answered: Answered): Promise<void> {
  const session = new Session(answered);
  const number = client >> 1;
  for (let step = 0; step < STEPS; step++) {
    const key = `${number}-${step}`;
    const amount = 1 + ((number * 7 + step * 13) % 30);
    const workspace = WORKSPACES[number % 2];
    if (step % 6 === 5) {
      await session.run({
        text: "select private.post_wallet_entry($1, $2, 'data', 'plan', $3, 'app', null, now() + $4::interval)",
        values: [key, ORGANIZATION, amount * 2, LIFETIMES[number % LIFETIMES.length]],
      });
      answered.credits.set(key, amount * 2);
    } else {
      const [debit] = await session.run({
        text: "select booked from public.debit_wallet($1, $2, 'data', $3, 'read')",
        values: [key, workspace, amount],
      });
      if (debit?.booked === true) {
        answered.debits.set(`debit:${key}`, amount);
        if (step % 5 === 0) {
          await session.run({
            text: "select public.refund_debit($1, $2, $3)",
            values: [key, workspace, key],
          });
          answered.refunds.set(`refund:${key}`, amount);
        }
      }
    }
    if (step % 4 === 3) await reload(session);
  }
  await session.end();
}

/** The lease is over at once and the hour too: as many payments as the cap allows, each settled by several at a time. */
async function reload(session: Session): Promise<void> {
  const [claimed] = await session.run({
    text: "select id from private.claim_reload(now() - interval '2 hours', '-1 day')",
    values: [],
  });
  if (claimed === undefined) return;
  const pay = {
    text: "select private.book_reload($1, $2)",
    values: [claimed.id, `pi_${String(claimed.id)}`],
  };
  await session.run(pay);
  await session.run({ ...pay });
}

/** A connection that comes back after it was killed, and says the same again. */
class Session {
  #client: pg.Client | undefined;
  readonly #answered: Answered;

  constructor(answered: Answered) {
    this.#answered = answered;
  }

  async run(step: Step): Promise<Record<string, unknown>[]> {
    for (;;) {
      try {
        this.#client ??= await connected();
        return (await this.#client.query(step.text, [...step.values])).rows;
      } catch (error) {
        if (!isLost(error)) throw error;
        this.#answered.reconnects++;
        await this.end();
      }
    }
  }

  async end(): Promise<void> {
    await this.#client?.end().catch((error: unknown) => {
      if (!isLost(error)) throw error;
    });
    this.#client = undefined;
  }
}

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url, application_name: "killable" });
  // What it is told while it waits for nothing; the next query tells again.
  client.on("error", () => {});
  await client.connect();
  return client;
}

function isLost(error: unknown): boolean {
  return (
    error instanceof Error &&
    ((error as pg.DatabaseError).code === "57P01" ||
      /Connection terminated|not queryable|ECONNRESET|EPIPE|Client was closed/.test(error.message))
  );
}

/** Ends one of the clients' connections at a time, chosen by the server, in whatever it is doing. */
function startKilling(): { stop(): Promise<number> } {
  let kills = 0;
  const loop = repeat(superuser, async () => {
    const { rowCount } = await superuser.query(
      `select pg_terminate_backend(pid) from (
         select pid from pg_stat_activity where application_name = 'killable' and state = 'active' order by random() limit 1
       ) as victim`,
    );
    kills += rowCount ?? 0;
  });
  return {
    stop: async () => {
      await loop.stop();
      return kills;
    },
  };
}

/** Looks on, at one moment after the other: what must hold at the end holds all the while. */
async function startWatching(): Promise<{ stop(): Promise<unknown[]> }> {
  const watcher = await database.connect();
  const wrong: unknown[] = [];
  const loop = repeat(watcher, async () => {
    const { rows } = await watcher.query(
      `select balance::int, entries::int, open::int, requested::int from public.wallets,
         (select coalesce(sum(amount), 0) as entries from public.wallet_entries),
         (select count(*) filter (where state in ('requested', 'processing')) as open,
            coalesce(sum(amount), 0) as requested from public.reloads)
       where balance < 0 or balance <> entries or open > 1 or requested > $1`,
      [CAP],
    );
    wrong.push(...rows);
  });
  return {
    stop: async () => {
      await loop.stop();
      return wrong;
    },
  };
}

function repeat(client: pg.Client, work: () => Promise<void>): { stop(): Promise<void> } {
  let going = true;
  const loop = (async () => {
    while (going) {
      await work();
      await client.query("select pg_sleep(0.01)");
    }
  })();
  return {
    stop: async () => {
      going = false;
      await loop;
    },
  };
}
