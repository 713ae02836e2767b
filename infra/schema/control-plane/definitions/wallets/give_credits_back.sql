-- Returns credits to the entries that they came from, with their expiry dates. Those that were taken last are returned first,
-- so a partial refund returns bought credits before granted ones.
create or replace function private.give_credits_back(entry public.wallet_entries) returns void
language plpgsql set search_path = ''
as $$
declare
  wanted bigint := entry.amount;
  spent record;
  given bigint;
begin
  for spent in
    select credit.*, allocated.amount as taken
    from (
      select credit_id, sum(amount) as amount from private.wallet_allocations
      where entry_id = entry.of_entry_id
        or entry_id in (select id from public.wallet_entries where of_entry_id = entry.of_entry_id)
      group by credit_id having sum(amount) > 0
    ) allocated
    join public.wallet_entries debit on debit.id = entry.of_entry_id and debit.kind = 'debit'
    join public.wallet_entries credit on credit.id = allocated.credit_id
      and credit.organization_id = entry.organization_id and credit.wallet = entry.wallet
    order by credit.kind = 'purchase' desc, credit.expires_at desc nulls first, credit.created_at desc, credit.id desc
  loop
    given := least(spent.taken, wanted);
    insert into public.wallet_credits as held
        (entry_id, organization_id, wallet, bought, remaining, expires_at, created_at)
      values (spent.id, spent.organization_id, spent.wallet, spent.kind = 'purchase', given, spent.expires_at,
        spent.created_at)
      on conflict (entry_id) do update set remaining = held.remaining + excluded.remaining;
    insert into private.wallet_allocations (entry_id, credit_id, amount) values (entry.id, spent.id, -given);
    wanted := wanted - given;
    exit when wanted = 0;
  end loop;
  if wanted > 0 then
    raise exception 'a refund gives back no more than its debit took' using errcode = 'check_violation';
  end if;
end
$$;
