-- Refunds a debit or a part of it; without an amount, all that is left of it.
create or replace function private.refund_debit(
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

create or replace function public.refund_debit(
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
