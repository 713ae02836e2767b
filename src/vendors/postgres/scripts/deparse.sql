-- Sets `tenantry.answer` to what PostgreSQL makes of the definitions in the specification, and rolls everything else back.

do $tenantry$
declare
  asked constant jsonb := :specification;
  answer jsonb := '{}';
  functions jsonb := '{}';
  policies jsonb := '{}';
  of_table jsonb;
  digest text;
  entry record;
  policy record;
  number integer := 0;
begin
  begin
    perform :takeTurns;
    perform set_config('check_function_bodies', 'off', true);
    for entry in select key as name, value from jsonb_each(asked -> 'functions') where value ? 'definition' loop
      begin
        perform set_config('search_path', 'public, extensions', true);
        execute entry.value ->> 'definition';
        perform set_config('search_path', '', true);
        select :functionDigest into digest from pg_proc p where p.oid = to_regprocedure(entry.name);
      exception when others then
        digest := null;
      end;
      functions := functions || jsonb_build_object(entry.name, digest);
    end loop;

    for entry in
      select key as name, value -> 'policies' as policies from jsonb_each(asked -> 'tables')
      where value -> 'policies' <> '{}' and to_regclass(key) is not null
    loop
      number := number + 1;
      of_table := '{}';
      execute format('create temporary table %I (like %s)', 'probe_' || number, entry.name);
      for policy in select key as name, value from jsonb_each(entry.policies) loop
        begin
          perform set_config('search_path', 'public, extensions', true);
          execute format('create policy %I on pg_temp.%I as %s for %s to %s', policy.name, 'probe_' || number,
            policy.value ->> 'as', policy.value ->> 'for',
            (select string_agg(case role when 'public' then 'public' else quote_ident(role) end, ', ')
              from jsonb_array_elements_text(policy.value -> 'to') as role))
            || coalesce(' using (' || (policy.value ->> 'using') || ')', '')
            || coalesce(' with check (' || (policy.value ->> 'check') || ')', '');
          perform set_config('search_path', '', true);
          select :policyDigest into digest from pg_policy pol
            where pol.polrelid = to_regclass(format('pg_temp.%I', 'probe_' || number)) and pol.polname = policy.name;
        exception when others then
          digest := null;
        end;
        of_table := of_table || jsonb_build_object(policy.name, digest);
      end loop;
      policies := policies || jsonb_build_object(entry.name, of_table);
    end loop;
    answer := jsonb_build_object('functions', functions, 'policies', policies);
    raise exception using errcode = :'rollBack';
  exception when sqlstate :'rollBack' then
    -- Only variables keep their values.
  end;
  perform set_config('tenantry.answer', answer::text, true);
end
$tenantry$;
