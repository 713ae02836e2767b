-- What the product's gateway may do to a wallet: debit it, and take a debit back. Each comes twice: in `private` with the
-- owner's rights, and in `public`, where the data API finds it, with none.

-- Most debits name neither: their rows need no place in these.
drop index public.usage_logs_api_key_idx, public.usage_logs_agent_session_idx;
create index usage_logs_api_key_idx on public.usage_logs (api_key_id, workspace_id) where api_key_id is not null;
create index usage_logs_agent_session_idx on public.usage_logs (agent_session_id, workspace_id)
  where agent_session_id is not null;

-- Debits an organization's wallet for what one of its workspaces did. The same key again is the same debit; for
-- anything else it is an error. A wallet that holds too little is left as it is: `booked` is false.
create function private.debit_wallet(
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
  owner_id uuid;
  held record;
  earlier record;
begin
  if debit_key is null or debit_amount is null or debit_amount <= 0 then
    raise exception 'a debit has a key and an amount above zero' using errcode = 'invalid_parameter_value';
  end if;
  select organization_id into owner_id from public.workspaces where id = debit_workspace_id;
  if not found then
    raise exception 'there is no workspace %', debit_workspace_id using errcode = 'no_data_found';
  end if;
  -- Two debits of one key, and two of the last credit, wait for each other here.
  select wallets.balance, reload_enabled, reload_below into held from public.wallets
    where organization_id = owner_id and name = debit_wallet for no key update;
  if not found then
    raise exception 'organization % has no wallet %', owner_id, debit_wallet using errcode = 'no_data_found';
  end if;

  balance := held.balance;
  if exists (select from public.wallet_credits
      where organization_id = owner_id and wallet = debit_wallet and expires_at <= at) then
    balance := balance - private.expire_wallet(owner_id, debit_wallet, at);
  end if;
  if debit_amount <= balance then
    insert into public.wallet_entries (organization_id, wallet, key, kind, amount, workspace_id, managed_by)
      values (owner_id, debit_wallet, 'debit:' || debit_key, 'debit', -debit_amount, debit_workspace_id, 'app')
      on conflict (organization_id, key) do nothing
      returning id into entry_id;
  end if;
  booked := entry_id is not null;
  if booked then
    insert into public.usage_logs
        (workspace_id, api_key_id, agent_session_id, wallet_entry_id, operation, credits, details)
      values (debit_workspace_id, debit_api_key_id, debit_agent_session_id, entry_id, debit_operation, debit_amount,
        debit_details);
    balance := balance - debit_amount;
  else
    select id, wallet, amount, workspace_id into earlier from public.wallet_entries
      where organization_id = owner_id and key = 'debit:' || debit_key;
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
    reload := private.request_reload(owner_id, debit_wallet, at);
  end if;
end
$$;

-- Takes back a debit, or a part of it; without an amount, all that is left of it.
create function private.refund_debit(
  refund_key text,
  refund_workspace_id uuid,
  refund_debit_key text,
  refund_amount bigint,
  out entry_id uuid,
  out refunded bigint,
  out balance bigint
) language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  debit public.wallet_entries;
  earlier record;
  left_over bigint;
begin
  if refund_key is null or refund_amount <= 0 then
    raise exception 'a refund has a key, and no amount or one above zero' using errcode = 'invalid_parameter_value';
  end if;
  select * into debit from public.wallet_entries where key = 'debit:' || refund_debit_key
    and workspace_id = refund_workspace_id
    and organization_id = (select organization_id from public.workspaces where id = refund_workspace_id);
  if not found then
    raise exception 'workspace % has no debit %', refund_workspace_id, refund_debit_key using errcode = 'no_data_found';
  end if;
  perform from public.wallets where organization_id = debit.organization_id and name = debit.wallet for no key update;
  select id, of_entry_id, amount into earlier from public.wallet_entries
    where organization_id = debit.organization_id and key = 'refund:' || refund_key;
  if found then
    if earlier.of_entry_id <> debit.id or earlier.amount <> refund_amount then
      raise exception 'the key % was used for another refund', refund_key using errcode = 'unique_violation';
    end if;
    entry_id := earlier.id;
    refunded := earlier.amount;
  else
    select -debit.amount - coalesce(sum(amount), 0) into left_over from public.wallet_entries
      where of_entry_id = debit.id;
    refunded := coalesce(refund_amount, left_over);
    if refunded > left_over or left_over = 0 then
      raise exception 'of the debit %, % credits are left to take back', refund_debit_key, left_over
        using errcode = 'check_violation';
    end if;
    insert into public.wallet_entries
        (organization_id, wallet, key, kind, amount, workspace_id, of_entry_id, managed_by)
      values (debit.organization_id, debit.wallet, 'refund:' || refund_key, 'refund', refunded, refund_workspace_id,
        debit.id, 'app')
      returning id into entry_id;
  end if;
  select wallets.balance into balance from public.wallets
    where organization_id = debit.organization_id and name = debit.wallet;
end
$$;

create function public.debit_wallet(
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
begin
  select * into booked, entry_id, balance, reload
    from private.debit_wallet(key, workspace_id, wallet, amount, operation, details, api_key_id, agent_session_id);
end
$$;

create function public.refund_debit(
  key text,
  workspace_id uuid,
  debit_key text,
  amount bigint default null,
  out entry_id uuid,
  out refunded bigint,
  out balance bigint
) language plpgsql set search_path = ''
as $$
begin
  select * into entry_id, refunded, balance from private.refund_debit(key, workspace_id, debit_key, amount);
end
$$;

-- What each workspace spent in a calendar month (UTC), less what was refunded; without a workspace, all of them.
create view public.wallet_spend with (security_invoker = true) as
  select organization_id, wallet, month, workspace_id, (-sum(amount))::bigint as credits,
    count(*) filter (where kind = 'debit') as debits
  from (
    select organization_id, wallet, date_trunc('month', created_at at time zone 'UTC')::date as month, workspace_id,
      amount, kind
    from public.wallet_entries
    where kind = 'debit' or (kind = 'refund' and of_entry_id is not null)
  ) as spent
  group by grouping sets ((organization_id, wallet, month, workspace_id), (organization_id, wallet, month));

-- The gateway comes through the data API, with a token that names this role.
grant tenantry_gateway to authenticator;
revoke execute on all functions in schema public from public, anon, authenticated, service_role;
revoke execute on all functions in schema private from public, anon, authenticated;
