-- What keeps an organization in step with Stripe: its overrides, so that its limits can be told without its manifest; the
-- events that were applied; and credits whose payment was taken back.

-- Limits that don't follow the plan: a number, true or false, or `unlimited`, by the limit's name in a manifest.
alter table public.organizations
  add column limit_overrides jsonb not null default '{}' check (jsonb_typeof(limit_overrides) = 'object');

-- Each event once, however often and in whichever order Stripe delivers it.
create table private.stripe_events (
  id text primary key,
  type text not null,
  created_at timestamptz not null default now()
);
create index stripe_events_created_at_idx on private.stripe_events (created_at);

alter table public.wallet_entries
  drop constraint wallet_entries_kind_check,
  drop constraint wallet_entries_check,
  drop constraint wallet_entries_of_entry_check,
  add constraint wallet_entries_kind_check
    check (kind in ('opening', 'trial', 'plan', 'purchase', 'reversal', 'refund', 'debit', 'expiry')),
  add constraint wallet_entries_amount_check
    check (case when kind in ('debit', 'expiry', 'reversal') then amount < 0 else amount > 0 end),
  -- The debit that a refund takes back, the credits that an expiry ends, or the purchase whose payment was taken back.
  add constraint wallet_entries_of_entry_check check (
    case when kind in ('expiry', 'reversal') then of_entry_id is not null when kind = 'refund' then true
      else of_entry_id is null end
  );

alter table public.reloads
  -- Credits whose payment was refunded or is disputed, and how many of them were taken from the wallet. A balance is never
  -- below zero: what the customer has spent already is a debt, and is taken from the next credits.
  add column reversed bigint not null default 0 check (reversed between 0 and amount),
  add column taken_back bigint not null default 0 check (taken_back >= 0),
  add check (taken_back <= reversed),
  add check (state = 'done' or reversed = 0);
create index reloads_indebted_idx on public.reloads (requested_at) where taken_back < reversed;

-- As it was, but a reversal takes the credits of its own purchase first, and then like a debit.
create or replace function private.take_credits(entry public.wallet_entries) returns void
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
      and (entry.kind <> 'expiry' or entry_id = entry.of_entry_id)
    order by entry_id is distinct from entry.of_entry_id, bought, expires_at nulls last, created_at, entry_id
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

-- Takes what an indebted reload owes, as far as its wallet holds it.
create function private.take_back(reload_id uuid) returns bigint
language plpgsql set search_path = ''
as $$
declare
  reload public.reloads := private.lock_reload(reload_id);
  taken bigint;
begin
  select least(balance, reload.reversed - reload.taken_back) into taken from public.wallets
    where organization_id = reload.organization_id and name = reload.wallet;
  if taken <= 0 then return 0; end if;
  insert into public.wallet_entries (organization_id, wallet, key, kind, amount, of_entry_id, managed_by)
    -- The reload's row says how much was taken, so that no key needs to stop a second time.
    values (reload.organization_id, reload.wallet, 'reversal:' || gen_random_uuid(), 'reversal', -taken,
      reload.wallet_entry_id, 'app');
  update public.reloads set taken_back = taken_back + taken where id = reload_id;
  return taken;
end
$$;

-- Says how many credits of a paid reload have no payment any more: more after a refund or a dispute, fewer after a dispute
-- that was won. `disputed`: nothing more is charged to the wallet until somebody resumes.
create function private.reverse_reload(reload_id uuid, credits bigint, disputed boolean default false)
returns public.reloads
language plpgsql set search_path = ''
as $$
declare
  reload public.reloads := private.lock_reload(reload_id);
begin
  if reload.state <> 'done' then
    raise exception 'the reload % was not paid', reload_id using errcode = 'restrict_violation';
  end if;
  if disputed and credits > reload.reversed then
    update public.wallets set reload_paused = true
      where organization_id = reload.organization_id and name = reload.wallet;
  end if;
  if credits < reload.taken_back then
    insert into public.wallet_entries (organization_id, wallet, key, kind, amount, managed_by)
      values (reload.organization_id, reload.wallet, 'restored:' || gen_random_uuid(), 'purchase',
        reload.taken_back - credits, 'app');
  end if;
  update public.reloads set reversed = credits, taken_back = least(taken_back, credits) where id = reload_id;
  perform private.take_back(reload_id);
  select * into reload from public.reloads where id = reload_id;
  return reload;
end
$$;

-- Takes what is owed from whatever the wallets have got since; returns how many credits that were.
create function private.settle_reversals() returns bigint
language plpgsql set search_path = ''
as $$
declare
  indebted record;
  settled bigint := 0;
begin
  for indebted in
    select id from public.reloads where taken_back < reversed order by organization_id, wallet, requested_at
  loop
    settled := settled + private.take_back(indebted.id);
  end loop;
  return settled;
end
$$;

alter table private.stripe_events enable row level security;
revoke execute on all functions in schema private from public, anon, authenticated;
