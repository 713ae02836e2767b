import { escapeLiteral } from "../quote.ts";

/** Schemas that PostgreSQL or Supabase fills. */
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

/** A condition on `schema`, a name: it isn't one that PostgreSQL or Supabase fills. */
export function isOwnSchema(schema: string): string {
  const names = PLATFORM_SCHEMAS.map(escapeLiteral).join(", ");
  return `${schema} !~ '^(pg_|_)' and ${schema} not in (${names})`;
}

/**
 * A JSON value that a query computes when a table exists, else null.
 *
 * PostgreSQL refuses a statement that names a missing table before it runs; XML is its one way to run a text as a query
 * inside a read-only statement. Base64, since XML would escape the text.
 *
 * @param query one row with one jsonb column named `value`
 */
export function whereTableExists(table: string, query: string): string {
  const encoded = `select encode(convert_to(value::text, 'UTF8'), 'base64') as value from (${query}) as only_row`;
  return `case when to_regclass(${escapeLiteral(table)}) is not null then
    convert_from(decode((xpath('/row/value/text()',
      query_to_xml(${escapeLiteral(encoded)}, false, true, '')))[1]::text, 'base64'), 'UTF8')::jsonb end`;
}

/** A JSON object from rows of `key` and `value`; empty when there are none. */
export function objectOf(rows: string): string {
  return `(select coalesce(jsonb_object_agg(key, value), '{}') from (${rows}) as pairs)`;
}

/** The role of an exploded access list, by its name; everyone is `public`. */
export function roleName(oid: string): string {
  return `case ${oid} when 0 then 'public' else pg_get_userbyid(${oid}) end`;
}

/** Whether an object is part of an extension. */
export function isOfExtension(catalog: string, oid: string): string {
  return `exists (select from pg_depend
    where classid = '${catalog}'::regclass and objid = ${oid} and deptype = 'e')`;
}
