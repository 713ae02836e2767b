-- Replaces the members of a workspace with those of the specification, unless the database has a newer version, and returns the
-- version that it then has.

do $tenantry$
declare
  delivered jsonb := :specification;
  held private.settings;
begin
  insert into private.settings (workspace_id, issuer)
    values ((delivered ->> 'workspace')::uuid, delivered ->> 'issuer') on conflict (singleton) do nothing;
  select * into strict held from private.settings for no key update;
  if held.workspace_id <> (delivered ->> 'workspace')::uuid then
    raise exception '%', held.workspace_id using errcode = :'otherWorkspace';
  end if;
  if held.access_version >= (delivered ->> 'version')::bigint then
    return;
  end if;
  update private.settings set issuer = delivered ->> 'issuer', access_version = (delivered ->> 'version')::bigint,
    access_confirmed_at = clock_timestamp(),
    access_lease_seconds = case when delivered ? 'leaseSeconds' then (delivered ->> 'leaseSeconds')::integer
      else held.access_lease_seconds end;
  delete from public.workspace_members as gone
    where not exists (select from jsonb_to_recordset(delivered -> 'members') as it (email text) where it.email = gone.email);
  -- Release an account that moved to another address before it is bound to that address.
  update public.workspace_members as moved set user_id = null
    from jsonb_to_recordset(delivered -> 'members') as it (email text, user_id uuid)
    where it.email = moved.email and moved.user_id is distinct from it.user_id and moved.user_id is not null;
  insert into public.workspace_members as member (email, role, user_id, managed_by)
    select email, role, user_id, managed_by
    from jsonb_to_recordset(delivered -> 'members') as it (email text, role text, user_id uuid, managed_by text)
    on conflict (workspace_id, email) do update
      set role = excluded.role, user_id = excluded.user_id, managed_by = excluded.managed_by
      where (member.role, member.user_id, member.managed_by)
        is distinct from (excluded.role, excluded.user_id, excluded.managed_by);
end
$tenantry$;
select access_version::text as version from private.settings;
