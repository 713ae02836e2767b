-- Copies a connection to a workspace of the same organization. The copy is independent of the original.
create or replace function private.clone_connection(
  from_workspace_id uuid, of_name text, to_workspace_id uuid, as_name text
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  origin public.workspaces := private.act_in_workspace(from_workspace_id);
  target public.workspaces := private.add_to_workspace(to_workspace_id);
  cloned public.connections;
begin
  if origin.organization_id <> target.organization_id then
    raise sqlstate 'PT404' using message = 'there is no such workspace';
  end if;
  select * into cloned from public.connections where workspace_id = origin.id and name = of_name;
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such connection';
  end if;
  -- A manifest's connection is cloned in the manifest, which says where its credentials are.
  perform private.refuse_of_manifest(cloned.managed_by, origin.organization_id, 'connections');
  perform private.add_connection(target.id, coalesce(as_name, of_name), cloned.kind, reference,
      origin.name || '/' || of_name)
    from private.connection_credentials where workspace_id = origin.id and name = of_name;
end
$$;

create or replace function public.clone_connection(
  workspace_id uuid, name text, to_workspace_id uuid, as_name text default null
) returns void
language sql set search_path = ''
as $$ select private.clone_connection(workspace_id, name, to_workspace_id, as_name) $$;
