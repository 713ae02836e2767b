-- Posts an entry once. The same key again returns the first entry; for anything else, it is an error. The wallet is locked
-- first, so that two posts of one key, and two debits of the last credit, wait for each other.
create or replace function private.post_wallet_entry(
  entry_key text,
  entry_organization_id uuid,
  entry_wallet text,
  entry_kind text,
  entry_amount bigint,
  entry_managed_by text,
  entry_workspace_id uuid default null,
  entry_expires_at timestamptz default null,
  entry_description text default ''
) returns public.wallet_entries
language plpgsql set search_path = ''
as $$
declare
  available bigint;
  entry public.wallet_entries;
begin
  select balance into available from public.wallets
    where organization_id = entry_organization_id and name = entry_wallet for update;
  if not found then
    raise exception 'organization % has no wallet %', entry_organization_id, entry_wallet
      using errcode = 'no_data_found';
  end if;
  select * into entry from public.wallet_entries
    where organization_id = entry_organization_id and key = entry_key;
  if found then
    if (entry.wallet, entry.kind, entry.amount) is distinct from (entry_wallet, entry_kind, entry_amount)
       or entry.workspace_id is distinct from entry_workspace_id then
      raise exception 'the key % was used for another entry', entry_key using errcode = 'unique_violation';
    end if;
    return entry;
  end if;
  if available + entry_amount < 0 then
    raise exception 'the % wallet holds % credits, % are needed', entry_wallet, available, -entry_amount
      using errcode = 'check_violation';
  end if;
  insert into public.wallet_entries
      (organization_id, wallet, key, kind, amount, workspace_id, expires_at, description, managed_by)
    values (entry_organization_id, entry_wallet, entry_key, entry_kind, entry_amount, entry_workspace_id,
      entry_expires_at, entry_description, entry_managed_by)
    returning * into entry;
  return entry;
end
$$;
