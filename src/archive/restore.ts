import { isDeepStrictEqual } from "node:util";
import { UserError } from "@tenantry/core/errors";
import type { Query } from "../vendors/postgres/database.ts";
import { escapeIdentifier } from "../vendors/postgres/quote.ts";
import { type Contents, haveSameRows, rowCounts, type TableHead } from "./contents.ts";
import { verified } from "./verify.ts";

const BATCH = 500;

/** Tables that decide who has access. The control plane defines that; an archive has outdated members. */
const ACCESS_TABLES: readonly string[] = ["public.workspace_members"];

/** Whether a restore writes a table's rows. It never writes members, or the workspace's settings (in another schema). */
export function isRestored(table: string): boolean {
  return table.startsWith("public.") && !ACCESS_TABLES.includes(table);
}

/** The number of rows by table that a restore writes into an empty workspace. */
export function restorableRows(archive: Contents): Record<string, number> {
  return Object.fromEntries(Object.entries(rowCounts(archive)).filter(([table]) => isRestored(table)));
}

/**
 * The number of existing rows in the tables that a restore writes.
 *
 * @throws UserError if the database lacks a migration or a table of the archive
 */
export async function presentRows(query: Query, archive: Contents): Promise<Record<string, number>> {
  await requireMigrations(query, archive.head.migrations);
  const present: Record<string, number> = {};
  for (const [table, rows] of Object.entries(restorableRows(archive))) {
    if (rows > 0) await requireTable(query, table);
    const exists = rows > 0 || (await hasTable(query, table));
    present[table] = exists ? await countRows(query, table) : 0;
  }
  return present;
}

/**
 * Writes an archive's rows into a database that already has the schema. Existing rows stay unchanged.
 *
 * @param query a query function of one transaction, so that all rows are restored or none
 * @param workspace the id of the database's workspace, which can differ from the archive's
 * @param expected the contents of the archive when it was checked
 * @returns the number of written rows, by table
 * @throws UserError if the database lacks a migration or a table of the archive, or if the file changed since it was checked
 */
export async function restore(
  query: Query,
  workspace: string,
  expected: Contents,
  lines: AsyncIterable<string>,
): Promise<Record<string, number>> {
  const written = Object.fromEntries(Object.keys(restorableRows(expected)).map((table) => [table, 0]));
  let filling: { readonly into: Filling; readonly rows: string[] } | undefined;
  const flush = async () => {
    if (filling === undefined) return;
    const { into, rows } = filling;
    filling = undefined;
    written[into.table] = (written[into.table] ?? 0) + (await into.insert(rows));
  };
  await query("set local search_path = ''");
  // Exempts rows that are older than the text rules.
  await query("set local tenantry.restoring = 'on'");
  const contents = await verified(lines, {
    async begin(head) {
      if (!isDeepStrictEqual(head, expected.head)) throw changed();
      await requireMigrations(query, head.migrations);
    },
    async row(head, line) {
      if (!isRestored(head.table)) return;
      if (filling !== undefined && (filling.into.head !== head || filling.rows.length >= BATCH)) {
        const { into } = filling;
        await flush();
        if (into.head === head) filling = { into, rows: [] };
      }
      filling ??= { into: await Filling.of(query, workspace, head), rows: [] };
      filling.rows.push(line);
    },
  });
  await flush();
  if (!haveSameRows(contents, expected)) throw changed();
  return written;
}

/** Writes the rows of one table. */
class Filling {
  readonly head: TableHead;
  readonly #query: Query;
  readonly #workspace: string;
  readonly #types: ReadonlyMap<string, string>;
  readonly #isFilled: boolean;

  private constructor(
    query: Query,
    workspace: string,
    head: TableHead,
    types: ReadonlyMap<string, string>,
    isFilled: boolean,
  ) {
    this.head = head;
    this.#query = query;
    this.#workspace = workspace;
    this.#types = types;
    this.#isFilled = isFilled;
  }

  static async of(query: Query, workspace: string, head: TableHead): Promise<Filling> {
    await requireTable(query, head.table);
    const columns = await query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [head.table],
    );
    const types = new Map(columns.map(({ name, type }) => [name, type]));
    const missing = head.columns.filter((column) => !types.has(column));
    if (missing.length > 0)
      throw lacking(`the columns ${missing.join(", ")} of ${head.table}`, "Add them, then restore again.");
    // Without a key, rows can't be identified, and a second restore would duplicate them.
    const filled = !(await hasKey(query, head.table)) && (await countRows(query, head.table)) > 0;
    return new Filling(query, workspace, head, types, filled);
  }

  get table(): string {
    return this.head.table;
  }

  /** Returns the number of rows that didn't exist yet. */
  async insert(rows: readonly string[]): Promise<number> {
    if (this.#isFilled) return 0;
    const { table, columns } = this.head;
    const values = columns.map((column, index) =>
      column === "workspace_id" ? "$2::uuid" : `(line ->> ${index})::${this.#types.get(column)}`,
    );
    const [result] = await this.#query<{ written: number }>(
      `with written as (
         insert into ${table} (${columns.map(escapeIdentifier).join(", ")}) overriding system value
         select ${values.join(", ")} from jsonb_array_elements($1::jsonb) as line on conflict do nothing
         returning 1
       )
       select count(*)::int as written from written`,
      [`[${rows.join(",")}]`, ...(columns.includes("workspace_id") ? [this.#workspace] : [])],
    );
    return result?.written ?? 0;
  }
}

async function hasTable(query: Query, table: string): Promise<boolean> {
  const [found] = await query<{ found: boolean }>("select to_regclass($1) is not null as found", [table]);
  return found?.found === true;
}

async function requireTable(query: Query, table: string): Promise<void> {
  if (await hasTable(query, table)) return;
  throw lacking(`the table ${table}`, "Create the table with its former columns, then restore again.");
}

async function hasKey(query: Query, table: string): Promise<boolean> {
  const keys = await query(
    "select from pg_index where indrelid = $1::regclass and indisunique and indpred is null",
    [table],
  );
  return keys.length > 0;
}

async function countRows(query: Query, table: string): Promise<number> {
  const [counted] = await query<{ rows: string }>(`select count(*)::text as rows from only ${table}`);
  return Number(counted?.rows ?? 0);
}

async function requireMigrations(query: Query, required: Readonly<Record<string, string>>): Promise<void> {
  const found = await query<{ name: string; checksum: string }>(
    "select name, checksum from tenantry.migrations",
  );
  const applied = new Map(found.map(({ name, checksum }) => [name, checksum]));
  const missing = Object.keys(required).filter((name) => applied.get(name) !== required[name]);
  if (missing.length === 0) return;
  throw lacking(
    missing.join(", "),
    "Run `up` for the workspace with a version of tenantry that has these migrations, then restore again.",
  );
}

function lacking(what: string, remedy: string): UserError {
  return new UserError(`The database lacks a part of the archive's schema: ${what}.`, { remedy });
}

function changed(): UserError {
  return new UserError("The archive's file changed during the restore. Nothing was written.", {
    remedy: "Copy the file to a place where no other program changes it, then restore from there.",
  });
}
