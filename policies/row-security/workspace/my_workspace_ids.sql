-- The workspace, if the caller may enter it.
create or replace function private.my_workspace_ids() returns uuid[]
language sql stable security definer set search_path = ''
as $$
  select coalesce(array_agg(workspace_id), '{}')
  from public.workspace_members
  where user_id = (select (private.trusted_claims() ->> 'sub')::uuid) and private.access_is_confirmed()
$$;
