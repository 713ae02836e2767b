-- The workspace that a key opens. The answer is null for a key that is unknown, expired or revoked, and for a workspace that
-- isn't active or whose organization isn't. The digest is looked up, so the response time reveals nothing about a key that is
-- nearly right.
create or replace function private.authenticate_api_key(key text, at timestamptz default now()) returns uuid
language sql stable security definer set search_path = ''
as $$
  select workspaces.id
  from private.api_key_hashes
  join public.api_keys on api_keys.id = api_key_id
  join public.workspaces on workspaces.id = workspace_id
  join public.organizations on organizations.id = organization_id
  where api_key_hashes.sha256 = sha256(convert_to(key, 'UTF8'))
    and revoked_at is null and (expires_at is null or expires_at > at) and workspaces.state = 'active'
    and organizations.state = 'active'
$$;

create or replace function public.authenticate_api_key(key text) returns uuid
language sql stable set search_path = ''
as $$ select private.authenticate_api_key(key) $$;
