-- Brings a database to its declared schema: the pending migrations in the order of their names, then the definitions that
-- changed, then the account of what both made. All of it is one transaction with whatever runs this.
--
-- The specification holds `schemas`, and `migrations` and `definitions` by name, each with its `sql` and `checksum`.
-- The schema `tenantry` holds the ledger; no role but `postgres` may enter it.

create schema if not exists tenantry;
create table if not exists tenantry.migrations (
  name text collate "C" primary key, checksum text not null, applied_at timestamptz not null default now()
);
create table if not exists tenantry.definitions (
  name text collate "C" primary key, checksum text not null, applied_at timestamptz not null default now()
);
-- Which definition made a function, view or trigger. Null: no definition makes it any more, and it couldn't be dropped yet.
create table if not exists tenantry.definition_objects (identity text primary key, definition text);
create table if not exists tenantry.schemas (name text primary key);
create table if not exists tenantry.objects (identity text primary key, definition text not null);

do $tenantry$
declare
  declared constant jsonb := :specification;
  managed constant oid[] := array(
    select oid from pg_namespace where nspname in (select jsonb_array_elements_text(declared -> 'schemas')));
  names text;
  migration record;
  object record;
  given record;
  item text;
  differing jsonb;
  problem text;
  state text;
  more text;
  -- Whether a migration or a definition is applied that the ledger doesn't have.
  is_new boolean;
  -- Functions and views as they are before anything is dropped: their oid, owner and privileges by identity.
  before jsonb;
  -- Definitions to apply, those of them that need another one first, and those that were in the way of themselves.
  waiting text[];
  too_early text[];
  replaced text[] := '{}';
  first_problem text;
  first_state text;
  progress boolean;
  marker integer;
  -- Definitions by the objects that they made in this run.
  made jsonb := '{}';
  -- Objects to drop; at the end, those that no definition makes any more.
  doomed text[] := '{}';
  is_last boolean := false;
