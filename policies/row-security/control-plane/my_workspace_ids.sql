-- The workspaces of active organizations that the caller reaches: owners and admins all of them, other members the active ones
-- that they were granted.
create or replace function private.my_workspace_ids() returns uuid[]
language sql stable security definer set search_path = ''
as $$
  select coalesce(array_agg(workspaces.id), '{}')
  from public.members
  join public.organizations on organizations.id = members.organization_id and organizations.state = 'active'
  join public.workspaces on workspaces.organization_id = members.organization_id
  where members.user_id = (select private.caller_id())
    and (
      members.role in ('owner', 'admin')
      or (workspaces.state = 'active' and exists (
        select from public.workspace_members granted
        where granted.workspace_id = workspaces.id and granted.email = members.email
      ))
    )
$$;
