-- Records that a payment failed, with Stripe's own words and the payment method. `for_good`: a retry can't succeed before
-- somebody acts.
create or replace function private.decline_reload(
  reload_id uuid, reason text, for_good boolean default false, at timestamptz default now(), message text default null,
  method text default null
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
  update public.reloads
    set state = 'declined', settled_at = at, decline_reason = reason, decline_message = left(message, 1000),
      payment_method = method
    where id = reload_id returning * into reload;
  return reload;
end
$$;
