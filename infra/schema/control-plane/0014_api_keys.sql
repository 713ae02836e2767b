-- API keys as owners and admins make them in the product, and what the gateway asks of one. A key's value is shown once:
-- its SHA-256 is all that is kept.

create function private.issue_api_key(
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

create function private.create_api_key(
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

-- Of a workspace that the caller manages; another's key doesn't exist.
create function private.find_api_key(of_key_id uuid) returns public.api_keys
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
  -- Again, now that nobody else changes it.
  select * into found_key from public.api_keys where id = of_key_id;
  return found_key;
end
$$;

-- A new value under the same name; the one before works on for the length of the grace, and then no more by itself.
create function private.rotate_api_key(
  of_key_id uuid, grace interval, out key_id uuid, out key text
) language plpgsql security definer set search_path = ''
as $$
declare
  rotated public.api_keys := private.find_api_key(of_key_id);
begin
  perform private.add_to_workspace(rotated.workspace_id);
  if grace is null or grace not between interval '0' and interval '30 days' then
    raise sqlstate 'PT400' using message = 'a key that is rotated works on for 30 days at most';
  end if;
  if rotated.revoked_at is not null or rotated.expires_at is not null then
    raise sqlstate 'PT409' using message = 'this key ends already', hint = 'rotate the newest key of its name';
  end if;
  update public.api_keys set expires_at = now() + grace where id = rotated.id;
  select * into key_id, key from private.issue_api_key(rotated.workspace_id, rotated.name);
end
$$;

create function private.revoke_api_key(of_key_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  revoked public.api_keys := private.find_api_key(of_key_id);
begin
  update public.api_keys set revoked_at = coalesce(revoked_at, now()) where id = revoked.id;
end
$$;

-- The workspace that a key opens, and nothing else. A key that is unknown, expired or revoked, and one whose workspace isn't
-- active, are answered alike, by null. The digest is looked up, so that the time tells nothing of a key that is nearly right.
create function private.authenticate_api_key(key text, at timestamptz default now()) returns uuid
language sql stable security definer set search_path = ''
as $$
  select workspaces.id
  from private.api_key_hashes
  join public.api_keys on api_keys.id = api_key_id
  join public.workspaces on workspaces.id = workspace_id
  where api_key_hashes.sha256 = sha256(convert_to(key, 'UTF8'))
    and revoked_at is null and (expires_at is null or expires_at > at) and state = 'active'
$$;

create function public.create_api_key(workspace_id uuid, name text, out key_id uuid, out key text)
language sql set search_path = ''
as $$ select * from private.create_api_key(workspace_id, name) $$;

create function public.rotate_api_key(
  api_key_id uuid, grace interval default '7 days', out key_id uuid, out key text
) language sql set search_path = ''
as $$ select * from private.rotate_api_key(api_key_id, grace) $$;

create function public.revoke_api_key(api_key_id uuid) returns void
language sql set search_path = ''
as $$ select private.revoke_api_key(api_key_id) $$;

create function public.authenticate_api_key(key text) returns uuid
language sql stable set search_path = ''
as $$ select private.authenticate_api_key(key) $$;

revoke execute on all functions in schema public from public, anon, authenticated, service_role;
revoke execute on all functions in schema private from public, anon, authenticated;
