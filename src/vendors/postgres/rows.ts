import type { Query } from "./database.ts";
import { escapeIdentifier } from "./quote.ts";

/** The rows of one table that a manifest declares: those of one owner, say an organization's members. */
export interface RowSet {
  /** Schema and name, as `public.members`. */
  readonly table: string;
  /** Columns that say whose the rows are, with their values. Empty: the whole table. */
  readonly scope: Readonly<Record<string, string>>;
  /** The columns of a unique key. */
  readonly key: readonly string[];
  /** All columns that are written, beyond the scope. */
  readonly columns: readonly string[];
}

export type Row = Readonly<Record<string, unknown>>;

/**
 * Makes the rows that the manifest manages these, in this order, and touches only what differs.
 *
 * Rows that the app manages stay; one that is declared here becomes the manifest's.
 */
export async function syncRows(query: Query, set: RowSet, rows: readonly Row[]): Promise<void> {
  await removeOthers(query, set, rows);
  if (rows.length > 0) await upsert(query, set, rows);
}

/** Makes one row this, with what its scope says, and touches it only where it differs. */
export async function syncRow(query: Query, set: RowSet, row: Row): Promise<void> {
  await upsert(query, set, [row]);
}

/** The rows of the scope, as JSON: numbers, dates and lists in their plain form. */
export async function readRows(
  query: Query,
  set: RowSet,
  managedBy: "manifest" | "anyone" = "manifest",
): Promise<readonly Row[]> {
  const { condition, values } = scoped(set, managedBy);
  const found = await query<{ row: Row }>(
    `select to_jsonb(found) as row from (select ${list(set.columns)} from ${name(set.table)} as held
     where ${condition} order by ${list(set.key)}) as found`,
    values,
  );
  return found.map(({ row }) => row);
}

async function removeOthers(query: Query, set: RowSet, rows: readonly Row[]): Promise<void> {
  const { condition, values } = scoped(set, "manifest");
  const same = set.key.map((column) => `held.${escapeIdentifier(column)} = kept.${escapeIdentifier(column)}`);
  await query(
    `delete from ${name(set.table)} as held where ${condition} and not exists (
       select from jsonb_populate_recordset(null::${name(set.table)}, $${values.length + 1}) as kept
       where ${same.join(" and ")})`,
    [...values, JSON.stringify(rows.map((row) => ({ ...row, ...set.scope })))],
  );
}

async function upsert(query: Query, set: RowSet, rows: readonly Row[]): Promise<void> {
  const columns = [...new Set([...Object.keys(set.scope), ...set.columns, "managed_by"])];
  const written = columns.filter((column) => !set.key.includes(column));
  const sides = (side: string) => written.map((column) => `${side}.${escapeIdentifier(column)}`).join(", ");
  const assignments = written.map(
    (column) => `${escapeIdentifier(column)} = excluded.${escapeIdentifier(column)}`,
  );
  await query(
    `insert into ${name(set.table)} as held (${list(columns)})
     select ${list(columns)} from jsonb_populate_recordset(null::${name(set.table)}, $1)
     on conflict (${list(set.key)}) do update set ${assignments.join(", ")}
     where (${sides("held")}) is distinct from (${sides("excluded")})`,
    [JSON.stringify(rows.map((row) => ({ ...row, ...set.scope, managed_by: "manifest" })))],
  );
}

function scoped(set: RowSet, managedBy: "manifest" | "anyone"): { condition: string; values: string[] } {
  const conditions = Object.keys(set.scope).map(
    (column, index) => `held.${escapeIdentifier(column)} = $${index + 1}`,
  );
  if (managedBy === "manifest") conditions.push("held.managed_by = 'manifest'");
  return { condition: conditions.join(" and ") || "true", values: Object.values(set.scope) };
}

function name(table: string): string {
  return table.split(".").map(escapeIdentifier).join(".");
}

function list(columns: readonly string[]): string {
  return columns.map(escapeIdentifier).join(", ");
}
