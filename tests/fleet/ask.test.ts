import { afterAll, beforeAll, expect, test } from "vitest";
import { changesIn, type StackChanges } from "../../src/changes/stack.ts";
import { askVia } from "../../src/fleet/ask.ts";
import { planned, step, view } from "../changes/events.ts";
import { type Live, startLive } from "../provider/live.ts";

let live: Live;
let ref: string;

beforeAll(async () => {
  live = await startLive();
  ref = await live.project("tiny");
  await live.sql(
    ref,
    'set role postgres; create table public."odd ""name" as select n from generate_series(1, 41) as n',
  );
  await live.sql(
    ref,
    "set role postgres; create schema mine; create table mine.empty (id int); create table mine.t as select 1 as id",
  );
});
afterAll(() => live.stop());

/** The changes of a run that changes the project from one state to another. */
function changes(before: string, after: string, id = ref): StackChanges {
  const of = (state: string) => view("tenantry:supabase:Project", "spike", { id, inputs: { state } });
  return changesIn("tiny.acme", [planned(step("update", of(before), of(after)))]);
}

const ask = (of: StackChanges) => askVia(live.context()("look"))(of);
const rows = async (of: StackChanges) => Object.values((await ask(of))?.rows ?? {});

test("counts the rows of a database that is deleted, in every table that somebody made", async () => {
  live.sandbox.clearRequests();
  expect(await rows(changes("active", "deleted"))).toEqual([{ value: 42 }]);
  expect(live.sandbox.requests().filter(({ write }) => write)).toEqual([]);
});

test("asks nothing about a database that stays", async () => {
  live.sandbox.clearRequests();
  expect(await ask(changes("active", "suspended"))).toBeUndefined();
  expect(live.sandbox.requests()).toEqual([]);
});

test("tells why the rows of a database aren't known", async () => {
  expect(await rows(changes("active", "deleted", "zzzzzzzzzzzzzzzzzzzz"))).toEqual([
    { unknown: expect.stringContaining("Supabase") },
  ]);
});
