-- Sets when a wallet is reloaded and with how much. Without a threshold, reloading is off.
create or replace function private.set_auto_reload(
  of_organization_id uuid, of_wallet text, below bigint, add_credits bigint, up_to bigint, monthly_cap bigint
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  wallet public.wallets;
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
  update public.wallets set reload_enabled = below is not null, reload_below = below, reload_add = add_credits,
      reload_up_to = up_to, reload_monthly_cap = monthly_cap
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
