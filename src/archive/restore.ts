import { UserError } from "../core/errors.ts";
import type { Query } from "../postgres/database.ts";
import { escapeIdentifier } from "../postgres/quote.ts";
import type { Contents, TableHead } from "./contents.ts";
import { verified } from "./verify.ts";

const BATCH = 500;

/**
 * Puts an archive's rows into a database whose schema is there already. Rows that are there stay as they are.
 *
 * @param query of one transaction: all of it is restored or nothing
 * @param workspace the id of the workspace that the database is of, which may be another generation than the archive's
 * @throws UserError when the database lacks a migration that the archive was made with
 */
export async function restore(
  query: Query,
  workspace: string,
  lines: AsyncIterable<string>,
): Promise<Contents> {
  let filling: { readonly table: TableHead; readonly rows: string[] } | undefined;
  const flush = async () => {
    if (filling !== undefined) await insert(query, workspace, filling.table, filling.rows);
    filling = undefined;
  };
  await query("set local search_path = ''");
  const contents = await verified(lines, {
    begin: ({ migrations }) => requireMigrations(query, migrations),
    async row(table, line) {
      if (filling !== undefined && (filling.table !== table || filling.rows.length >= BATCH)) await flush();
      filling ??= { table, rows: [] };
      filling.rows.push(line);
    },
  });
  await flush();
  return contents;
}

async function insert(
  query: Query,
  workspace: string,
  { table, columns }: TableHead,
  rows: readonly string[],
): Promise<void> {
  const types = await query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
    [table],
  );
  const values = columns.map((column, index) => {
    if (column === "workspace_id") return "$2::uuid";
    const type = types.find(({ name }) => name === column)?.type ?? "text";
    return `(line ->> ${index})::${type}`;
  });
  await query(
    `insert into ${table} (${columns.map(escapeIdentifier).join(", ")}) overriding system value
     select ${values.join(", ")} from jsonb_array_elements($1::jsonb) as line on conflict do nothing`,
    [`[${rows.join(",")}]`, ...(columns.includes("workspace_id") ? [workspace] : [])],
  );
}

async function requireMigrations(query: Query, wanted: Readonly<Record<string, string>>): Promise<void> {
  const found = await query<{ name: string; checksum: string }>(
    "select name, checksum from tenantry.migrations",
  );
  const held = new Map(found.map(({ name, checksum }) => [name, checksum]));
  const missing = Object.keys(wanted).filter((name) => held.get(name) !== wanted[name]);
  if (missing.length === 0) return;
  throw new UserError(`The database lacks what the archive was made with: ${missing.join(", ")}.`, {
    remedy: "Bring the workspace up with the schema of that time or a later one, then restore again.",
  });
}
