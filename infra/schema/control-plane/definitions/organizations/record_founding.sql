-- Records who founded an organization.
create or replace function private.record_founding() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into private.foundings (organization_id, email, user_id)
    select id, new.email, new.user_id from public.organizations where id = new.organization_id and managed_by = 'app'
    on conflict do nothing;
  return null;
end
$$;

-- A transfer of ownership updates rows, so an inserted owner is the founder.
create or replace trigger record_founding after insert on public.members
  for each row when (new.role = 'owner' and new.managed_by = 'app') execute function private.record_founding();
