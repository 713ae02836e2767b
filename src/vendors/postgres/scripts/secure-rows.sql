-- Creates and drops functions, policies and privileges until they match the specification: `functions`, `tables`, `access`, and the
-- roles that were managed `formerly`.

set local check_function_bodies = off;
do $tenantry$
declare
  declared jsonb := :specification;
  -- The managed roles: those of the data API and all that the declaration names. Other roles are left alone.
  managed text[] := array(
    select name from (:apiRoles) as api
    union select jsonb_array_elements_text(value -> 'execute') from jsonb_each(declared -> 'functions')
    union select jsonb_object_keys(value -> 'grants') from jsonb_each(declared -> 'tables')
      where value ? 'grants'
    union select jsonb_array_elements_text(declared -> 'formerly'));
  ours oid[] := array(select oid from pg_roles where rolname = current_user
    or rolname in (select value ->> 'owner' from jsonb_each(declared -> 'functions')));
  schemas oid[];
  waiting text[];
  left_over text[];
  replaced oid[];
  progress boolean;
  changed oid[] := '{}';
  entry record;
  given record;
  item text;
  stale text[] := '{}';
  target oid;
  relation record;
  problem text;
  state text;
begin
  -- Functions that refer to each other must be created in order of their dependencies. Those that fail are retried later.
  waiting := array(select key from jsonb_each(declared -> 'functions') as it (key, value)
    where value ? 'definition' and (
      value ->> 'recorded' is null or to_regprocedure(key) is null
      or value ->> 'recorded' is distinct from
        (select :functionDigest from pg_proc p where p.oid = to_regprocedure(key)))
    order by key collate "C");
  while cardinality(waiting) > 0 loop
    left_over := '{}';
    progress := false;
    foreach item in array waiting loop
      begin
        perform set_config('search_path', 'public, extensions', true);
        begin
          execute declared #>> array['functions', item, 'definition'];
        exception when invalid_function_definition then
          -- A change of argument names or of the result type requires dropping the function. Managed functions and
          -- policies that use it are dropped and created again.
          perform set_config('search_path', '', true);
          with recursive users as (
            select to_regprocedure(item)::oid as oid
            union select d.objid from users join pg_depend d
              on d.refclassid = 'pg_proc'::regclass and d.refobjid = users.oid and d.classid = 'pg_proc'::regclass
            where obj_description(d.objid, 'pg_proc') = :'functionBrand'
          ) select array_agg(oid) into replaced from users;
          for entry in
            select pol.polname, pol.polrelid::regclass as of_table from pg_policy pol
            where exists (select from pg_depend d where d.classid = 'pg_policy'::regclass and d.objid = pol.oid
              and d.refclassid = 'pg_proc'::regclass and d.refobjid = any (replaced))
          loop
            execute format('drop policy %I on %s', entry.polname, entry.of_table);
          end loop;
          left_over := left_over || array(select oid::regprocedure::text from unnest(replaced) as oid
            where oid::regprocedure::text <> item and declared -> 'functions' -> oid::regprocedure::text ? 'definition');
          execute 'drop function ' || (select string_agg(oid::regprocedure::text, ', ') from unnest(replaced) as oid);
          perform set_config('search_path', 'public, extensions', true);
          execute declared #>> array['functions', item, 'definition'];
        end;
        perform set_config('search_path', '', true);
        if to_regprocedure(item) is null then raise exception '%', item using errcode = 'TN021'; end if;
        execute format('comment on function %s is %L', item, :'functionBrand');
        changed := changed || to_regprocedure(item)::oid;
        progress := true;
      exception when undefined_function or undefined_table or undefined_column then
        get stacked diagnostics problem = message_text, state = returned_sqlstate;
        left_over := left_over || item;
      when others then
        get stacked diagnostics problem = message_text, state = returned_sqlstate;
        raise exception '%', case when state like 'TN%' then problem else item || ': ' || problem end
          using errcode = state;
      end;
    end loop;
    perform set_config('search_path', '', true);
    if not progress then
      raise exception '%', left_over[1] || ': ' || problem using errcode = state;
    end if;
    waiting := left_over;
  end loop;

  for entry in select key as name, value from jsonb_each(declared -> 'functions') loop
    target := to_regprocedure(entry.name);
    if target is null or target::regprocedure::text <> entry.name then
      raise exception '%', entry.name using errcode = 'TN022';
    end if;
    select p.proowner, pg_get_userbyid(p.proowner) as owner, p.pronamespace::regnamespace as schema,
        coalesce(entry.value ->> 'owner', current_user) as new_owner
      into relation from pg_proc p where p.oid = target;
    if relation.owner <> relation.new_owner then
      -- PostgreSQL requires that the new owner has CREATE on the schema.
      if has_schema_privilege(relation.new_owner, relation.schema, 'create') then
        execute format('alter function %s owner to %I', entry.name, relation.new_owner);
      else
        execute format('grant create on schema %s to %I', relation.schema, relation.new_owner);
        execute format('alter function %s owner to %I', entry.name, relation.new_owner);
        execute format('revoke create on schema %s from %I', relation.schema, relation.new_owner);
      end if;
    end if;
    for given in
      select case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end as role
      from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as acl
      where p.oid = target and acl.grantee <> p.proowner
    loop
      if given.role = any (managed) and not entry.value -> 'execute' ? given.role then
        execute format('revoke all on function %s from %s', entry.name,
          case given.role when 'public' then 'public' else quote_ident(given.role) end);
      end if;
    end loop;
    for given in
      select role from jsonb_array_elements_text(entry.value -> 'execute') as role
      where not exists (
        select from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as acl
        where p.oid = target and case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end = role)
    loop
      execute format('grant execute on function %s to %s', entry.name,
        case given.role when 'public' then 'public' else quote_ident(given.role) end);
    end loop;
  end loop;

  for entry in select key as name, value from jsonb_each(declared -> 'tables') loop
    select c.oid, c.relkind, c.relrowsecurity, c.relowner = any (ours) as own into relation
      from pg_class c where c.oid = to_regclass(entry.name);
    if not found then raise exception '%', entry.name using errcode = 'TN023'; end if;
    target := relation.oid;

    if relation.relkind in ('r', 'p') then
      if not relation.relrowsecurity then
        execute format('alter table %s enable row level security', entry.name);
      end if;
      for given in
        select pol.polname as name from pg_policy pol
        where pol.polrelid = target and not entry.value -> 'policies' ? pol.polname
      loop
        execute format('drop policy %I on %s', given.name, entry.name);
      end loop;
      for given in
        select key as name, value, pol.oid is not null as existing
        from jsonb_each(entry.value -> 'policies')
        left join pg_policy pol on pol.polrelid = target and pol.polname = key
        where value ->> 'recorded' is null or pol.oid is null or value ->> 'recorded' <> :policyDigest
      loop
        if given.existing then execute format('drop policy %I on %s', given.name, entry.name); end if;
        perform set_config('search_path', 'public, extensions', true);
        begin
          execute :createPolicy;
        exception when others then
          get stacked diagnostics problem = message_text, state = returned_sqlstate;
          raise exception '%', format('policy %s on %s: %s', given.name, entry.name, problem) using errcode = state;
        end;
        perform set_config('search_path', '', true);
      end loop;
    end if;

    if relation.own and entry.value ? 'grants' then
      for given in
        select case grantee when 0 then 'public' else pg_get_userbyid(grantee) end as role, privilege
        from pg_class c, lateral (:relationGrants) as granted
        where c.oid = target and grantee <> c.relowner order by privilege
      loop
        if given.role = any (managed) and not coalesce(entry.value -> 'grants' -> given.role ? given.privilege, false) then
          execute format('revoke %s on %s from %s', given.privilege, entry.name,
            case given.role when 'public' then 'public' else quote_ident(given.role) end);
        end if;
      end loop;
      for given in
        select of_role.key as role, privilege
        from jsonb_each(entry.value -> 'grants') as of_role, jsonb_array_elements_text(of_role.value) as privilege
        where not exists (
          select from pg_class c, lateral (:relationGrants) as granted
          where c.oid = target and granted.privilege = privilege.value
            and case granted.grantee when 0 then 'public' else pg_get_userbyid(granted.grantee) end = of_role.key)
      loop
        execute format('grant %s on %s to %s', given.privilege, entry.name,
          case given.role when 'public' then 'public' else quote_ident(given.role) end);
      end loop;
    end if;
  end loop;

  -- Close undeclared objects in the schemas of declared ones.
  left_over := '{}';
  schemas := array(
    select p.pronamespace from jsonb_object_keys(declared -> 'functions') as name
      join pg_proc p on p.oid = to_regprocedure(name)
    union select c.relnamespace from jsonb_object_keys(declared -> 'tables') as name
      join pg_class c on c.oid = to_regclass(name));
  for relation in
    select c.oid::regclass::text as name, c.relkind, c.relrowsecurity,
      array(select distinct role from (
        select case grantee when 0 then 'public' else pg_get_userbyid(grantee) end as role
        from (:relationGrants) as granted where grantee <> c.relowner) as others
        where role = any (managed)) as roles
    from pg_class c
    where c.relkind in ('r', 'p', 'v', 'm') and c.relnamespace = any (schemas) and c.relowner = any (ours)
      and not :isRelationOfExtension
      and not exists (select from jsonb_object_keys(declared -> 'tables') as name where to_regclass(name) = c.oid)
  loop
    if relation.relkind in ('r', 'p') and not relation.relrowsecurity then
      execute format('alter table %s enable row level security', relation.name);
    end if;
    foreach item in array relation.roles loop
      execute format('revoke all on %s from %s', relation.name,
        case item when 'public' then 'public' else quote_ident(item) end);
    end loop;
  end loop;
  for relation in
    select p.oid::regprocedure::text as name, p.prokind,
      obj_description(p.oid, 'pg_proc') is not distinct from :'functionBrand' as branded,
      array(select case grantee when 0 then 'public' else pg_get_userbyid(grantee) end
        from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) where grantee <> p.proowner
        intersect select unnest(managed)) as roles
    from pg_proc p
    where p.pronamespace = any (schemas) and p.proowner = any (ours) and not :isFunctionOfExtension
      and not exists (select from jsonb_object_keys(declared -> 'functions') as name where to_regprocedure(name) = p.oid)
  loop
    if relation.branded then
      stale := stale || relation.name;
      continue;
    end if;
    foreach item in array relation.roles loop
      execute format('revoke all on routine %s from %s', relation.name,
        case item when 'public' then 'public' else quote_ident(item) end);
    end loop;
  end loop;
  -- A foreign view or policy may use a function that is no longer declared. Such a function stays, without privileges.
  foreach item in array stale loop
    begin
      execute 'drop function ' || item;
    exception when dependent_objects_still_exist then
      left_over := left_over || item;
    end;
  end loop;
  if cardinality(left_over) > 0 then
    begin
      -- They may depend only on each other.
      execute 'drop function ' || array_to_string(left_over, ', ');
    exception when dependent_objects_still_exist then
      foreach item in array left_over loop
        for given in
          select distinct case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end as role
          from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as acl
          where p.oid = to_regprocedure(item) and acl.grantee <> p.proowner
        loop
          execute format('revoke all on function %s from %s', item,
            case given.role when 'public' then 'public' else quote_ident(given.role) end);
        end loop;
      end loop;
    end;
  end if;

  -- Check the bodies now: creation skipped this, because functions may refer to each other.
  perform set_config('check_function_bodies', 'on', true);
  for entry in
    select p.oid, p.oid::regprocedure::text as name, l.lanvalidator::regproc as validator,
      (select substr(setting, length('search_path=') + 1) from unnest(p.proconfig) as setting
        where setting like 'search_path=%') as path
    from pg_proc p join pg_language l on l.oid = p.prolang
    where p.oid = any (changed) and l.lanvalidator <> 0
  loop
    perform set_config('search_path', coalesce(entry.path, 'public, extensions'), true);
    begin
      execute format('select %s(%s)', entry.validator, entry.oid);
    exception when others then
      get stacked diagnostics problem = message_text, state = returned_sqlstate;
      raise exception '%', entry.name || ': ' || problem using errcode = state;
    end;
  end loop;
  perform set_config('search_path', '', true);

  -- Record the declaration for postgres:Guard and verify, which don't have it.
  insert into tenantry.access as held (declared) values (declared -> 'access')
    on conflict (singleton) do update set declared = held.declared || excluded.declared
    where held.declared <> held.declared || excluded.declared;
  with made as (
    select 'function ' || it.key as identity, :functionDigest as digest, it.value ->> 'definition' as statement
      from jsonb_each(declared -> 'functions') as it join pg_proc p on p.oid = to_regprocedure(it.key)
      where it.value ? 'definition'
    union all
    select format('policy %s on %s', of_policy.key, of_table.key), :policyDigest,
        format('drop policy if exists %I on %s; ', of_policy.key, of_table.key)
          || :createPolicyAgain
      from jsonb_each(declared -> 'tables') as of_table, jsonb_each(of_table.value -> 'policies') as of_policy, pg_policy pol
      where pol.polrelid = to_regclass(of_table.key) and pol.polname = of_policy.key
  ), gone as (
    delete from tenantry.row_security where identity not in (select identity from made)
  )
  insert into tenantry.row_security as held (identity, digest, statement) select * from made
    on conflict (identity) do update set (digest, statement) = (excluded.digest, excluded.statement)
    where (held.digest, held.statement) <> (excluded.digest, excluded.statement);
end
$tenantry$;
