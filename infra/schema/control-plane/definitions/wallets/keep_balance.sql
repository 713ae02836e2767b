-- Only an entry changes a balance. The trigger runs after an update, because before it each debit would lock its wallet's row
-- once more.
create or replace function private.keep_balance() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- A direct statement has depth 1; the ledger's trigger has depth 2.
  if pg_trigger_depth() < 2 and new.balance <> (case when tg_op = 'INSERT' then 0 else old.balance end) then
    raise exception 'a balance moves by an entry only' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

create or replace trigger begin_empty before insert on public.wallets
  for each row execute function private.keep_balance();
create or replace trigger keep_balance after update of balance on public.wallets
  for each row when (pg_trigger_depth() < 1) execute function private.keep_balance();
