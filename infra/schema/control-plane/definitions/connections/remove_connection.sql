-- Removes a connection that the product made.
create or replace function private.remove_connection(of_workspace_id uuid, of_name text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  held public.connections;
begin
  select * into held from public.connections where workspace_id = workspace.id and name = of_name;
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such connection';
  end if;
  perform private.refuse_of_manifest(held.managed_by, workspace.organization_id, 'connections');
  delete from public.connections where workspace_id = workspace.id and name = of_name;
end
$$;

create or replace function public.remove_connection(workspace_id uuid, name text) returns void
language sql set search_path = ''
as $$ select private.remove_connection(workspace_id, name) $$;
