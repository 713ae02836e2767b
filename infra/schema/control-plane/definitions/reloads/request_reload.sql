-- Requests a reload of a wallet that fell below its threshold and is locked by the caller. Returns `requested`, or why not: a
-- request is `open`, the last one is less than an hour old (`cooling down`), the month's cap would be exceeded (`capped`), too
-- many were declined (`paused`), or Stripe doesn't charge so little (`too small`). Null if nothing is to be bought.
create or replace function private.request_reload(of_organization_id uuid, of_wallet text, at timestamptz) returns text
language plpgsql set search_path = ''
as $$
declare
  cooldown constant interval := '60 minutes';
  held public.wallets;
  wanted bigint;
  least bigint;
begin
  select * into held from public.wallets where organization_id = of_organization_id and name = of_wallet;
  wanted := coalesce(held.reload_add, held.reload_up_to - held.balance);
  if not held.reload_enabled or wanted <= 0 then return null; end if;
  if held.reload_paused then return 'paused'; end if;
  -- Possible after the price of a credit fell, or if a debit was refused while the wallet was almost full.
  select minimum_reload into least from public.wallet_types where name = of_wallet;
  if least is null or wanted < least then return 'too small'; end if;
  if exists (select from public.reloads where organization_id = of_organization_id and wallet = of_wallet
      and state in ('requested', 'processing')) then
    return 'open';
  end if;
  -- Whatever its result: a failing card must not be tried with each debit.
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
