import { readFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { snakeCase } from "../../src/control-plane/limits.ts";
import { COUNTED_LIMITS, ENTITLEMENTS } from "../../src/shared/entitlements.ts";
import { type Database, startDatabase } from "../databases/database.ts";

let database: Database;
let client: pg.Client;
beforeAll(async () => {
  database = await startDatabase("control-plane");
  client = await database.connect();
});
afterAll(() => database.stop());

const ALL = Object.entries(ENTITLEMENTS);
const columns = ALL.map(([name]) => snakeCase(name)).sort();
const rates = ALL.filter(([, it]) => it.kind === "limit" && !("noun" in it)).map(([name]) => snakeCase(name));

async function texts(query: string): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(query);
  return rows.map(({ text }) => text);
}

describe("the entitlements", () => {
  it.each([
    [
      "plans",
      ["credits", "display_name", "monthly_amount", "name", "plan_name", "plan_version", "platform_id"],
    ],
    ["quotas", ["organization_id"]],
  ])("are the columns of %s", async (table, others) => {
    const found = await texts(
      `select column_name as text from information_schema.columns where table_name = '${table}' and table_schema = 'public'
       and column_name not in ('managed_by', 'created_at') and column_name not like 'stripe_%' order by 1`,
    );
    expect(found.filter((column) => !others.includes(column))).toEqual(columns);
  });

  it("are copied to an organization that is founded in the product", async () => {
    const [source = ""] = await texts(
      "select prosrc as text from pg_proc where oid = 'private.found_organization'::regproc",
    );
    const [, written = "", read = ""] =
      /insert into public\.quotas \(([^)]*)\)\s*select ([^;]*?) from/.exec(source) ?? [];
    for (const list of [written, read])
      expect(columns.filter((column) => !list.includes(column))).toEqual([]);
  });

  it("that count things are those of the view", async () => {
    const [definition = ""] = await texts("select pg_get_viewdef('private.limit_uses'::regclass) as text");
    const named = [...definition.matchAll(/'(\w+)'::text AS limit_name|^ +'(\w+)'::text/gm)];
    const found = new Set(named.map(([, first, second]) => first ?? second));
    expect([...found].sort()).toEqual(COUNTED_LIMITS.toSorted());
  });

  it("that are rates are the quotas that can be consumed", async () => {
    const [check = ""] = await texts(
      `select pg_get_constraintdef(oid) as text from pg_constraint
       where conrelid = 'public.quota_usage'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%rpm%'`,
    );
    expect([...check.matchAll(/'(\w+)'::text/g)].map(([, name]) => name).sort()).toEqual(rates.toSorted());
  });

  it("are listed in the glossary", () => {
    const glossary = readFileSync(join(import.meta.dirname, "../../docs/glossary.md"), "utf8");
    const [, list = ""] = /^\| entitlement \| [^:]*: ([^|]*) \|/m.exec(glossary) ?? [];
    const words = Object.keys(ENTITLEMENTS).map((name) => snakeCase(name).replaceAll("_", " "));
    expect(list.replaceAll("-", " ").split(", ").sort()).toEqual(words.sort());
  });
});
