-- Revokes all access that the specification doesn't declare, and sets `tenantry.answer` to what couldn't be revoked.

do $tenantry$
declare
  asked constant jsonb := :specification;
  workspace constant jsonb := asked -> 'workspace';
  -- Nobody enters a workspace that isn't active, whoever let them in.
  is_closed constant boolean := (workspace ->> 'isClosed')::boolean;
  -- The manifest leaves out who may enter, except for the owner.
  leaves_everybody constant boolean := (workspace #>> '{left,everybody}')::boolean;
  problems jsonb := '{}';
  open_now jsonb;
  opening jsonb;
  attempt integer;
  problem text;
  left_over text[];
begin
  insert into tenantry.access as held (declared) values (asked -> 'access')
    on conflict (singleton) do update set declared = excluded.declared where held.declared <> excluded.declared;

  -- The second attempt closes what depended on something else in the first.
  for attempt in 1..3 loop
    perform set_config('search_path', '', true);
    select coalesce(jsonb_agg(jsonb_build_object('subject', subject, 'command', command)), '[]') into open_now
      from (:openings) as opening;
    exit when attempt = 3 or open_now = '[]';
    for opening in select value from jsonb_array_elements(open_now) loop
      begin
        -- Definitions of policies and functions assume this path. Other statements use qualified names.
        perform set_config('search_path', 'public, extensions', true);
        execute opening ->> 'command';
      exception when others then
        problems := problems || jsonb_build_object(opening ->> 'subject', sqlerrm);
      end;
    end loop;
  end loop;
  perform set_config('search_path', '', true);

  if workspace is not null and to_regclass('private.settings') is not null
    and to_regclass('public.workspace_members') is not null then
    for attempt in 1..2 loop
      begin
        if attempt = 2 then perform set_config('session_replication_role', 'replica', true); end if;
        if workspace ->> 'issuer' is not null then
          update private.settings set issuer = workspace ->> 'issuer'
            where workspace_id = (workspace ->> 'id')::uuid and issuer <> workspace ->> 'issuer';
        end if;
      exception when others then
        problems := problems || jsonb_build_object('the issuer of its tokens', sqlerrm);
      end;
      begin
        delete from public.workspace_members
          where workspace_id = (workspace ->> 'id')::uuid and not workspace -> 'members' ? email
            and (is_closed or managed_by = 'manifest' and not (leaves_everybody and role <> 'owner')
              and not workspace #> '{left,people}' ? email);
      exception when others then
        select problems || coalesce(jsonb_object_agg('member ' || email || ' is not declared', sqlerrm), '{}') into problems
          from public.workspace_members
          where not workspace -> 'members' ? email
            and (is_closed or managed_by = 'manifest' and not (leaves_everybody and role <> 'owner')
              and not workspace #> '{left,people}' ? email);
      end;
      begin
        update public.workspace_members set role = workspace #>> array['members', email, 'role']
          where workspace_id = (workspace ->> 'id')::uuid and managed_by = 'manifest'
            and not (leaves_everybody and role <> 'owner') and not workspace #> '{left,people}' ? email
            and role <> workspace #>> array['members', email, 'role'];
      exception when others then
        problems := problems || jsonb_build_object('the roles of members', sqlerrm);
      end;
      left_over := array(
        select 'member ' || email || ' is not declared' from public.workspace_members
          where workspace_id = (workspace ->> 'id')::uuid and not workspace -> 'members' ? email
            and (is_closed or managed_by = 'manifest' and not (leaves_everybody and role <> 'owner')
              and not workspace #> '{left,people}' ? email)
        union all
        select 'the issuer of its tokens' from private.settings
          where workspace_id = (workspace ->> 'id')::uuid and issuer <> workspace ->> 'issuer');
      exit when left_over = '{}';
    end loop;
    perform set_config('session_replication_role', 'origin', true);
  end if;

  perform set_config('tenantry.answer', (
    select coalesce(jsonb_agg(jsonb_build_object('subject', subject,
      'problem', coalesce(problems ->> subject, 'it belongs to another role')) order by subject), '[]')
    from (select distinct value ->> 'subject' as subject from jsonb_array_elements(open_now) union select unnest(left_over)) as still_open
  )::text, true);
end
$tenantry$;
