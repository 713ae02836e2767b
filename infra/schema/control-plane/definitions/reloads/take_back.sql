-- Takes what an indebted reload owes, as far as the wallet has it.
create or replace function private.take_back(reload_id uuid) returns bigint
language plpgsql set search_path = ''
as $$
declare
  reload public.reloads := private.lock_reload(reload_id);
  taken bigint;
begin
  select least(balance, reload.reversed - reload.taken_back) into taken from public.wallets
    where organization_id = reload.organization_id and name = reload.wallet;
  if taken <= 0 then return 0; end if;
  insert into public.wallet_entries (organization_id, wallet, key, kind, amount, of_entry_id, managed_by)
    -- The reload's row says how much was taken, so no key has to prevent a second time.
    values (reload.organization_id, reload.wallet, 'reversal:' || gen_random_uuid(), 'reversal', -taken,
      reload.wallet_entry_id, 'app');
  update public.reloads set taken_back = taken_back + taken where id = reload_id;
  return taken;
end
$$;
