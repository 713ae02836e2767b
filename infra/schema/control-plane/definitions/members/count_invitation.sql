-- Counts an invitation of today and refuses too many without a paid plan. The caller holds the lock on the organization's row.
create or replace function private.count_invitation(of_organization_id uuid) returns void
language plpgsql set search_path = ''
as $$
declare
  unpaid_at_most constant integer := 20;
  counted integer;
begin
  insert into private.invitation_days as it (organization_id, day, sent)
    values (of_organization_id, (now() at time zone 'UTC')::date, 1)
    on conflict (organization_id) do update
      set sent = case it.day when excluded.day then it.sent + 1 else 1 end, day = excluded.day
    returning sent into counted;
  if counted > unpaid_at_most and not private.is_paid(of_organization_id) then
    raise sqlstate 'PT429' using message = format('%s invitations were sent today, the most without a paid plan', unpaid_at_most),
      hint = 'invite again tomorrow (UTC), or choose a plan that is paid';
  end if;
end
$$;
