import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deriveDatabasePassword } from "../../../src/shared/derive.ts";
import { stableId } from "../../../src/shared/ids.ts";
import { sessionPooler } from "../../../src/vendors/supabase/pooler.ts";
import { type Live, SUPABASE_ORGANIZATION, startLive } from "../../provider/live.ts";

let live: Live;
let ref: string;
const POOL_SIZE = 3;

beforeAll(async () => {
  live = await startLive();
  ref = await live.project("full");
  const answer = await fetch(`${live.sandbox.supabaseUrl}/v1/projects/${ref}/config/database/pooler`, {
    method: "PATCH",
    headers: {
      authorization: `Bearer ${live.sandbox.env.SUPABASE_ACCESS_TOKEN}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ default_pool_size: POOL_SIZE }),
  });
  expect(answer.status).toBe(200);
});
afterAll(() => live.stop());

/** A session of another program. */
async function session(): Promise<pg.Client> {
  const { supabase, roots } = live.context()("look");
  const { host, port, user, database } = await sessionPooler(supabase, ref);
  const from = { id: stableId("full"), generation: 1 };
  const password = deriveDatabasePassword(roots.current.secret, from).reveal();
  const client = new pg.Client({ host, port, user, database, password });
  await client.connect();
  return client;
}

const isFull = () =>
  expect(session()).rejects.toThrow(
    `(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: ${POOL_SIZE}`,
  );

const controlPlane = () =>
  live
    .context()("write")
    .controlPlane({
      organization: SUPABASE_ORGANIZATION,
      name: `full--${stableId("full").slice(0, 8)}`,
    });

test("a full pool is waited for", async () => {
  const others = [await session(), await session(), await session()];
  await isFull();
  const database = await controlPlane();
  const read = database.read((query) => query("select 1 as one"));
  await isFull();
  await others[0]?.end();
  expect(await read).toEqual([{ one: 1 }]);
  await Promise.all(others.slice(1).map((each) => each.end()));
});

test("five runs of four sessions each share a pool of three", async () => {
  const runs = await Promise.all(Array.from({ length: 5 }, controlPlane));
  const reads = runs.flatMap((database) =>
    Array.from({ length: 4 }, () => database.read((query) => query("select pg_sleep(0.05)"))),
  );
  expect(await Promise.all(reads)).toHaveLength(20);
});

test("a session that nobody uses is given back", async () => {
  const database = await controlPlane();
  await database.read((query) => query("select 1"));
  // Ends once the pools of all runs have let go.
  for (;;) {
    const clients = await Promise.allSettled([session(), session(), session()]);
    await Promise.all(clients.map((each) => (each.status === "fulfilled" ? each.value.end() : undefined)));
    if (clients.every(({ status }) => status === "fulfilled")) return;
  }
});
