import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PRIVILEGE_COLUMNS } from "../../../../src/vendors/postgres/closed-world/grants.ts";
import { KINDS, PART_OF_OTHERS } from "../../../../src/vendors/postgres/closed-world/world.ts";
import { type Database, startDatabase } from "../../../databases/database.ts";

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("workspace");
  client = await database.connect();
});
afterAll(() => database.stop());

const covered = new Set(KINDS.flatMap(({ covers }) => covers));

async function names(sql: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(sql);
  return rows.map(({ name }) => name);
}

test("every system catalog of PostgreSQL is covered by a kind or excluded with a reason", async () => {
  const catalogs = await names(
    "select relname as name from pg_class where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' order by 1",
  );
  expect(catalogs.length).toBeGreaterThan(60);
  expect(catalogs.filter((name) => !covered.has(name) && !(name in PART_OF_OTHERS))).toEqual([]);
  expect([...covered, ...Object.keys(PART_OF_OTHERS)].filter((name) => !catalogs.includes(name))).toEqual([]);
});

test("no catalog is both covered and excluded", () => {
  expect(Object.keys(PART_OF_OTHERS).filter((name) => covered.has(name))).toEqual([]);
});

test("every catalog of independent objects is covered", async () => {
  // Object classes that have an oid and dependencies, except those that are parts of another object.
  const parts = ["pg_attrdef", "pg_constraint"];
  const classes = await names(`
    select distinct c.relname as name from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'oid' and a.attnum > 0
    where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r' order by 1`);
  expect(classes.filter((name) => !covered.has(name) && !parts.includes(name))).toEqual([]);
});

test("every access list in the catalogs is compared", async () => {
  const columns = await names(`
    select c.relname || '.' || a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r' and a.atttypid = 'aclitem[]'::regtype
      and c.relname <> 'pg_init_privs' order by 1`);
  expect(columns).toEqual([...PRIVILEGE_COLUMNS].sort());
});
