-- Links memberships again when a user is added, verifies an address, changes it or is deleted.
create or replace function private.link_user() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(lower(new.email), 0));
  -- The trigger of members decides. This update makes it look at the rows again.
  update public.members set user_id = null where user_id = new.id or email = lower(new.email);
  return null;
end
$$;

create or replace trigger tenantry_link_user after insert or update of email, email_confirmed_at, deleted_at on auth.users
  for each row execute function private.link_user();
