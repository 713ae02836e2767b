import { escapeIdentifier } from "../postgres/quote.ts";
import type { Supabase } from "./client.ts";
import { query } from "./query.ts";

/** The tables of a project, without those of Supabase and those of extensions. */
const TABLES = `
  select n.nspname as schema, c.relname as name
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'r'
     and n.nspname not like 'pg\\_%'
     and n.nspname not in ('information_schema', 'tenantry')
     and pg_catalog.pg_get_userbyid(c.relowner) !~ '^(supabase_|pgbouncer$)'
     and not exists (
       select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
   order by 1, 2`;

/**
 * Counts the rows in all tables of a project that somebody made. The database itself ends a count that takes too long.
 *
 * @throws VendorError if the project can't be queried, for example while it is paused, or if the count takes too long
 */
export async function countRows(supabase: Supabase, ref: string, seconds: number): Promise<number> {
  const tables = await query<{ schema: string; name: string }>(supabase, ref, TABLES, { readOnly: true });
  if (tables.length === 0) return 0;
  const counts = tables.map(
    ({ schema, name }) => `select count(*) as n from ${escapeIdentifier(schema)}.${escapeIdentifier(name)}`,
  );
  const [sum] = await query<{ rows: string }>(
    supabase,
    ref,
    `set local statement_timeout = '${seconds}s'; select sum(n)::text as rows from (${counts.join(" union all ")}) as counted`,
    { readOnly: true },
  );
  return Number(sum?.rows ?? 0);
}
