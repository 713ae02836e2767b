-- Creates roles, schemas and extensions, and grants and revokes privileges, until they match the specification.

do $tenantry$
declare
  declared jsonb := :specification;
  entry record;
  existing record;
  attributes text;
  given record;
  managed text[];
begin
  for entry in select key as name, value from jsonb_each(declared -> 'roles') loop
    attributes := format('%s %s %s',
      case when (entry.value ->> 'login')::boolean then 'login' else 'nologin' end,
      case when (entry.value ->> 'inherit')::boolean then 'inherit' else 'noinherit' end,
      case when (entry.value ->> 'bypassRowSecurity')::boolean then 'bypassrls' else 'nobypassrls' end);
    for attempt in 1..5 loop
      begin
        select rolcanlogin, rolinherit, rolbypassrls, shobj_description(oid, 'pg_authid') as brand into existing
          from pg_roles where rolname = entry.name;
        if not found then
          execute format('create role %I %s', entry.name, attributes);
          execute format('comment on role %I is %L', entry.name, :'roleBrand');
        elsif format('%s %s %s',
            case when existing.rolcanlogin then 'login' else 'nologin' end,
            case when existing.rolinherit then 'inherit' else 'noinherit' end,
            case when existing.rolbypassrls then 'bypassrls' else 'nobypassrls' end) <> attributes then
          if existing.brand is distinct from :'roleBrand' then
            raise exception '%', entry.name using errcode = :'foreignRole';
          end if;
          execute format('alter role %I %s', entry.name, attributes);
        end if;
        -- Required to make the role the owner of functions.
        if exists (select from pg_roles where rolname = entry.name and shobj_description(oid, 'pg_authid') = :'roleBrand')
          and not (pg_has_role(entry.name, 'set') and pg_has_role(entry.name, 'usage')) then
          execute format('grant %I to %I with inherit true, set true', entry.name, current_user);
        end if;
        exit;
      exception when duplicate_object or unique_violation or internal_error then
        if attempt = 5 then raise; end if;
      end;
    end loop;
  end loop;

  for entry in
    select member.key as member, role
    from jsonb_each(declared -> 'memberships') as member, jsonb_array_elements_text(member.value) as role
    where not exists (select from pg_auth_members m where m.member = to_regrole(quote_ident(member.key))
      and m.roleid = to_regrole(quote_ident(role)) and m.set_option)
  loop
    execute format('grant %I to %I with inherit false, set true', entry.role, entry.member);
  end loop;

  for entry in
    select key as name from jsonb_each(declared -> 'schemas')
    union select value ->> 'schema' from jsonb_each(declared -> 'extensions')
  loop
    if to_regnamespace(quote_ident(entry.name)) is null then execute format('create schema %I', entry.name); end if;
  end loop;

  for entry in select key as name, value ->> 'schema' as schema from jsonb_each(declared -> 'extensions') loop
    select n.nspname into existing from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where e.extname = entry.name;
    if not found then
      execute format('create extension %I with schema %I', entry.name, entry.schema);
    elsif existing.nspname <> entry.schema then
      -- Only a superuser could move its objects.
      raise exception '%', entry.name || ' in ' || existing.nspname using errcode = :'misplacedExtension';
    end if;
  end loop;

  managed := array(
    select name from (:apiRoles) as api
    union select jsonb_array_elements_text(value -> 'usage') from jsonb_each(declared -> 'schemas')
    union select jsonb_array_elements_text(declared -> 'formerly'));
  for entry in select key as name, value -> 'usage' as usage from jsonb_each(declared -> 'schemas') loop
    for given in
      select distinct case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end as role
      from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as acl
      where n.nspname = entry.name and acl.grantee <> n.nspowner
    loop
      if given.role = any (managed) and not entry.usage ? given.role then
        execute format('revoke all on schema %I from %s', entry.name,
          case given.role when 'public' then 'public' else quote_ident(given.role) end);
      end if;
    end loop;
    for given in
      select role from jsonb_array_elements_text(entry.usage) as role
      where not exists (
        select from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as acl
        where n.nspname = entry.name and acl.privilege_type = 'USAGE'
          and case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end = role)
    loop
      execute format('grant usage on schema %I to %s', entry.name,
        case given.role when 'public' then 'public' else quote_ident(given.role) end);
    end loop;
  end loop;

  for entry in
    select value ->> 'schema' as schema, value ->> 'on' as kind, value -> 'revokeFrom' as roles
    from jsonb_array_elements(declared -> 'defaultPrivileges')
  loop
    for given in
      select role from (:defaultGrants) as granted
      where granted.schema is not distinct from entry.schema and granted."on" = entry.kind and entry.roles ? role
      group by role
    loop
      execute format('alter default privileges %s revoke all on %s from %s',
        case when entry.schema is null then '' else 'in schema ' || quote_ident(entry.schema) end,
        entry.kind, case given.role when 'public' then 'public' else quote_ident(given.role) end);
    end loop;
  end loop;

  for entry in
    select role, name, current.value as value
    from (select of_role.key as role, setting.key as name, setting.value
      from jsonb_each(declared -> 'settings') as of_role, jsonb_each_text(of_role.value) as setting) as current
    full join (select of_role.key as role, setting.key as name
      from jsonb_each(declared -> 'formerSettings') as of_role, jsonb_each_text(of_role.value) as setting) as former
      using (role, name)
    left join (:roleSettings) as today using (role, name)
    where current.value is distinct from today.value
  loop
    if exists (
      select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) as setting
      where d.datname = current_database() and s.setrole = to_regrole(quote_ident(entry.role))
        and split_part(setting, '=', 1) = entry.name)
    then
      execute format('alter role %I in database %I reset %I', entry.role, current_database(), entry.name);
    end if;
    execute case when entry.value is null then format('alter role %I reset %I', entry.role, entry.name)
      else format('alter role %I set %I to %L', entry.role, entry.name, entry.value) end;
    if entry.name like 'pgrst.%' then perform pg_notify('pgrst', 'reload config'); end if;
  end loop;
end
$tenantry$;
