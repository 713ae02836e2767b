-- Links a membership to the user who verified its address, and to no other.
create or replace function private.link_member() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- A confirmation may run at the same time: whichever comes second waits, and sees the other's row.
  perform pg_advisory_xact_lock_shared(hashtextextended(new.email, 0));
  new.user_id := private.verified_user(new.email);
  return new;
end
$$;

create or replace trigger link_member before insert or update on public.members
  for each row execute function private.link_member();
