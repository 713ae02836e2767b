-- Tries to read and write each of the `sources` as each of the `people`, and to call functions with hidden ids. Sets
-- `tenantry.answer` to the results, and rolls everything else back.

do $tenantry$
declare
  asked constant jsonb := :specification;
  answer jsonb := '{}';
  person jsonb;
  source jsonb;
  name text;
  seen jsonb;
  sight jsonb;
  writes text[];
  entered text;
  mine uuid[];
  known uuid[];
  -- Results of the first person: for each table its columns, and one or two rows to test with.
  tables jsonb := '{}';
  of_table jsonb;
  places tid[];
  sample jsonb;
  a_column text;
  changed bigint;
  statement text;
  callable jsonb;
  told jsonb;
  func record;
  hidden jsonb;
  ids jsonb;
  answers text[];
begin
  begin
    -- Supabase refuses to delete rows of stored files by SQL. Allow it here, because everything is rolled back.
    perform set_config('storage.allow_delete_query', 'true', true);
    for statement in select jsonb_array_elements_text(asked -> 'content') loop
      execute statement;
    end loop;
    for person in select jsonb_array_elements(asked -> 'people') loop
      seen := '{}';
      entered := null;
      callable := '[]';
      told := '[]';
      mine := array(select jsonb_array_elements_text(person -> 'mine')::uuid);
      known := mine || array(select jsonb_array_elements_text(person -> 'also')::uuid);
      begin
        for statement in select jsonb_array_elements_text(person -> 'before') loop
          execute statement;
        end loop;
        if person ->> 'role' is not null then
          perform set_config('request.jwt.claims', person ->> 'claims', true), set_config('role', person ->> 'role', true);
        end if;
        if person ? 'enter' then
          begin
            execute person ->> 'enter';
            entered := '';
          exception when others then
            entered := sqlstate;
          end;
        end if;

        for source in select jsonb_array_elements(asked -> 'sources') loop
          name := source ->> 'name';
          writes := '{}';
          begin
            execute format(
              'select jsonb_build_object(
                 ''mine'', (select coalesce(jsonb_agg(k), ''[]'') from unnest($1) as k
                   where exists (select from %1$s as it where %2$s)),
                 ''others'', exists (select from %1$s as it where %3$s))',
              name, source ->> 'mine', source ->> 'others') into sight using mine, known;
          exception
            when insufficient_privilege then
              sight := '{"mine": [], "others": false}';
            when lock_not_available or deadlock_detected then
              raise;
            when others then
              sight := jsonb_build_object('error', sqlstate || ': ' || sqlerrm);
          end;

          if name like '%)' then
            -- Nothing to write.
          elsif person ->> 'role' is null then
            if exists (select from pg_class c where c.oid = name::regclass and (c.relkind = 'r'
                or c.relkind = 'p' and exists (select from pg_inherits where inhparent = c.oid))) then
              execute format('
    select jsonb_build_object(''rows'', coalesce(jsonb_agg(jsonb_build_object(''place'', place, ''row'', chosen)), ''[]'')) from (
      (select it.ctid as place, to_jsonb(it) as chosen from %1$s as it, unnest($1) as k where %2$s limit 1)
      union all
      (select it.ctid, to_jsonb(it) from %1$s as it where %3$s limit 1)) as samples', name, source ->> 'mine', source ->> 'others') into of_table using mine, known;
              tables := tables || jsonb_build_object(name, of_table || (
                select jsonb_build_object('oid', name::regclass::oid, 'columns', string_agg(quote_ident(attname), ', '))
                from pg_attribute
                where attrelid = name::regclass and attnum > 0 and not attisdropped and attgenerated = ''));
            end if;
          elsif tables ? name then
            of_table := tables -> name;
            places := array(select (it ->> 'place')::tid from jsonb_array_elements(of_table -> 'rows') as it);
            if cardinality(places) = 0 then
              begin
                execute format('insert into %s default values', name);
                raise exception using errcode = :'rollBack';
              exception
                when sqlstate :'rollBack' then
                  writes := array_append(writes, 'insert');
                when insufficient_privilege then
                  null;
                when lock_not_available or deadlock_detected then
                  raise;
                when others then
                  -- A constraint or trigger refused the write, so privileges and policies allowed it.
                  writes := array_append(writes, 'insert');
              end;
            end if;
            for sample in
              select (it -> 'row') || coalesce(source -> 'added', '{}') || case when it -> 'row' ? 'created_by'
                  then jsonb_build_object('created_by', person #> '{claims,sub}') else '{}' end
                from jsonb_array_elements(of_table -> 'rows') as it
            loop
              begin
                -- The columns that the person may insert; if there are none, all columns.
                select coalesce(string_agg(quote_ident(attname), ', ')
                    filter (where has_column_privilege(attrelid, attnum, 'insert')), of_table ->> 'columns')
                  into a_column from pg_attribute
                  where attrelid = (of_table ->> 'oid')::oid and attnum > 0 and not attisdropped and attgenerated = '';
                execute format('insert into %1$s (%2$s) overriding system value
                  select %2$s from jsonb_populate_record(null::%1$s, $1)', name, a_column) using sample;
                raise exception using errcode = :'rollBack';
              exception
                when sqlstate :'rollBack' then
                  writes := array_append(writes, 'insert');
                when insufficient_privilege then
                  null;
                when lock_not_available or deadlock_detected then
                  raise;
                when others then
                  -- A constraint or trigger refused the write, so privileges and policies allowed it.
                  writes := array_append(writes, 'insert');
              end;
            end loop;

            -- A column that the person may update; if there is none, the first column.
            select attname into a_column from pg_attribute
              where attrelid = (of_table ->> 'oid')::oid and attnum > 0 and not attisdropped and attgenerated = ''
              order by has_column_privilege(attrelid, attnum, 'update') desc, attnum limit 1;
            begin
              execute format('update %1$s set %2$I = %2$I where ctid = any ($1)', name, a_column) using places;
              get diagnostics changed = row_count;
              raise exception using errcode = :'rollBack';
            exception
              when sqlstate :'rollBack' then
                if changed > 0 then writes := array_append(writes, 'update'); end if;
              when insufficient_privilege then
                null;
              when lock_not_available or deadlock_detected then
                raise;
              when others then
                -- A constraint or trigger refused the write, so privileges and policies allowed it.
                writes := array_append(writes, 'update');
            end;
            begin
              execute format('delete from %s where ctid = any ($1)', name) using places;
              get diagnostics changed = row_count;
              raise exception using errcode = :'rollBack';
            exception
              when sqlstate :'rollBack' then
                if changed > 0 then writes := array_append(writes, 'delete'); end if;
              when insufficient_privilege then
                null;
              when lock_not_available or deadlock_detected then
                raise;
              when others then
                -- A constraint or trigger refused the write, so privileges and policies allowed it.
                writes := array_append(writes, 'delete');
            end;
          end if;
          seen := seen || jsonb_build_object(name, case when sight ? 'error' then sight
            else sight || jsonb_build_object('writes', array(select distinct unnest(writes))) end);
        end loop;

        select coalesce(jsonb_agg(p.oid::regprocedure::text), '[]') into callable
          from pg_proc p join pg_namespace n on n.oid = p.pronamespace
          where p.prokind <> 'a' and p.prorettype <> 'trigger'::regtype and :isOwnSchema
            and not :isFunctionOfExtension
            and has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute');

        for hidden in select jsonb_array_elements(person -> 'hidden') loop
          for func in   select p.oid::regprocedure::text as signature, format('select to_jsonb(it)::text from %s(%s) as it',
              p.oid::regproc, (
                select string_agg(case
                    when type = 'uuid'::regtype then case when argument.name like '%organization_id' then '$1' else '$2' end
                    when type = 'text'::regtype then quote_literal(case argument.name when 'email' then 'invited@tenantry.invalid'
                      when 'role' then 'member' when 'schedule' then '0 0 * * *' else 'tenantry-verify' end)
                    when type in ('bigint'::regtype, 'integer'::regtype) then '1'
                    when type = 'date'::regtype then '(current_date + 1)'
                    else 'null' end || '::' || type::regtype, ', ' order by place)
                from unnest(p.proargtypes::oid[], p.proargnames) with ordinality as argument (type, name, place)
                where place <= p.pronargs)) as call
            from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'public' and p.prokind = 'f' and 'uuid'::regtype = any (p.proargtypes)
              and not :isFunctionOfExtension
            order by 1 loop
            answers := '{}';
            for ids in select unnest(array[hidden -> 'there', hidden -> 'nowhere']) loop
              begin
                execute func.call into statement using (ids ->> 'organization')::uuid, (ids ->> 'workspace')::uuid;
                raise exception using errcode = :'rollBack';
              exception
                when sqlstate :'rollBack' then
                  answers := array_append(answers, 'answers ' || coalesce(statement, 'nothing'));
                when insufficient_privilege then
                  answers := array_append(answers, 'is refused');
                when lock_not_available or deadlock_detected then
                  raise;
                when others then
                  answers := array_append(answers, sqlstate || ': ' || sqlerrm);
              end;
            end loop;
            if answers[1] <> answers[2] then
              told := told || jsonb_build_object('signature', func.signature, 'what', hidden -> 'what',
                'there', answers[1], 'nowhere', answers[2]);
            end if;
          end loop;
        end loop;
        raise exception using errcode = :'rollBack';
      exception when sqlstate :'rollBack' then
      end;
      answer := answer || jsonb_build_object(person ->> 'name',
        jsonb_build_object('entered', entered, 'seen', seen, 'functions', callable, 'told', told));
    end loop;
    raise exception using errcode = :'rollBack';
  exception when sqlstate :'rollBack' then
    -- Only variables keep their values.
  end;
  perform set_config('tenantry.answer', answer::text, true);
end
$tenantry$;
