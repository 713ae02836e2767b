-- Adds the claim `email_verified`, which workspaces require before they link a member to a user. It isn't part of the user's
-- metadata, which users edit themselves. https://supabase.com/docs/guides/auth/auth-hooks/custom-access-token-hook
create or replace function private.access_token_hook(event jsonb) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_set(event, '{claims,email_verified}', to_jsonb(exists (
    select from auth.users
    where id = (event ->> 'user_id')::uuid and lower(email) = lower(event #>> '{claims,email}')
      and email_confirmed_at is not null and not is_sso_user and deleted_at is null
  )))
$$;
