-- Sets how many credits of a paid reload have lost their payment: more after a refund or a dispute, fewer after a dispute was
-- won. `disputed`: nothing more is charged for the wallet until somebody resumes.
create or replace function private.reverse_reload(reload_id uuid, credits bigint, disputed boolean default false)
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
