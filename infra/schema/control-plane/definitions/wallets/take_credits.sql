-- Takes credits for a debit, an expiry or a reversal: granted credits before bought ones, the soonest to expire first. An
-- expiry takes only the credits that expired; a reversal begins with those of its own purchase.
create or replace function private.take_credits(entry public.wallet_entries) returns void
language plpgsql set search_path = ''
as $$
declare
  wanted bigint := -entry.amount;
  credit record;
  taken bigint;
begin
  for credit in
    select entry_id, remaining from public.wallet_credits
    where organization_id = entry.organization_id and wallet = entry.wallet
      and (entry.kind <> 'expiry' or entry_id = entry.of_entry_id)
    order by entry_id is distinct from entry.of_entry_id, bought, expires_at nulls last, created_at, entry_id
  loop
    taken := least(credit.remaining, wanted);
    if taken = credit.remaining then
      delete from public.wallet_credits where entry_id = credit.entry_id;
    else
      update public.wallet_credits set remaining = remaining - taken where entry_id = credit.entry_id;
    end if;
    insert into private.wallet_allocations (entry_id, credit_id, amount) values (entry.id, credit.entry_id, taken);
    wanted := wanted - taken;
    exit when wanted = 0;
  end loop;
  if wanted > 0 then
    raise exception '% credits are missing from the % wallet', wanted, entry.wallet using errcode = 'check_violation';
  end if;
end
$$;
