-- Auto-reload: what is to be bought for a wallet, and the result. A request is one payment, whose key in Stripe is the
-- request's id. A declined request is never tried again; the next debit opens another one.

create table public.reloads (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null,
  wallet text not null,
  amount bigint not null check (amount > 0),
  -- The price and the currency at the time of the request, because a repeated payment must be the same.
  credit_amount numeric not null check (credit_amount >= 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  state text not null default 'requested'
    check (state in ('requested', 'processing', 'done', 'declined', 'withdrawn')),
  requested_at timestamptz not null default now(),
  claimed_at timestamptz,
  settled_at timestamptz,
  payment text unique,
  decline_reason text,
  wallet_entry_id uuid unique references public.wallet_entries (id),
  -- Credits whose payment was refunded or is disputed, and how many of them were taken from the wallet. A balance is never
  -- negative: what the customer has already spent is a debt, which the next credits pay.
  reversed bigint not null default 0,
  taken_back bigint not null default 0 check (taken_back >= 0),
  created_at timestamptz not null default now(),
  foreign key (organization_id, wallet) references public.wallets (organization_id, name),
  check ((state in ('requested', 'processing')) = (settled_at is null)),
  check ((state = 'done') = (wallet_entry_id is not null and payment is not null)),
  check ((state = 'declined') = (decline_reason is not null)),
  check (reversed between 0 and amount),
  check (taken_back <= reversed),
  check (state = 'done' or reversed = 0)
);
create unique index reloads_one_open_idx on public.reloads (organization_id, wallet)
  where state in ('requested', 'processing');
create index reloads_wallet_idx on public.reloads (organization_id, wallet, requested_at);
create index reloads_open_idx on public.reloads (requested_at) where state in ('requested', 'processing');
create index reloads_indebted_idx on public.reloads (requested_at) where taken_back < reversed;
alter table public.reloads enable row level security;
