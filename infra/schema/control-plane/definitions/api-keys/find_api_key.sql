-- A key of a workspace that the caller manages. For any other key, the answer is that it doesn't exist.
create or replace function private.find_api_key(of_key_id uuid) returns public.api_keys
language plpgsql set search_path = ''
as $$
declare
  found_key public.api_keys;
  workspace public.workspaces;
begin
  select api_keys.* into found_key from public.api_keys
    join public.workspaces on workspaces.id = api_keys.workspace_id
    join public.members on members.organization_id = workspaces.organization_id
    where api_keys.id = of_key_id and members.user_id = private.caller_id();
  if found_key.id is not null then
    begin
      workspace := private.act_in_workspace(found_key.workspace_id);
    exception when sqlstate 'PT404' then
      found_key := null;
    end;
  end if;
  if found_key.id is null then
    raise sqlstate 'PT404' using message = 'there is no such key';
  end if;
  perform private.refuse_of_manifest(found_key.managed_by, workspace.organization_id, 'apiKeys');
  -- Read it again, now that nobody else can change it.
  select * into found_key from public.api_keys where id = of_key_id;
  return found_key;
end
$$;
