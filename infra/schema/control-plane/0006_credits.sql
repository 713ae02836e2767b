-- What is left of each credit, and which credits each debit took. So the ledger adds up three ways: a wallet's balance is
-- the sum of its entries, and of what is left of its credits; and the allocations of an entry are what it took.

alter table public.wallet_entries
  -- The debit that a refund takes back, or the credits that an expiry ends.
  add column of_entry_id uuid references public.wallet_entries (id),
  add constraint wallet_entries_of_entry_check check (
    case kind when 'expiry' then of_entry_id is not null when 'refund' then true else of_entry_id is null end
  );
create index wallet_entries_of_entry_idx on public.wallet_entries (of_entry_id) where of_entry_id is not null;

-- The entries that gave credits, while any are left. No index holds `remaining`, so that a debit changes a row in place.
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

-- Above zero: taken from a credit by a debit or an expiry. Below: given back to it by a refund.
-- No foreign keys: the ledger's trigger alone writes here, of entries that it has at hand and that are kept for ever.
create table private.wallet_allocations (
  entry_id uuid not null,
  credit_id uuid not null,
  amount bigint not null check (amount <> 0),
  primary key (entry_id, credit_id)
);
create index wallet_allocations_credit_idx on private.wallet_allocations (credit_id);

create trigger append_only before update or delete on private.wallet_allocations
  for each row execute function private.refuse_change();
create trigger append_only_at_once before truncate on private.wallet_allocations
  for each statement execute function private.refuse_change();

-- Granted before bought, the soonest to expire first; an expiry takes its own.
create function private.take_credits(entry public.wallet_entries) returns void
language plpgsql set search_path = ''
as $$
declare
  wanted bigint := -entry.amount;
  credit record;
  taken bigint;
begin
  for credit in
    select entry_id, remaining from public.wallet_credits
    where organization_id = entry.organization_id and wallet = entry.wallet
      and (entry.of_entry_id is null or entry_id = entry.of_entry_id)
    order by bought, expires_at nulls last, created_at, entry_id
  loop
    taken := least(credit.remaining, wanted);
    if taken = credit.remaining then
      delete from public.wallet_credits where entry_id = credit.entry_id;
    else
      update public.wallet_credits set remaining = remaining - taken where entry_id = credit.entry_id;
    end if;
    insert into private.wallet_allocations (entry_id, credit_id, amount) values (entry.id, credit.entry_id, taken);
    wanted := wanted - taken;
    exit when wanted = 0;
  end loop;
  if wanted > 0 then
    raise exception '% credits are missing from the % wallet', wanted, entry.wallet using errcode = 'check_violation';
  end if;
end
$$;

-- Credits go back to where they came from and expire when they would have: the last that were taken first, so that a
-- refund in part gives bought ones back before granted ones.
create function private.give_credits_back(entry public.wallet_entries) returns void
language plpgsql set search_path = ''
as $$
declare
  wanted bigint := entry.amount;
  spent record;
  given bigint;
begin
  for spent in
    select credit.*, allocated.amount as taken
    from (
      select credit_id, sum(amount) as amount from private.wallet_allocations
      where entry_id = entry.of_entry_id
        or entry_id in (select id from public.wallet_entries where of_entry_id = entry.of_entry_id)
      group by credit_id having sum(amount) > 0
    ) allocated
    join public.wallet_entries debit on debit.id = entry.of_entry_id and debit.kind = 'debit'
    join public.wallet_entries credit on credit.id = allocated.credit_id
      and credit.organization_id = entry.organization_id and credit.wallet = entry.wallet
    order by credit.kind = 'purchase' desc, credit.expires_at desc nulls first, credit.created_at desc, credit.id desc
  loop
    given := least(spent.taken, wanted);
    insert into public.wallet_credits as held
        (entry_id, organization_id, wallet, bought, remaining, expires_at, created_at)
      values (spent.id, spent.organization_id, spent.wallet, spent.kind = 'purchase', given, spent.expires_at,
        spent.created_at)
      on conflict (entry_id) do update set remaining = held.remaining + excluded.remaining;
    insert into private.wallet_allocations (entry_id, credit_id, amount) values (entry.id, spent.id, -given);
    wanted := wanted - given;
    exit when wanted = 0;
  end loop;
  if wanted > 0 then
    raise exception 'a refund gives back no more than its debit took' using errcode = 'check_violation';
  end if;
