-- Sets when a wallet is reloaded and with how much, and resumes reloads that were paused. Without a threshold, reloading is off.
create or replace function private.set_auto_reload(
  of_organization_id uuid, of_wallet text, below bigint, add_credits bigint, up_to bigint, monthly_cap bigint
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  wallet public.wallets;
  bought bigint := coalesce(add_credits, up_to - below);
  least bigint;
begin
  perform private.act_in_organization(of_organization_id, '{owner,admin}');
  select * into wallet from public.wallets where organization_id = of_organization_id and name = of_wallet;
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such wallet';
  end if;
  perform private.refuse_of_manifest(wallet.managed_by, of_organization_id, 'wallets');
  if below is null and num_nonnulls(add_credits, up_to, monthly_cap) > 0
      or below is not null and (num_nonnulls(add_credits, up_to) <> 1 or below < 0
        or least(add_credits, up_to, monthly_cap) <= 0) then
    raise sqlstate 'PT400' using message = 'reloading takes a line to fall below, and either what to add or what to fill up to',
      hint = 'whole numbers of credits above zero; or none of them, for off';
  end if;
  if bought <= 0 or bought > monthly_cap then
    raise sqlstate 'PT400' using message = format('a reload would buy %s credits', bought),
      hint = 'at least one, and no more than the monthly cap';
  end if;
  select minimum_reload into least from public.wallet_types where name = of_wallet;
  if bought is not null and (least is null or bought < least) then
    raise sqlstate 'PT400' using message = 'the payment provider doesn''t charge for so few credits',
      hint = coalesce(format('at least %s credits in each reload', least), 'these credits cost nothing');
  end if;
  update public.wallets set reload_enabled = below is not null, reload_below = below, reload_add = add_credits,
      reload_up_to = up_to, reload_monthly_cap = monthly_cap, reload_declines = 0, reload_paused = false
    where organization_id = of_organization_id and name = of_wallet;
end
$$;

create or replace function public.set_auto_reload(
  organization_id uuid,
  wallet text,
  below bigint default null,
  "add" bigint default null,
  up_to bigint default null,
  monthly_cap bigint default null
) returns void
language sql set search_path = ''
as $$ select private.set_auto_reload(organization_id, wallet, below, "add", up_to, monthly_cap) $$;
