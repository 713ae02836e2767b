-- Revokes the usage of the schemas in the specification.

do $tenantry$
declare
  entry record;
begin
  for entry in
    select n.nspname as schema, r.rolname as role
    from jsonb_each(:specification) as declared
    cross join jsonb_array_elements_text(declared.value -> 'usage') as usage
    join pg_namespace n on n.nspname = declared.key
    join pg_roles r on r.rolname = usage
  loop
    execute format('revoke all on schema %I from %I', entry.schema, entry.role);
  end loop;
end
$tenantry$;
