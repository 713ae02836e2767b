-- Founds an organization for a user who verifies an address for the first time and belongs to no organization and has no
-- invitation. Supabase Auth accepts addresses that no manifest accepts: such a user signs in without an organization, because
-- a failure here would fail the sign-up.
create or replace function private.sign_up() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  verified text := lower(new.email);
begin
  if tg_op = 'UPDATE' and old.email_confirmed_at is not null or verified is null
      or private.verified_user(verified) is distinct from new.id
      or exists (select from public.members where email = verified)
      or exists (select from public.invitations it where email = verified and private.is_open(it)) then
    return null;
  end if;
  if not private.is_email(verified) then
    raise warning 'the user % has no organization: the address isn''t %', new.id, private.expected_text('email');
    return null;
  end if;
  perform private.found_organization(verified, split_part(verified, '@', 1), new.id::text);
  return null;
end
$$;

-- PostgreSQL runs triggers in the order of their names: after tenantry_link_user, which locks the address.
create or replace trigger tenantry_sign_up after insert or update of email, email_confirmed_at on auth.users
  for each row execute function private.sign_up();
