-- A membership belongs to whoever verified its e-mail, and to nobody else. The link follows every change of either side.
-- An e-mail that a single-sign-on provider asserts is not verified by us: another customer runs that provider.

create function private.verified_user(member_email text) returns uuid
language sql stable set search_path = ''
as $$
  select id from auth.users
  where lower(email) = member_email and email_confirmed_at is not null and not is_sso_user and deleted_at is null
$$;

create function private.link_member() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- Against a confirmation that runs beside this: whichever comes second waits, and sees the other's row.
  perform pg_advisory_xact_lock_shared(hashtextextended(new.email, 0));
  new.user_id := private.verified_user(new.email);
  return new;
end
$$;
create trigger link_member before insert or update on public.members
  for each row execute function private.link_member();

create function private.link_user() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(lower(new.email), 0));
  -- The trigger of members decides; this only touches the rows that it has to look at again.
  update public.members set user_id = null where user_id = new.id or email = lower(new.email);
  return null;
end
$$;
create trigger tenantry_link_user after insert or update of email, email_confirmed_at, deleted_at on auth.users
  for each row execute function private.link_user();

-- Adds the claim that workspaces demand before they bind a member to a user. Not part of the user's metadata, which
-- everyone edits as they like. https://supabase.com/docs/guides/auth/auth-hooks/custom-access-token-hook
create function private.access_token_hook(event jsonb) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_set(event, '{claims,email_verified}', to_jsonb(exists (
    select from auth.users
    where id = (event ->> 'user_id')::uuid and lower(email) = lower(event #>> '{claims,email}')
      and email_confirmed_at is not null and not is_sso_user and deleted_at is null
  )))
$$;

revoke execute on all functions in schema private from public, anon, authenticated;
