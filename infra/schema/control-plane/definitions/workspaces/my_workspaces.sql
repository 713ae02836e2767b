-- The caller's workspaces, for a switcher. `throwaway`: the workspace has a last day. `url` is null until the workspace has
-- its project.
create or replace function public.my_workspaces(organization_id uuid default null)
returns table (
  id uuid, organization_id uuid, name text, display_name text, role text, state text, throwaway boolean, expires_on date,
  url text
)
language sql stable set search_path = ''
as $$
  select workspaces.id, workspaces.organization_id, workspaces.name, workspaces.display_name, members.role,
    workspaces.state, workspaces.expires_on is not null, workspaces.expires_on, workspaces.project_url
  from public.workspaces join public.members on members.organization_id = workspaces.organization_id
  where members.user_id = private.caller_id() and workspaces.state <> 'deleted'
    and (my_workspaces.organization_id is null or workspaces.organization_id = my_workspaces.organization_id)
  order by workspaces.name <> 'personal', lower(workspaces.display_name), workspaces.id
$$;
