-- Hands out the oldest open request to one caller at a time; no row if there is none. A request that isn't settled within the
-- lease is handed out again: whoever gets it looks for its payment first.
create or replace function private.claim_reload(at timestamptz default now(), lease interval default '15 minutes')
returns setof public.reloads
language plpgsql set search_path = ''
as $$
begin
  -- These aren't wanted any more, or their organization isn't active. A request that is being processed may have been paid, so
  -- it isn't withdrawn.
  update public.reloads set state = 'withdrawn', settled_at = at where id in (
    select reloads.id from public.reloads
    join public.wallets on wallets.organization_id = reloads.organization_id and wallets.name = reloads.wallet
    join public.organizations on organizations.id = reloads.organization_id
    where reloads.state = 'requested'
      and (not wallets.reload_enabled or wallets.reload_paused or organizations.state <> 'active')
    for update of reloads skip locked);
  return query
    update public.reloads set state = 'processing', claimed_at = at where id = (
      select id from public.reloads
      where state = 'requested' or (state = 'processing' and claimed_at <= at - lease)
      order by requested_at, id for update skip locked limit 1)
    returning *;
end
$$;
