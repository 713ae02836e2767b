-- Debits an organization's wallet for what one of its workspaces did. The same key again is the same debit; for anything else,
-- it is an error. A wallet with too few credits stays as it is, and `booked` is false. A workspace that isn't active, or whose
-- organization isn't, is debited for nothing new.
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
  key_lock text;
  earlier record;
  violated text;
begin
  if debit_key is null or debit_amount is null or debit_amount <= 0 then
    raise exception 'a debit has a key and an amount above zero' using errcode = 'invalid_parameter_value';
  end if;
  select workspaces.organization_id as owner_id, workspaces.state as workspace_state, organizations.state as organization_state,
      wallets.balance, reload_enabled, reload_below, exists (
      select from public.wallet_credits credit
      where credit.organization_id = wallets.organization_id and credit.wallet = wallets.name and expires_at <= at
    ) as lapsed
    into held from public.workspaces
    join public.organizations on organizations.id = workspaces.organization_id
    left join public.wallets on wallets.organization_id = workspaces.organization_id and wallets.name = debit_wallet
    where workspaces.id = debit_workspace_id;
  if not found then
    raise exception 'there is no workspace %', debit_workspace_id using errcode = 'no_data_found';
  end if;
  if held.balance is null then
    raise exception 'organization % has no wallet %', held.owner_id, debit_wallet using errcode = 'no_data_found';
  end if;
  -- The key is locked before the wallet on both paths. Otherwise two debits of one key would wait for each other when one of
  -- them writes its entry first and the other ends credits first. An assignment takes no query.
  key_lock := pg_advisory_xact_lock(hashtextextended(held.owner_id || ':' || debit_key, 0));
  if held.lapsed then
    select wallets.balance into balance from public.wallets
      where organization_id = held.owner_id and name = debit_wallet for no key update;
    held.balance := balance - private.expire_wallet(held.owner_id, debit_wallet, at);
  end if;

  if debit_amount <= held.balance and held.workspace_state = 'active' and held.organization_state = 'active' then
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
      -- Others were faster, and too few credits are left.
      if violated <> 'wallets_balance_check' then raise; end if;
      entry_id := null;
    end;
  end if;
  booked := entry_id is not null;
  if booked then
    -- This transaction has locked the wallet: nobody else changes it.
    select wallets.balance into balance from public.wallets where organization_id = held.owner_id and name = debit_wallet;
  else
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
    perform private.refuse_inactive('organization', held.organization_state);
    perform private.refuse_inactive('workspace', held.workspace_state);
  end if;
  -- A refused debit requests a reload too: it would have gone below the threshold.
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
  -- An assignment takes no query.
  result record := private.debit_wallet(key, workspace_id, wallet, amount, operation, details, api_key_id,
    agent_session_id);
begin
  booked := result.booked;
  entry_id := result.entry_id;
  balance := result.balance;
  reload := result.reload;
end
$$;
