-- Ends the expired credits of all wallets, and returns how many those were. It may run at any time, and several times at once.
create or replace function private.expire_credits(at timestamptz default now()) returns bigint
language plpgsql set search_path = ''
as $$
declare
  lapsed record;
  expired bigint := 0;
begin
  for lapsed in
    select distinct organization_id, wallet from public.wallet_credits where expires_at <= at order by 1, 2
  loop
    perform from public.wallets where organization_id = lapsed.organization_id and name = lapsed.wallet
      for no key update;
    expired := expired + private.expire_wallet(lapsed.organization_id, lapsed.wallet, at);
  end loop;
  return expired;
end
$$;
