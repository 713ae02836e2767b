-- Wallets and their ledger. Only a new entry changes a balance, and entries are never changed or deleted.
--
-- The ledger adds up in three ways: a wallet's balance is the sum of its entries; it is the sum of what is left of its
-- credits; and the allocations of an entry add up to its amount.

create table public.wallets (
  organization_id uuid not null references public.organizations (id),
  name text not null references public.wallet_types (name),
  balance bigint not null default 0 check (balance >= 0),
  reload_enabled boolean not null,
  reload_below bigint check (reload_below >= 0),
  reload_add bigint check (reload_add > 0),
  reload_up_to bigint check (reload_up_to > 0),
  reload_monthly_cap bigint check (reload_monthly_cap > 0),
  -- Declined payments since the last successful one.
  reload_declines integer not null default 0 check (reload_declines >= 0),
  -- Set when the card was declined too often or permanently, until private.resume_reloads.
  reload_paused boolean not null default false,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (organization_id, name),
  check (not reload_enabled or (reload_below is not null and num_nonnulls(reload_add, reload_up_to) = 1))
);
create index wallets_name_idx on public.wallets (name);
alter table public.wallets enable row level security;

-- The checks of a row are one function (definitions/wallets/is_sound.sql).
create table public.wallet_entries (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null,
  wallet text not null,
  key text not null,
  kind text not null,
  amount bigint not null,
  workspace_id uuid,
  -- The debit that a refund returns, the credits that an expiry ends, or the purchase whose payment was reversed.
  of_entry_id uuid references public.wallet_entries (id),
  expires_at timestamptz,
  description text not null default '',
  managed_by text not null,
  created_at timestamptz not null default now(),
  unique (organization_id, key),
  foreign key (organization_id, wallet) references public.wallets (organization_id, name),
  foreign key (workspace_id, organization_id) references public.workspaces (id, organization_id)
);
create index wallet_entries_wallet_idx on public.wallet_entries (organization_id, wallet, created_at);
create index wallet_entries_workspace_idx on public.wallet_entries (workspace_id, organization_id);
create index wallet_entries_of_entry_idx on public.wallet_entries (of_entry_id) where of_entry_id is not null;
alter table public.wallet_entries enable row level security;

-- The entries that gave credits, while some are left. No index contains `remaining`, so that a debit updates a row in place.
create table public.wallet_credits (
  entry_id uuid primary key references public.wallet_entries (id),
  organization_id uuid not null,
  wallet text not null,
  bought boolean not null,
  remaining bigint not null check (remaining > 0),
  expires_at timestamptz,
  created_at timestamptz not null,
  foreign key (organization_id, wallet) references public.wallets (organization_id, name)
) with (fillfactor = 50);
create index wallet_credits_wallet_idx on public.wallet_credits (organization_id, wallet);
alter table public.wallet_credits enable row level security;

-- Above zero: a debit, an expiry or a reversal took this much of a credit. Below zero: a refund returned it. No foreign keys:
-- only the ledger's trigger writes here, about entries that it has just read and that are never deleted.
create table private.wallet_allocations (
  entry_id uuid not null,
  credit_id uuid not null,
  amount bigint not null check (amount <> 0),
  primary key (entry_id, credit_id)
);
alter table private.wallet_allocations enable row level security;
