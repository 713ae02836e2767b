-- Auto-reload, the database's half: what is to be bought, and what became of it. A request is one payment, whose key in
-- Stripe is the request's id; a declined one is never tried again, the next debit opens another.

alter table public.wallets
  -- Since the last that was paid.
  add column reload_declines integer not null default 0 check (reload_declines >= 0),
  -- Until private.resume_reloads: the card was declined too often, or for good.
  add column reload_paused boolean not null default false;

-- The price and the currency stay as they were at the request: a payment that is repeated must be the same.
create table public.reloads (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null,
  wallet text not null,
  amount bigint not null check (amount > 0),
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
  created_at timestamptz not null default now(),
  foreign key (organization_id, wallet) references public.wallets (organization_id, name),
  check ((state in ('requested', 'processing')) = (settled_at is null)),
  check ((state = 'done') = (wallet_entry_id is not null and payment is not null)),
  check ((state = 'declined') = (decline_reason is not null))
);
create unique index reloads_one_open_idx on public.reloads (organization_id, wallet)
  where state in ('requested', 'processing');
create index reloads_wallet_idx on public.reloads (organization_id, wallet, requested_at);
create index reloads_open_idx on public.reloads (requested_at) where state in ('requested', 'processing');

create trigger keep_organization before update of organization_id on public.reloads
  for each row execute function private.keep_organization();

-- Asks for a reload of a wallet that fell below its line, and that the caller has locked. Says `requested`, or why not:
-- one is `open`, the last was tried less than an hour ago (`cooling down`), it would pass the month's cap (`capped`), or
-- too many were declined (`paused`). Null where nothing is to be bought.
create function private.request_reload(of_organization_id uuid, of_wallet text, at timestamptz) returns text
language plpgsql set search_path = ''
as $$
declare
  cooldown constant interval := '60 minutes';
  held public.wallets;
  wanted bigint;
begin
  select * into held from public.wallets where organization_id = of_organization_id and name = of_wallet;
  wanted := coalesce(held.reload_add, held.reload_up_to - held.balance);
  if not held.reload_enabled or wanted <= 0 then return null; end if;
  if held.reload_paused then return 'paused'; end if;
  if exists (select from public.reloads where organization_id = of_organization_id and wallet = of_wallet
      and state in ('requested', 'processing')) then
    return 'open';
  end if;
  -- Whatever became of it: a card that fails must not be tried with each debit.
  if exists (select from public.reloads where organization_id = of_organization_id and wallet = of_wallet
      and state <> 'withdrawn' and coalesce(claimed_at, requested_at) > at - cooldown) then
    return 'cooling down';
  end if;
  if wanted + private.reloaded_in_month(of_organization_id, of_wallet, at) > held.reload_monthly_cap then
    return 'capped';
  end if;
  insert into public.reloads (organization_id, wallet, amount, credit_amount, currency, requested_at)
    select of_organization_id, of_wallet, wanted, wallet_types.credit_amount, platforms.currency, at
    from public.wallet_types join public.platforms on platforms.id = wallet_types.platform_id
    where wallet_types.name = of_wallet;
  return 'requested';
end
$$;

-- Credits bought, or still to be bought, by the requests of a calendar month (UTC).
create function private.reloaded_in_month(of_organization_id uuid, of_wallet text, at timestamptz) returns bigint
language sql stable set search_path = ''
as $$
  select coalesce(sum(amount), 0)::bigint from public.reloads
  where organization_id = of_organization_id and wallet = of_wallet
    and state in ('requested', 'processing', 'done')
    and requested_at >= date_trunc('month', at, 'UTC')
    and requested_at < date_trunc('month', at, 'UTC') + interval '1 month'
$$;

-- Hands out the oldest open request, to one caller at a time; no row when there is none. One that was handed out and not
-- settled for the length of the lease is handed out again: whoever gets it looks for its payment first.
create function private.claim_reload(at timestamptz default now(), lease interval default '15 minutes')
returns setof public.reloads
language plpgsql set search_path = ''
as $$
begin
  -- Nobody wants these any more. One that is being processed may have been paid, and is not taken back.
  update public.reloads set state = 'withdrawn', settled_at = at where id in (
    select reloads.id from public.reloads
    join public.wallets on wallets.organization_id = reloads.organization_id and wallets.name = reloads.wallet
    where state = 'requested' and (not wallets.reload_enabled or wallets.reload_paused)
    for update of reloads skip locked);
  return query
    update public.reloads set state = 'processing', claimed_at = at where id = (
      select id from public.reloads
      where state = 'requested' or (state = 'processing' and claimed_at <= at - lease)
      order by requested_at, id for update skip locked limit 1)
    returning *;
end
$$;

-- The wallet before the request, in the order in which a debit takes them.
create function private.lock_reload(reload_id uuid) returns public.reloads
language plpgsql set search_path = ''
as $$
declare
  reload public.reloads;
begin
  perform from public.wallets where (organization_id, name) =
    (select organization_id, wallet from public.reloads where id = reload_id) for no key update;
  select * into reload from public.reloads where id = reload_id for update;
  if not found then raise exception 'there is no reload %', reload_id using errcode = 'no_data_found'; end if;
  return reload;
end
$$;

-- Books the credits of a payment that succeeded, once, whatever was believed of it before.
create function private.book_reload(reload_id uuid, paid_by text, at timestamptz default now()) returns public.reloads
language plpgsql set search_path = ''
as $$
declare
  reload public.reloads := private.lock_reload(reload_id);
  entry public.wallet_entries;
begin
  if reload.state = 'done' then
    if reload.payment is distinct from paid_by then
      raise exception 'the reload % was paid by %', reload_id, reload.payment using errcode = 'unique_violation';
    end if;
    return reload;
  end if;
  entry := private.post_wallet_entry('reload:' || reload_id, reload.organization_id, reload.wallet, 'purchase',
    reload.amount, 'app');
  update public.wallets set reload_declines = 0, reload_paused = false
    where organization_id = reload.organization_id and name = reload.wallet;
  update public.reloads
    set state = 'done', settled_at = at, payment = paid_by, decline_reason = null, wallet_entry_id = entry.id
    where id = reload_id returning * into reload;
  return reload;
end
$$;

-- Records that a payment failed. `for_good`: the card will never work, or needs its holder.
create function private.decline_reload(
  reload_id uuid, reason text, for_good boolean default false, at timestamptz default now()
) returns public.reloads
language plpgsql set search_path = ''
as $$
declare
  declines_before_pause constant integer := 4;
  reload public.reloads := private.lock_reload(reload_id);
begin
  if reload.state = 'done' then
    raise exception 'the reload % was paid by %', reload_id, reload.payment using errcode = 'restrict_violation';
  end if;
  if reload.state in ('declined', 'withdrawn') then return reload; end if;
  update public.wallets
    set reload_declines = reload_declines + 1,
      reload_paused = reload_paused or for_good or reload_declines + 1 >= declines_before_pause
    where organization_id = reload.organization_id and name = reload.wallet;
  update public.reloads set state = 'declined', settled_at = at, decline_reason = reason
    where id = reload_id returning * into reload;
  return reload;
end
$$;

-- For when there is another card.
create function private.resume_reloads(of_organization_id uuid, of_wallet text) returns void
language sql set search_path = ''
as $$
  update public.wallets set reload_declines = 0, reload_paused = false
  where organization_id = of_organization_id and name = of_wallet
$$;

alter table public.reloads enable row level security;
revoke execute on all functions in schema private from public, anon, authenticated;
