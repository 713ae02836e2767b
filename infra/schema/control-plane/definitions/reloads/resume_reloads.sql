-- Resumes reloads after whatever stopped them has changed: the payment method, the settings, or a dispute.
create or replace function private.resume_reloads(of_organization_id uuid, of_wallet text) returns void
language sql set search_path = ''
as $$
  update public.wallets set reload_declines = 0, reload_paused = false
  where organization_id = of_organization_id and name = of_wallet
$$;
