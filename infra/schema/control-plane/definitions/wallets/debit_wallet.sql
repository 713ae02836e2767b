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
  earlier record;
begin
  if debit_key is null or debit_amount is null or debit_amount <= 0 then
    raise exception 'a debit has a key and an amount above zero' using errcode = 'invalid_parameter_value';
  end if;
  select workspaces.organization_id as owner_id, workspaces.state as workspace_state, organizations.state as organization_state,
      wallets.name as wallet, reload_enabled, reload_below
    into held from public.workspaces
    join public.organizations on organizations.id = workspaces.organization_id
    left join public.wallets on wallets.organization_id = workspaces.organization_id and wallets.name = debit_wallet
    where workspaces.id = debit_workspace_id;
  if not found then
    raise exception 'there is no workspace %', debit_workspace_id using errcode = 'no_data_found';
  end if;
  if held.wallet is null then
    raise exception 'organization % has no wallet %', held.owner_id, debit_wallet using errcode = 'no_data_found';
  end if;
  -- The wallet is locked once and before all writes. The balance is then known, so no refused debit has to be rolled back, and
  -- whoever waits for the wallet waits for one lock.
  select wallets.balance into balance from public.wallets
    where organization_id = held.owner_id and name = debit_wallet for no key update;
  -- After the lock, because a refund may have given back credits that have expired since they were spent.
  if exists (select from public.wallet_credits credit
      where credit.organization_id = held.owner_id and credit.wallet = debit_wallet and expires_at <= at) then
    balance := balance - private.expire_wallet(held.owner_id, debit_wallet, at);
  end if;

  if debit_amount <= balance and held.workspace_state = 'active' and held.organization_state = 'active' then
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
  end if;
  booked := entry_id is not null;
  if booked then
    balance := balance - debit_amount;
  else
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
