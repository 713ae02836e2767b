import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, failure, rolledBack, startDatabase } from "../databases/database.ts";
import { insertOrganization, WORKSPACES } from "./wallet.ts";

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
  await insertOrganization(client);
  await client.query("update public.quotas set rpm = 10, webhook_events = 100");
});
afterAll(() => database.stop());

interface Answer {
  readonly allowed: boolean;
  readonly remaining: number | null;
  readonly wait: number | null;
}

async function consume(quota: string, amount: number, at: string, workspace = 0): Promise<Answer> {
  const { rows } = await client.query<Answer>(
    `select allowed, remaining::int, extract(epoch from wait)::float8 as wait
     from private.consume_quota($1, $2, $3, $4)`,
    [WORKSPACES[workspace], quota, amount, at],
  );
  return rows[0] as Answer;
}

const yes = (remaining: number | null): Answer => ({ allowed: true, remaining, wait: null });
const no = (remaining: number, wait: number | null): Answer => ({ allowed: false, remaining, wait });

describe("a quota", () => {
  it("of requests is shared by the workspaces, and starts again each minute", () =>
    rolledBack(client, async () => {
      expect(await consume("rpm", 6, "2026-06-15T12:00:01Z", 0)).toEqual(yes(4));
      expect(await consume("rpm", 6, "2026-06-15T12:00:15Z", 1)).toEqual(no(4, 45));
      expect(await consume("rpm", 4, "2026-06-15T12:00:20Z", 1)).toEqual(yes(0));
      expect(await consume("rpm", 1, "2026-06-15T12:00:59.5Z")).toEqual(no(0, 0.5));
      expect(await consume("rpm", 1, "2026-06-15T12:01:00Z")).toEqual(yes(9));
    }));

  it("of webhook events starts again each month", () =>
    rolledBack(client, async () => {
      expect(await consume("webhook_events", 100, "2026-06-30T23:00:00Z")).toEqual(yes(0));
      expect(await consume("webhook_events", 1, "2026-06-30T23:00:00Z")).toEqual(no(0, 3600));
      expect(await consume("webhook_events", 1, "2026-07-01T00:00:00Z")).toEqual(yes(99));
      expect(await consume("rpm", 10, "2026-07-01T00:00:00Z"), "apart from the other").toEqual(yes(0));
    }));

  it("returns no waiting time for a request above the whole quota", () =>
    rolledBack(client, async () => {
      expect(await consume("rpm", 11, "2026-06-15T12:00:00Z")).toEqual(no(10, null));
    }));

  it("of zero allows nothing, and an unlimited one everything", () =>
    rolledBack(client, async () => {
      await client.query("update public.quotas set rpm = 0, webhook_events = null");
      expect(await consume("rpm", 1, "2026-06-15T12:00:00Z")).toEqual(no(0, null));
      expect(await consume("webhook_events", 1_000_000, "2026-06-15T12:00:00Z")).toEqual(yes(null));
    }));

  it("allows nothing more once it is lowered below the use", () =>
    rolledBack(client, async () => {
      await consume("rpm", 8, "2026-06-15T12:00:00Z");
      await client.query("update public.quotas set rpm = 5");
      expect(await consume("rpm", 1, "2026-06-15T12:00:30Z")).toEqual(no(0, 30));
    }));

  it("counts late requests of the previous minute in the current one", () =>
    rolledBack(client, async () => {
      await consume("rpm", 9, "2026-06-15T12:01:00Z");
      expect(await consume("rpm", 2, "2026-06-15T12:00:59Z")).toEqual(no(1, 61));
      expect(await consume("rpm", 1, "2026-06-15T12:00:59Z")).toEqual(yes(0));
    }));

  it.each([
    ["another quota", [WORKSPACES[0], "seats", 1], "22023"],
    ["less than one", [WORKSPACES[0], "rpm", 0], "22023"],
    ["a workspace that there isn't", ["00000000-0000-4000-8000-000000000000", "rpm", 1], "P0002"],
  ])("of %s is refused", async (_, values, code) => {
    await rolledBack(client, async () => {
      expect(await failure(client, "select public.consume_quota($1, $2, $3)", values)).toBe(code);
    });
  });

  it("is given out exactly once to parallel callers", async () => {
    const clients = await Promise.all(Array.from({ length: 32 }, () => database.connect()));
    const answers = await Promise.all(
      clients.map(async (one, index) => {
        const said: (boolean | undefined)[] = [];
        for (let call = 0; call < 5; call++) {
          const { rows } = await one.query<{ allowed: boolean }>(
            "select allowed from public.consume_quota($1, 'webhook_events')",
            [WORKSPACES[index % 2]],
          );
          said.push(rows[0]?.allowed);
        }
        return said;
      }),
    ).then((all) => all.flat());
    expect(answers.filter((allowed) => allowed)).toHaveLength(100);
    expect(answers.filter((allowed) => allowed === false)).toHaveLength(60);
  });
});
