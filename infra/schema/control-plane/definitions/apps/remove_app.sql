-- Removes an app that the product made.
create or replace function private.remove_app(of_workspace_id uuid, of_name text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  app public.apps := private.find_app(workspace, of_name);
begin
  perform private.refuse_of_manifest(app.managed_by, workspace.organization_id, 'apps');
  delete from public.apps where workspace_id = workspace.id and name = of_name;
end
$$;

create or replace function public.remove_app(workspace_id uuid, name text) returns void
language sql set search_path = ''
as $$ select private.remove_app(workspace_id, name) $$;
