-- Creates a key with a name that no other valid key of the workspace has.
create or replace function private.create_api_key(
  of_workspace_id uuid, of_name text, out key_id uuid, out key text
) language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.add_to_workspace(of_workspace_id);
begin
  perform private.check_slug(of_name);
  perform private.refuse_of_manifest(managed_by, workspace.organization_id, 'apiKeys') from public.api_keys
    where workspace_id = workspace.id and name = of_name and managed_by = 'manifest';
  if exists (select from public.api_keys where workspace_id = workspace.id and name = of_name
      and revoked_at is null and (expires_at is null or expires_at > now())) then
    raise sqlstate 'PT409' using message = format('there is a key %L already', of_name), hint = 'rotate it, or revoke it';
  end if;
  select * into key_id, key from private.issue_api_key(workspace.id, of_name);
end
$$;

create or replace function public.create_api_key(workspace_id uuid, name text, out key_id uuid, out key text)
language sql set search_path = ''
as $$ select * from private.create_api_key(workspace_id, name) $$;
