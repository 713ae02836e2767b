-- A workspace that the caller manages as owner or admin. Other members are refused; whoever doesn't reach the workspace gets
-- the answer that it doesn't exist.
create or replace function private.act_in_workspace(of_workspace_id uuid) returns public.workspaces
language plpgsql set search_path = ''
as $$
declare
  workspace public.workspaces;
begin
  select workspaces.* into workspace from public.workspaces join public.members using (organization_id)
    where workspaces.id = of_workspace_id and workspaces.state <> 'deleted' and members.user_id = private.caller_id()
      and (members.role in ('owner', 'admin') or workspaces.state = 'active' and exists (
        select from public.workspace_members granted
        where granted.workspace_id = workspaces.id and granted.email = members.email));
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such workspace';
  end if;
  perform private.act_in_organization(workspace.organization_id, '{owner,admin}');
  -- Read it again, now that nobody else can change it.
  select * into workspace from public.workspaces where id = of_workspace_id;
  return workspace;
end
$$;
