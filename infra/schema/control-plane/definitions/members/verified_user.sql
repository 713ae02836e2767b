-- The user who verified an address. An address that a single-sign-on provider asserts doesn't count: another customer runs
-- that provider.
create or replace function private.verified_user(member_email text) returns uuid
language sql stable set search_path = ''
as $$
  select id from auth.users
  where lower(email) = member_email and email_confirmed_at is not null and not is_sso_user and deleted_at is null
$$;
