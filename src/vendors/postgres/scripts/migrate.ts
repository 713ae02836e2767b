import { objectDifferences, objectsIn } from "../catalog/objects.ts";
import { passSpecification, specification } from "../quote.ts";

export interface Migration {
  readonly checksum: string;
  readonly sql: string;
}

/** The SQLSTATEs that the script raises, with the names of the migrations as the message. */
export const REFUSALS = {
  TN001: "changed",
  TN002: "removed",
  TN003: "late",
} as const;

/** Restores a trigger `object` from its recorded definition, the last character of which is its `tgenabled` state. */
const restoreTrigger = `
        execute case when object.difference = 'changed' then
            format('drop trigger %s; ', replace(substr(object.identity, length('trigger ') + 1), ' of ', ' on ')) else '' end
          || left(object.statement, -2) || ';'
          || format('alter table %s %s trigger %s', split_part(object.identity, ' of ', 2),
            case right(object.statement, 1) when 'D' then 'disable' when 'R' then 'enable replica'
              when 'A' then 'enable always' else 'enable' end,
            split_part(substr(object.identity, length('trigger ') + 1), ' of ', 1));`;

/**
 * Applies pending migrations in the order of their names, and records the objects that they created.
 *
 * One transaction: all pending migrations are applied, or none. First restores functions and triggers that differ from the
 * recorded ones, if PostgreSQL allows it. Other differences don't fail the script; the ledger keeps reporting them. The ledger
 * is in the schema `tenantry`, which only `postgres` can use.
 */
export function migrate(schemas: readonly string[], migrations: Readonly<Record<string, Migration>>): string {
  return `
create schema if not exists tenantry;
create table if not exists tenantry.migrations (
  name text collate "C" primary key, checksum text not null, applied_at timestamptz not null default now()
);
create table if not exists tenantry.schemas (name text primary key);
create table if not exists tenantry.objects (identity text primary key, definition text not null);
${passSpecification({ schemas, migrations })}
do $tenantry$
declare
  declared jsonb := ${specification};
  names text;
  migration record;
  object record;
  differing jsonb;
  problem text;
  state text;
  more text;
  pending boolean := false;
begin
  select string_agg(name, ', ' order by name) into names from tenantry.migrations
    where checksum <> declared #>> array['migrations', name, 'checksum'];
  if names is not null then raise exception '%', names using errcode = 'TN001'; end if;

  select string_agg(name, ', ' order by name) into names from tenantry.migrations
    where not declared -> 'migrations' ? name;
  if names is not null then raise exception '%', names using errcode = 'TN002'; end if;

  select string_agg(key, ', ' order by key) into names from jsonb_object_keys(declared -> 'migrations') as key
    where key collate "C" < (select max(name) from tenantry.migrations)
      and key not in (select name from tenantry.migrations);
  if names is not null then raise exception '%', names using errcode = 'TN003'; end if;

  select coalesce(jsonb_agg(jsonb_build_object('identity', identity, 'difference', difference, 'statement', recorded.definition)
      order by identity), '[]') into differing
    from (${objectDifferences}) as different join tenantry.objects as recorded using (identity)
    where identity like 'function %' or identity like 'trigger %';
  for object in select * from jsonb_to_recordset(differing) as it (identity text, difference text, statement text) loop
    begin
      if object.identity like 'function %' then execute object.statement;
      else ${restoreTrigger}
      end if;
    exception when others then
      -- The ledger keeps reporting the difference.
    end;
  end loop;

  for migration in
    select key as name, value ->> 'sql' as sql, value ->> 'checksum' as checksum
    from jsonb_each(declared -> 'migrations')
    where key not in (select name from tenantry.migrations) order by key collate "C"
  loop
    pending := true;
    perform set_config('search_path', 'public, extensions', true);
    begin
      execute migration.sql;
    exception when others then
      get stacked diagnostics problem = message_text, state = returned_sqlstate, more = pg_exception_detail;
      raise exception '%', 'migration ' || migration.name || ': ' || problem using errcode = state, detail = more;
    end;
    perform set_config('search_path', '', true);
    insert into tenantry.migrations (name, checksum) values (migration.name, migration.checksum);
  end loop;

  -- A newly declared schema adds its objects to the ledger.
  if pending or array(select jsonb_array_elements_text(declared -> 'schemas') order by 1)
    <> array(select name from tenantry.schemas order by 1)
  then
    delete from tenantry.schemas;
    insert into tenantry.schemas select jsonb_array_elements_text(declared -> 'schemas');
    delete from tenantry.objects;
    insert into tenantry.objects ${objectsIn("select name from tenantry.schemas")};
  end if;
end
$tenantry$;`;
}
