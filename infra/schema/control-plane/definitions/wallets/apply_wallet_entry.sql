-- Applies an entry to its wallet and credits. After the insert, because `on conflict do nothing` runs the triggers before an
-- insert even if it skips the row.
create or replace function private.apply_wallet_entry() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- The update comes first: it locks the wallet, so the rest sees all earlier entries.
  update public.wallets set balance = balance + new.amount
    where organization_id = new.organization_id and name = new.wallet;
  if new.amount > 0 and new.of_entry_id is not null then
    perform private.give_credits_back(new);
  elsif new.amount > 0 then
    insert into public.wallet_credits (entry_id, organization_id, wallet, bought, remaining, expires_at, created_at)
      values (new.id, new.organization_id, new.wallet, new.kind = 'purchase', new.amount, new.expires_at, new.created_at);
  else
    -- Most debits take a part of the first credit, in one statement.
    if new.of_entry_id is null then
      with taken as (
        update public.wallet_credits set remaining = remaining + new.amount
        where entry_id = (
            select entry_id from public.wallet_credits
            where organization_id = new.organization_id and wallet = new.wallet
            order by bought, expires_at nulls last, created_at, entry_id limit 1)
          and remaining > -new.amount
        returning entry_id
      )
      insert into private.wallet_allocations (entry_id, credit_id, amount)
        select new.id, entry_id, -new.amount from taken;
      if found then return null; end if;
    end if;
    perform private.take_credits(new);
  end if;
  return null;
end
$$;

-- PostgreSQL runs triggers in the order of their names: before those of foreign keys, whose share lock on the wallet costs
-- nothing once this transaction has locked it.
create or replace trigger "1_apply_wallet_entry" after insert on public.wallet_entries
  for each row execute function private.apply_wallet_entry();
