-- Wallets and their ledger. A wallet's balance is the sum of its entries: entries are only ever added, and adding one
-- is the only way to move a balance.

create table public.wallets (
  organization_id uuid not null references public.organizations (id),
  name text not null references public.wallet_types (name),
  balance bigint not null default 0 check (balance >= 0),
  reload_enabled boolean not null,
  reload_below bigint check (reload_below >= 0),
  reload_add bigint check (reload_add > 0),
  reload_up_to bigint check (reload_up_to > 0),
  reload_monthly_cap bigint check (reload_monthly_cap > 0),
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (organization_id, name),
  check (not reload_enabled or (reload_below is not null and num_nonnulls(reload_add, reload_up_to) = 1))
);
create index wallets_name_idx on public.wallets (name);

-- Entries are written through private.post_wallet_entry.
create table public.wallet_entries (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null,
  wallet text not null,
  key text not null check (key <> ''),
  kind text not null check (kind in ('opening', 'trial', 'plan', 'purchase', 'refund', 'debit', 'expiry')),
  amount bigint not null,
  workspace_id uuid,
  expires_at timestamptz,
  description text not null default '',
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  unique (organization_id, key),
  foreign key (organization_id, wallet) references public.wallets (organization_id, name),
  foreign key (workspace_id, organization_id) references public.workspaces (id, organization_id),
  check (case when kind in ('debit', 'expiry') then amount < 0 else amount > 0 end),
  check (kind <> 'debit' or workspace_id is not null),
  check (expires_at is null or amount > 0)
);
create index wallet_entries_wallet_idx on public.wallet_entries (organization_id, wallet, created_at);
create index wallet_entries_workspace_idx on public.wallet_entries (workspace_id, organization_id);

create trigger append_only before update or delete on public.wallet_entries
  for each row execute function private.refuse_change();
create trigger append_only_at_once before truncate on public.wallet_entries
  for each statement execute function private.refuse_change();

-- After the insert, not before: `on conflict do nothing` runs the triggers before an insert even when it skips the row.
create function private.apply_wallet_entry() returns trigger
language plpgsql set search_path = ''
as $$
begin
  update public.wallets set balance = balance + new.amount
    where organization_id = new.organization_id and name = new.wallet;
  return null;
end
$$;
create trigger apply_wallet_entry after insert on public.wallet_entries
  for each row execute function private.apply_wallet_entry();

create function private.keep_balance() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- Depth 1 is a statement of somebody's own; the ledger's trigger arrives here at depth 2.
  if pg_trigger_depth() < 2 and new.balance <> (case when tg_op = 'INSERT' then 0 else old.balance end) then
    raise exception 'a balance moves by an entry only' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger keep_balance before insert or update of balance on public.wallets
  for each row execute function private.keep_balance();
create trigger keep_organization before update of organization_id on public.wallets
  for each row execute function private.keep_organization();

-- Posts an entry once. The same key again gives the first entry; the same key for anything else is an error.
-- Locking the wallet first makes two posts of one key, and two debits of the last credit, wait for each other.
create function private.post_wallet_entry(
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

alter table public.wallets enable row level security;
alter table public.wallet_entries enable row level security;