begin
  select string_agg(name, ', ' order by name) into names from tenantry.migrations;
  if names is not null and not exists (
    select from tenantry.migrations held where checksum = declared #>> array['migrations', held.name, 'checksum'])
  then
    raise exception '%', names using errcode = 'TN004';
  end if;

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

  -- Functions and triggers that somebody changed are put back first, so that migrations run among those that are recorded.
  select coalesce(jsonb_agg(jsonb_build_object('identity', identity, 'difference', difference, 'statement', recorded.definition)
      order by identity), '[]') into differing
    from (:objectDifferences) as different join tenantry.objects as recorded using (identity)
    where difference in ('changed', 'missing') and (identity like 'function %' or identity like 'trigger %');
  for object in select * from jsonb_to_recordset(differing) as it (identity text, difference text, statement text) loop
    begin
      if object.identity like 'function %' then
        execute object.statement;
      else
        -- The statement ends with the state in which the trigger fires.
        execute case when object.difference = 'changed' then
            format('drop trigger %s; ', replace(substr(object.identity, length('trigger ') + 1), ' of ', ' on ')) else '' end
          || left(object.statement, -2) || ';'
          || format('alter table %s %s trigger %s', split_part(object.identity, ' of ', 2),
            case right(object.statement, 1) when 'D' then 'disable' when 'R' then 'enable replica'
              when 'A' then 'enable always' else 'enable' end,
            split_part(substr(object.identity, length('trigger ') + 1), ' of ', 1));
      end if;
    exception
      when lock_not_available or deadlock_detected or serialization_failure then
        raise;
      when others then
        -- It stays in the account of differences, unless its definition makes it again below.
    end;
  end loop;

  select coalesce(jsonb_object_agg(identity, jsonb_build_object(
      'oid', it.oid,
      'owner', pg_get_userbyid(coalesce(p.proowner, c.relowner)),
      'grants', case when p.oid is not null then (
          select coalesce(jsonb_agg(jsonb_build_object('privilege', 'execute', 'role', pg_get_userbyid(grantee))), '[]')
          from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) where grantee not in (p.proowner, 0))
        else (
          select coalesce(jsonb_agg(jsonb_build_object('privilege', privilege, 'role', pg_get_userbyid(grantee))), '[]')
          from (:relationGrants) as granted where grantee not in (c.relowner, 0)) end)), '{}')
    into before
    from (:definableObjects) as it
    join tenantry.definition_objects using (identity)
    left join pg_proc p on identity like 'function %' and p.oid = it.oid
    left join pg_class c on identity like 'view %' and c.oid = it.oid
    where identity not like 'trigger %';

  is_new := exists (select from tenantry.definitions where not declared -> 'definitions' ? name);
  for migration in
    select key as name, value ->> 'sql' as sql, value ->> 'checksum' as checksum
    from jsonb_each(declared -> 'migrations')
    where key not in (select name from tenantry.migrations) order by key collate "C"
  loop
    is_new := true;
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

  -- A definition is applied when its text changed, and when something that it made is missing or differs: somebody changed
  -- it, or a migration dropped it in order to change a table.
  waiting := array(
    select key from jsonb_each(declared -> 'definitions') as it (key, value) left join tenantry.definitions held on name = key
    where checksum is distinct from value ->> 'checksum' order by key collate "C");
  is_new := is_new or waiting <> '{}';
  if exists (select from tenantry.definition_objects) then
    waiting := array(
      select unnest(waiting) union
      select definition from (:objectDifferences) as different join tenantry.definition_objects using (identity)
      where declared -> 'definitions' ? definition order by 1);
  end if;

  perform set_config('check_function_bodies', 'off', true);
  loop
    while doomed <> '{}' loop
      progress := false;
      foreach item in array doomed loop
        begin
          execute case when item like 'function %' then 'drop routine ' || substr(item, length('function ') + 1)
            else 'drop ' || replace(item, ' of ', ' on ') end;
          doomed := array_remove(doomed, item);
          progress := true;
        exception
          when undefined_function or undefined_object or undefined_table then
            doomed := array_remove(doomed, item);
            progress := true;
          when dependent_objects_still_exist or insufficient_privilege then
            get stacked diagnostics problem = message_text, state = returned_sqlstate, more = pg_exception_detail;
        end;
      end loop;
      exit when not progress;
    end loop;
    exit when is_last;
    if doomed <> '{}' then
      raise exception '%', 'definition ' || replaced[cardinality(replaced)] || ': ' || problem
        using errcode = state, detail = more;
    end if;

    -- Definitions that need each other are applied in the order of their need: those that come too early wait.
    too_early := '{}';
    progress := false;
    first_problem := null;
    foreach item in array waiting loop
      begin
        insert into tenantry.definitions as held (name, checksum)
          values (item, declared #>> array['definitions', item, 'checksum'])
          on conflict (name) do update set checksum = excluded.checksum, applied_at = excluded.applied_at
          returning age(held.xmin) into marker;
        perform set_config('search_path', 'public, extensions', true);
        execute declared #>> array['definitions', item, 'sql'];
        perform set_config('search_path', '', true);
        update tenantry.definition_objects set definition = null where definition = item;
        for object in select identity from (:definableObjects) as it where age(written) <= marker loop
          if made ->> object.identity <> item then
            raise exception 'the definition % makes % too', made ->> object.identity, object.identity
              using errcode = 'duplicate_object';
          end if;
          made := made || jsonb_build_object(object.identity, item);
          insert into tenantry.definition_objects as held (identity, definition) values (object.identity, item)
            on conflict (identity) do update set definition = excluded.definition;
        end loop;
        progress := true;
      exception
        when undefined_function or undefined_object or undefined_table or undefined_column then
          get stacked diagnostics problem = message_text, state = returned_sqlstate;
          too_early := too_early || item;
          if first_problem is null then
            first_problem := 'definition ' || item || ': ' || problem;
            first_state := state;
          end if;
        when lock_not_available or deadlock_detected or serialization_failure then
          raise;
        when others then
          get stacked diagnostics problem = message_text, state = returned_sqlstate, more = pg_exception_detail;
          -- A function's result or the names of its arguments changed, or the columns of a view: that takes a new object.
          -- What uses it goes with it, and comes back by its own definition.
          with recursive used (of_catalog, of_oid) as (
            select case when identity like 'view %' then 'pg_class'::regclass else 'pg_proc'::regclass end::oid, it.oid
            from (:definableObjects) as it join tenantry.definition_objects using (identity)
            where definition = item and identity not like 'trigger %'
              and state in ('42P13', '42P16') and not item = any (replaced)
            union
            select case d.classid when 'pg_rewrite'::regclass then 'pg_class'::regclass::oid else d.classid end,
              coalesce((select ev_class from pg_rewrite where d.classid = 'pg_rewrite'::regclass and oid = d.objid), d.objid)
            from used join pg_depend d on d.refclassid = of_catalog and d.refobjid = of_oid and d.deptype in ('n', 'a', 'i')
            where d.classid in ('pg_proc'::regclass, 'pg_rewrite'::regclass, 'pg_trigger'::regclass, 'pg_type'::regclass)
          )
          select array_agg(identity), too_early || array_agg(distinct definition)
            into doomed, too_early
            from used join (:definableObjects) as it on it.oid = of_oid
            join tenantry.definition_objects using (identity) where definition is not null;
          if doomed is null then
            raise exception '%', 'definition ' || item || ': ' || problem using errcode = state, detail = more;
          end if;
          replaced := replaced || item;
          progress := true;
          exit;
      end;
    end loop;
    if doomed <> '{}' then
      -- Objects that go were perhaps made a moment ago.
      select coalesce(jsonb_object_agg(key, value), '{}') into made from jsonb_each(made) where not key = any (doomed);
      waiting := array(
        select unnest(too_early) union (select unnest(waiting) except select value from jsonb_each_text(made)) order by 1);
    else
      waiting := too_early;
    end if;
    if not progress and waiting <> '{}' then
      raise exception '%', first_problem using errcode = first_state;
    end if;
    if waiting = '{}' then
      is_last := true;
      update tenantry.definition_objects set definition = null where not declared -> 'definitions' ? definition;
      doomed := array(select identity from tenantry.definition_objects where definition is null order by 1);
    end if;
  end loop;
  delete from tenantry.definition_objects where definition is null and not identity = any (doomed);
  delete from tenantry.objects where definition = :'noLongerDeclared' and not identity = any (doomed);
  delete from tenantry.definitions where not declared -> 'definitions' ? name;

  -- An object that was made again keeps its owner and privileges. A new one is closed until row security opens it.
  for object in
    select identity, before -> identity as earlier, pg_get_userbyid(coalesce(p.proowner, c.relowner)) as owner,
      coalesce(p.pronamespace, c.relnamespace)::regnamespace as schema,
      case when p.oid is not null then 'routine ' || substr(identity, length('function ') + 1)
        else substr(identity, length('view ') + 1) end as subject,
      case when p.oid is not null then 'alter routine ' || substr(identity, length('function ') + 1)
        else 'alter ' || identity end as alter
    from (:definableObjects) as it
    left join pg_proc p on identity like 'function %' and p.oid = it.oid
    left join pg_class c on identity like 'view %' and c.oid = it.oid
    where made ? identity and identity not like 'trigger %' and it.oid is distinct from (before #>> array[identity, 'oid'])::oid
  loop
    execute format('revoke all on %s from %s', object.subject, (
      select string_agg(case name when 'public' then 'public' else quote_ident(name) end, ', ') from (:apiRoles) as api));
    for given in select * from jsonb_to_recordset(object.earlier -> 'grants') as it (privilege text, role text) loop
      execute format('grant %s on %s to %I', given.privilege, object.subject, given.role);
    end loop;
    if object.owner <> object.earlier ->> 'owner' then
      -- An owner must be allowed to make things in the schema at the moment it becomes one.
      if has_schema_privilege(object.earlier ->> 'owner', object.schema, 'create') then
        execute format('%s owner to %I', object.alter, object.earlier ->> 'owner');
      else
        execute format('grant create on schema %s to %I', object.schema, object.earlier ->> 'owner');
        execute format('%s owner to %I', object.alter, object.earlier ->> 'owner');
        execute format('revoke create on schema %s from %I', object.schema, object.earlier ->> 'owner');
      end if;
    end if;
  end loop;

  -- Bodies weren't checked while they were made, because they may call each other.
  perform set_config('check_function_bodies', 'on', true);
  for object in
    select p.oid, made ->> identity as definition, l.lanvalidator::regproc as validator,
      (select substr(setting, length('search_path=') + 1) from unnest(p.proconfig) as setting
        where setting like 'search_path=%') as path
    from (:definableObjects) as it join pg_proc p on p.oid = it.oid join pg_language l on l.oid = p.prolang
    where made ? identity and identity like 'function %' and l.lanvalidator <> 0
  loop
    perform set_config('search_path', coalesce(object.path, 'public, extensions'), true);
    begin
      execute format('select %s(%s)', object.validator, object.oid);
    exception when others then
      get stacked diagnostics problem = message_text, state = returned_sqlstate;
      raise exception '%', 'definition ' || object.definition || ': ' || problem using errcode = state;
    end;
  end loop;
  perform set_config('search_path', '', true);

  -- A schema that is named for the first time brings its objects into the account.
  if is_new or array(select jsonb_array_elements_text(declared -> 'schemas') order by 1)
    <> array(select name from tenantry.schemas order by 1)
  then
    delete from tenantry.schemas;
    insert into tenantry.schemas select jsonb_array_elements_text(declared -> 'schemas');
    delete from tenantry.objects;
    insert into tenantry.objects :objectsOfSchemas;
  elsif made <> '{}' then
    delete from tenantry.objects where made ? identity;
    insert into tenantry.objects select * from (:objectsOfSchemas) as today where made ? identity;
  end if;
  update tenantry.objects set definition = :'noLongerDeclared'
    where identity in (select identity from tenantry.definition_objects where definition is null);
end
$tenantry$;
