-- Resumes reloads when a manifest or the product changes their settings, because the settings may have been refused.
create or replace function private.resume_changed_reload() returns trigger
language plpgsql set search_path = ''
as $$
begin
  perform private.resume_reloads(new.organization_id, new.name);
  return null;
end
$$;

create or replace trigger resume_changed_reload
  after update of reload_enabled, reload_below, reload_add, reload_up_to, reload_monthly_cap on public.wallets
  for each row
  when ((new.reload_enabled, new.reload_below, new.reload_add, new.reload_up_to, new.reload_monthly_cap) is distinct from
    (old.reload_enabled, old.reload_below, old.reload_add, old.reload_up_to, old.reload_monthly_cap))
  execute function private.resume_changed_reload();
