-- The caller's address that the platform verified, whatever address the token contains.
create or replace function private.caller_email() returns text
language sql stable set search_path = ''
as $$
  select lower(email) from auth.users
  where id = private.caller_id() and email_confirmed_at is not null and not is_sso_user and deleted_at is null
$$;
