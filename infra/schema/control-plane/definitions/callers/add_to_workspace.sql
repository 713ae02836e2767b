-- As act_in_workspace, for adding something: a suspended or archived workspace accepts nothing new.
create or replace function private.add_to_workspace(of_workspace_id uuid) returns public.workspaces
language plpgsql set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
begin
  if workspace.state <> 'requested' then
    perform private.refuse_inactive('workspace', workspace.state);
  end if;
  return workspace;
end
$$;
