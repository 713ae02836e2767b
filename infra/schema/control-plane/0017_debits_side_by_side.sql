-- Debits of one wallet hold its row for a shorter time: an entry and its usage are written before the wallet is locked, side
-- by side with those of other debits, and only what moves the balance and the credits is done one after the other.

-- Before the triggers of foreign keys, which come in the order of their names: their share lock on the wallet is nothing to
-- whoever has it already, and would be one of many on the same row to everybody else.
alter trigger apply_wallet_entry on public.wallet_entries rename to "1_apply_wallet_entry";

create or replace function private.apply_wallet_entry() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- First: it locks the wallet, and what follows sees all that was booked before.
  update public.wallets set balance = balance + new.amount
    where organization_id = new.organization_id and name = new.wallet;
  if new.amount > 0 and new.of_entry_id is not null then
    perform private.give_credits_back(new);
  elsif new.amount > 0 then
    insert into public.wallet_credits (entry_id, organization_id, wallet, bought, remaining, expires_at, created_at)
      values (new.id, new.organization_id, new.wallet, new.kind = 'purchase', new.amount, new.expires_at, new.created_at);
  else
    -- Most debits leave something of the first credit, and take it in one statement.
    if new.of_entry_id is null then
      with first as (
        select entry_id from public.wallet_credits
        where organization_id = new.organization_id and wallet = new.wallet
        order by bought, expires_at nulls last, created_at, entry_id limit 1
      ), taken as (
        update public.wallet_credits held set remaining = remaining + new.amount from first
        where held.entry_id = first.entry_id and remaining > -new.amount
        returning held.entry_id
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

create or replace function private.debit_wallet(
  debit_key text,
  debit_workspace_id uuid,
  debit_wallet text,
  debit_amount bigint,
  debit_operation text,
  debit_details jsonb,
  debit_api_key_id uuid,
  debit_agent_session_id uuid,
  at timestamptz default now(),
  out booked boolean,
  out entry_id uuid,
  out balance bigint,
  out reload text
) language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  held record;
  earlier record;
  violated text;
begin
  if debit_key is null or debit_amount is null or debit_amount <= 0 then
    raise exception 'a debit has a key and an amount above zero' using errcode = 'invalid_parameter_value';
  end if;
  select workspaces.organization_id as owner_id, wallets.balance, reload_enabled, reload_below, exists (
      select from public.wallet_credits credit
      where credit.organization_id = wallets.organization_id and credit.wallet = wallets.name and expires_at <= at
    ) as lapsed
    into held from public.workspaces
    left join public.wallets on wallets.organization_id = workspaces.organization_id and wallets.name = debit_wallet
    where workspaces.id = debit_workspace_id;
  if not found then
    raise exception 'there is no workspace %', debit_workspace_id using errcode = 'no_data_found';
  end if;
  if held.balance is null then
    raise exception 'organization % has no wallet %', held.owner_id, debit_wallet using errcode = 'no_data_found';
  end if;
  if held.lapsed then
    -- Here the wallet is locked first. Should the same key be booked at this moment the other way round, PostgreSQL ends one
    -- of the two as a deadlock; its caller tries again, as after any lost connection, and finds the debit.
    select wallets.balance into balance from public.wallets
      where organization_id = held.owner_id and name = debit_wallet for no key update;
    held.balance := balance - private.expire_wallet(held.owner_id, debit_wallet, at);
  end if;

  if debit_amount <= held.balance then
    begin
      with entry as (
        insert into public.wallet_entries (organization_id, wallet, key, kind, amount, workspace_id, managed_by)
          values (held.owner_id, debit_wallet, 'debit:' || debit_key, 'debit', -debit_amount, debit_workspace_id, 'app')
          on conflict (organization_id, key) do nothing
          returning id
      )
      insert into public.usage_logs
          (workspace_id, api_key_id, agent_session_id, wallet_entry_id, operation, credits, details)
        select debit_workspace_id, debit_api_key_id, debit_agent_session_id, id, debit_operation, debit_amount,
          debit_details
        from entry
        returning wallet_entry_id into entry_id;
    exception when check_violation then
      get stacked diagnostics violated = constraint_name;
      -- Others were faster, and too little is left.
      if violated <> 'wallets_balance_check' then raise; end if;
      entry_id := null;
    end;
  end if;
  booked := entry_id is not null;
  if booked then
    -- This transaction has the wallet: nothing moves it any more.
    select wallets.balance into balance from public.wallets where organization_id = held.owner_id and name = debit_wallet;
  else
    -- Whoever books the same key at this moment is waited for.
    select wallets.balance into balance from public.wallets
      where organization_id = held.owner_id and name = debit_wallet for no key update;
    select id, wallet, amount, workspace_id into earlier from public.wallet_entries
      where organization_id = held.owner_id and key = 'debit:' || debit_key;
    if found then
      if (earlier.wallet, -earlier.amount, earlier.workspace_id) is distinct from
          (debit_wallet, debit_amount, debit_workspace_id) then
        raise exception 'the key % was used for another debit', debit_key using errcode = 'unique_violation';
      end if;
      booked := true;
      entry_id := earlier.id;
      return;
    end if;
  end if;
  -- Also when it was refused: it would have fallen below.
  if held.reload_enabled and balance - (case when booked then 0 else debit_amount end) < held.reload_below then
    reload := private.request_reload(held.owner_id, debit_wallet, at);
  end if;
end
$$;

create or replace function public.debit_wallet(
  key text,
  workspace_id uuid,
  wallet text,
  amount bigint,
  operation text,
  details jsonb default '{}',
  api_key_id uuid default null,
  agent_session_id uuid default null,
  out booked boolean,
  out entry_id uuid,
  out balance bigint,
  out reload text
) language plpgsql set search_path = ''
as $$
declare
  -- By assignment, which takes no query of its own.
  result record := private.debit_wallet(key, workspace_id, wallet, amount, operation, details, api_key_id,
    agent_session_id);
begin
  booked := result.booked;
  entry_id := result.entry_id;
  balance := result.balance;
  reload := result.reload;
end
$$;

-- Allocations are looked up by their entries only.
drop index private.wallet_allocations_credit_idx;
