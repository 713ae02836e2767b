-- Ends the expired credits of one wallet, which the caller has locked, and returns how many those were.
create or replace function private.expire_wallet(of_organization_id uuid, of_wallet text, at timestamptz) returns bigint
language plpgsql set search_path = ''
as $$
declare
  credit record;
  expired bigint := 0;
begin
  for credit in
    select entry_id, remaining from public.wallet_credits
    where organization_id = of_organization_id and wallet = of_wallet and expires_at <= at
    order by expires_at, entry_id
  loop
    insert into public.wallet_entries (organization_id, wallet, key, kind, amount, of_entry_id, managed_by)
      -- This deletes the credit's row, so no key has to prevent a second expiry.
      values (of_organization_id, of_wallet, 'expiry:' || gen_random_uuid(), 'expiry', -credit.remaining,
        credit.entry_id, 'app');
    expired := expired + credit.remaining;
  end loop;
  return expired;
end
$$;
