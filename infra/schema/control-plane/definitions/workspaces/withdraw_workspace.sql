-- Withdraws a request. A workspace that has its project can't be removed by a call.
create or replace function private.withdraw_workspace(of_workspace_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
begin
  perform private.refuse_of_manifest(workspace.managed_by, workspace.organization_id, 'workspaces');
  if workspace.state <> 'requested' then
    raise sqlstate 'PT409' using message = format('the workspace is %s', workspace.state);
  end if;
  delete from public.workspaces where id = workspace.id;
end
$$;

create or replace function public.withdraw_workspace(workspace_id uuid) returns void
language sql set search_path = ''
as $$ select private.withdraw_workspace(workspace_id) $$;
