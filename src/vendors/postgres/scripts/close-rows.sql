-- Takes away what secure-rows.sql created for the `functions`, `tables` and `roles` of the specification.

do $tenantry$
declare
  declared jsonb := :specification;
  managed text[] := array(
    select name from (:apiRoles) as api union select jsonb_array_elements_text(declared -> 'roles'));
  entry record;
  ours text;
begin
  for entry in
    select c.oid::regclass::text as name, role from jsonb_array_elements_text(declared -> 'tables') as name
    join pg_class c on c.oid = to_regclass(name) and pg_has_role(c.relowner, 'usage')
    cross join unnest(managed) as role where role = 'public' or to_regrole(quote_ident(role)) is not null
  loop
    execute format('revoke all on %s from %s', entry.name,
      case entry.role when 'public' then 'public' else quote_ident(entry.role) end);
  end loop;
  for entry in
    select pol.polname as name, pol.polrelid::regclass::text as of_table
    from jsonb_array_elements_text(declared -> 'tables') as name join pg_policy pol on pol.polrelid = to_regclass(name)
  loop
    execute format('drop policy %I on %s', entry.name, entry.of_table);
  end loop;
  -- In one statement, because they may depend on each other.
  select string_agg(p.oid::regprocedure::text, ', ') into ours
    from jsonb_array_elements_text(declared -> 'functions') as name join pg_proc p on p.oid = to_regprocedure(name)
    where obj_description(p.oid, 'pg_proc') = :'functionBrand';
  if ours is not null then execute 'drop function ' || ours; end if;
  if to_regclass('tenantry.access') is not null then
    delete from tenantry.access;
    delete from tenantry.row_security;
  end if;
end
$tenantry$;
