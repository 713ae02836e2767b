-- Records that a member left, and ends the invitations of the address.
create or replace function private.record_departure() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- No row if the organization itself is being deleted.
  insert into private.departures (organization_id, email)
    select id, old.email from public.organizations where id = old.organization_id
    on conflict (organization_id, email) do update set left_at = excluded.left_at;
  delete from public.invitations
    where organization_id = old.organization_id and email = old.email and managed_by = 'app';
  -- Ended as if it had been accepted, so that the manifest that still declares it doesn't invite again.
  update public.invitations set accepted_at = now()
    where organization_id = old.organization_id and email = old.email and accepted_at is null;
  return null;
end
$$;

create or replace trigger record_departure after delete on public.members
  for each row execute function private.record_departure();
