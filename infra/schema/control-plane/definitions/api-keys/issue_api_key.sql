-- Makes a key's value, stores its SHA-256, and returns the value, which is never shown again.
create or replace function private.issue_api_key(
  of_workspace_id uuid, of_name text, out key_id uuid, out key text
) language plpgsql set search_path = ''
as $$
declare
  earlier bigint;
begin
  select count(*) into earlier from public.api_keys where workspace_id = of_workspace_id and name = of_name;
  key_id := gen_random_uuid();
  key := 'tnt_' || translate(rtrim(encode(extensions.gen_random_bytes(32), 'base64'), '='), '+/', '-_');
  insert into public.api_keys (id, workspace_id, name, rotation, prefix, managed_by)
    values (key_id, of_workspace_id, of_name, case earlier when 0 then '' else 'app-' || earlier end, left(key, 12), 'app');
  insert into private.api_key_hashes (api_key_id, sha256) values (key_id, sha256(convert_to(key, 'UTF8')));
end
$$;
