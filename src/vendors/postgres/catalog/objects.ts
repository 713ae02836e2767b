import { FUNCTION_BRAND } from "./functions.ts";
import { isOfExtension } from "./section.ts";

/**
 * Rows of `identity` and `definition` for the objects that migrations and definitions create.
 *
 * Excludes row security, privileges and the functions of postgres:RowSecurity, which compares them itself. The search path
 * must be empty, so that names are qualified.
 *
 * @param schemas a query that returns the names of the schemas
 */
export function objectsIn(schemas: string): string {
  return `
  with managed as (select oid, nspname from pg_namespace where nspname in (${schemas})),
  relation as (
    select c.oid, c.relkind, c.relpersistence, c.reloptions, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join managed n on n.oid = c.relnamespace
    where not ${isOfExtension("pg_class", "c.oid")}
  )
  select 'table ' || name as identity, concat_ws(' ', relpersistence, relkind) as definition
    from relation where relkind in ('r', 'p')
  union all
  select format('column %s.%I', r.name, a.attname), concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      case when a.attcollation <> t.typcollation then 'collate ' || a.attcollation::regcollation::text end,
      case when a.attnotnull then 'not null' end,
      case when a.attidentity <> '' then 'identity ' || a.attidentity::text end,
      case when a.attgenerated <> '' then 'generated' when d.oid is not null then 'default' end,
      pg_get_expr(d.adbin, d.adrelid))
    from relation r
    join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
    where r.relkind in ('r', 'p')
  union all
  select format('constraint %I of %s', c.conname, r.name), pg_get_constraintdef(c.oid)
    from relation r join pg_constraint c on c.conrelid = r.oid and c.contype not in ('t', 'n')
  union all
  select 'index ' || name, pg_get_indexdef(oid) from relation where relkind in ('i', 'I')
  union all
  select 'view ' || name, concat_ws(' ', reloptions::text, pg_get_viewdef(oid))
    from relation where relkind in ('v', 'm')
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass),
      concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
    from pg_trigger t
    join pg_class c on c.oid = t.tgrelid
    join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal
      and (c.relnamespace in (select oid from managed) or p.pronamespace in (select oid from managed))
  union all
  select 'function ' || p.oid::regprocedure::text, pg_get_functiondef(p.oid)
    from pg_proc p join managed n on n.oid = p.pronamespace
    where p.prokind <> 'a' and obj_description(p.oid, 'pg_proc') is distinct from '${FUNCTION_BRAND}'
      and not ${isOfExtension("pg_proc", "p.oid")}
  union all
  select 'type ' || t.oid::regtype::text,
      coalesce((select string_agg(e.enumlabel, ', ' order by e.enumsortorder)
        from pg_enum e where e.enumtypid = t.oid), '')
    from pg_type t join managed n on n.oid = t.typnamespace
    where t.typtype = 'e' and not ${isOfExtension("pg_type", "t.oid")}`;
}

/**
 * Rows of `identity`, `oid` and `written`, the transaction that wrote it: the objects that a definition can make. `managed` is an
 * array of the schemas' oids; the search path must be empty.
 */
export function definableObjects(managed: string): string {
  return `
  select 'function ' || p.oid::regprocedure::text as identity, p.oid, p.xmin as written
    from pg_proc p where p.pronamespace = any (${managed})
  union all
  select format('view %I.%I', n.nspname, c.relname), c.oid, r.xmin
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
    where c.relkind = 'v' and c.relnamespace = any (${managed})
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass), t.oid, t.xmin
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal and p.pronamespace = any (${managed})`;
}

/** The difference of an object that neither a migration nor a definition created. */
export const MADE_BY_HAND = "made by hand";

/** The difference of an object whose definition was removed, while something that isn't tenantry's uses it. */
export const NO_LONGER_DECLARED = "no longer declared";

/** Rows of `identity` and `difference` for objects that differ from the recorded ones. Needs the tables of ../scripts/migrate.sql. */
export const objectDifferences = `
  select coalesce(recorded.identity, today.identity) as identity,
    case when recorded.identity is null then '${MADE_BY_HAND}'
      when today.identity is null then 'missing'
      when recorded.definition = '${NO_LONGER_DECLARED}' then recorded.definition
      else 'changed' end as difference
  from tenantry.objects as recorded
  full join (${objectsIn("select name from tenantry.schemas")}) as today using (identity)
  where recorded.definition is distinct from today.definition
    and (today.identity is not null or recorded.definition <> '${NO_LONGER_DECLARED}')`;
