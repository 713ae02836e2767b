-- Whether the control plane confirmed within the lease who may enter. It uses the statement's clock, because a connection may
-- keep a transaction open.
create or replace function private.access_is_confirmed() returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from private.settings
    where access_lease_seconds is null
      or access_confirmed_at > statement_timestamp() - make_interval(secs => access_lease_seconds))
$$;
