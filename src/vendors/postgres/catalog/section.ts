import { escapeLiteral } from "../quote.ts";

/** Schemas that belong to PostgreSQL, Supabase or tenantry's ledger. */
const PLATFORM_SCHEMAS = [
  "information_schema",
  "auth",
  "cron",
  "extensions",
  "graphql",
  "graphql_public",
  "net",
  "pgbouncer",
  "pgmq",
  "pgsodium",
  "pgsodium_masks",
  "realtime",
  "storage",
  "supabase_functions",
  "supabase_migrations",
  "tenantry",
  "vault",
];

/** An SQL condition: the schema with this name belongs to the user. */
export function isOwnSchema(schema: string): string {
  const names = PLATFORM_SCHEMAS.map(escapeLiteral).join(", ");
  return `${schema} !~ '^(pg_|_)' and ${schema} not in (${names})`;
}

/**
 * The JSON result of a query if a table exists, otherwise null.
 *
 * PostgreSQL refuses a statement that names a missing table before running it. `query_to_xml` is the only way to run a
 * string as a query inside a read-only statement. The result is Base64, because XML would escape it.
 *
 * @param query returns one row with one jsonb column named `value`
 */
export function whereTableExists(table: string, query: string): string {
  const encoded = `select encode(convert_to(value::text, 'UTF8'), 'base64') as value from (${query}) as only_row`;
  return `case when to_regclass(${escapeLiteral(table)}) is not null then
    convert_from(decode((xpath('/row/value/text()',
      query_to_xml(${escapeLiteral(encoded)}, false, true, '')))[1]::text, 'base64'), 'UTF8')::jsonb end`;
}

/** A JSON object from rows of `key` and `value`. Empty without rows. */
export function objectOf(rows: string): string {
  return `(select coalesce(jsonb_object_agg(key, value), '{}') from (${rows}) as pairs)`;
}

/** The name of a role in an exploded access list. 0 is `public`. */
export function roleName(oid: string): string {
  return `case ${oid} when 0 then 'public' else pg_get_userbyid(${oid}) end`;
}

/** Whether an object is part of an extension. */
export function isOfExtension(catalog: string, oid: string): string {
  return `exists (select from pg_depend
    where classid = '${catalog}'::regclass and objid = ${oid} and deptype = 'e')`;
}
