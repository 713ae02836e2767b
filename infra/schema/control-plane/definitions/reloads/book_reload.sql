-- Books the credits of a successful payment, once, whatever state the request was in.
create or replace function private.book_reload(reload_id uuid, paid_by text, at timestamptz default now()) returns public.reloads
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
    set state = 'done', settled_at = at, payment = paid_by, decline_reason = null, decline_message = null,
      payment_method = null, wallet_entry_id = entry.id
    where id = reload_id returning * into reload;
  return reload;
end
$$;