end
$$;

-- The update comes first: it locks the wallet, and what follows sees all that was booked before.
create or replace function private.apply_wallet_entry() returns trigger
language plpgsql set search_path = ''
as $$
begin
  update public.wallets set balance = balance + new.amount
    where organization_id = new.organization_id and name = new.wallet;
  if new.amount < 0 then
    perform private.take_credits(new);
  elsif new.of_entry_id is not null then
    perform private.give_credits_back(new);
  else
    insert into public.wallet_credits (entry_id, organization_id, wallet, bought, remaining, expires_at, created_at)
      values (new.id, new.organization_id, new.wallet, new.kind = 'purchase', new.amount, new.expires_at, new.created_at);
  end if;
  return null;
end
$$;

-- As they were, but after an update: before it, each debit would lock its wallet's row once more. And without a call where
-- it is the ledger's own trigger that moves the balance.
drop trigger keep_balance on public.wallets;
create trigger begin_empty before insert on public.wallets
  for each row execute function private.keep_balance();
create trigger keep_balance after update of balance on public.wallets
  for each row when (pg_trigger_depth() < 1) execute function private.keep_balance();
drop trigger keep_organization on public.wallets;
create trigger keep_organization after update of organization_id on public.wallets
  for each row execute function private.keep_organization();

-- Ends what has lapsed of one wallet, which the caller has locked; returns how many credits that were.
create function private.expire_wallet(of_organization_id uuid, of_wallet text, at timestamptz) returns bigint
language plpgsql set search_path = ''
as $$
declare
  credit record;
  expired bigint := 0;
begin
  for credit in
    select entry_id, remaining from public.wallet_credits
    where organization_id = of_organization_id and wallet = of_wallet and expires_at <= at
    order by expires_at, entry_id
  loop
    insert into public.wallet_entries (organization_id, wallet, key, kind, amount, of_entry_id, managed_by)
      -- The credit's row is gone with this, so that no key needs to stop a second time.
      values (of_organization_id, of_wallet, 'expiry:' || gen_random_uuid(), 'expiry', -credit.remaining,
        credit.entry_id, 'app');
    expired := expired + credit.remaining;
  end loop;
  return expired;
end
$$;

-- Ends what has lapsed of every wallet; returns how many credits that were. May be run at any time and twice at once.
create function private.expire_credits(at timestamptz default now()) returns bigint
language plpgsql set search_path = ''
as $$
declare
  lapsed record;
  expired bigint := 0;
begin
  for lapsed in
    select distinct organization_id, wallet from public.wallet_credits where expires_at <= at order by 1, 2
  loop
    perform from public.wallets where organization_id = lapsed.organization_id and name = lapsed.wallet
      for no key update;
    expired := expired + private.expire_wallet(lapsed.organization_id, lapsed.wallet, at);
  end loop;
  return expired;
end
$$;

-- The entries that were booked before this migration.
insert into public.wallet_credits (entry_id, organization_id, wallet, bought, remaining, expires_at, created_at)
  select id, organization_id, wallet, kind = 'purchase', amount, expires_at, created_at
  from public.wallet_entries where amount > 0;
do $$
declare
  entry public.wallet_entries;
begin
  for entry in select * from public.wallet_entries where amount < 0 order by created_at, id loop
    perform private.take_credits(entry);
  end loop;
end
$$;

alter table public.wallet_credits enable row level security;
alter table private.wallet_allocations enable row level security;
revoke execute on all functions in schema private from public, anon, authenticated;
