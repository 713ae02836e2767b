-- The proof is `tenantry-domain=` and the stable id of `<workspace id>/<app>/<domain>`. So another tenant's record proves
-- nothing, and the proof is known before the row exists. A new domain has to be proven again.
create or replace function private.await_proof() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.domain_proof := 'tenantry-domain=' || private.stable_id(new.workspace_id || '/' || new.name || '/' || new.domain);
  if tg_op = 'UPDATE' and new.domain is distinct from old.domain then
    new.domain_check_requested_at := null;
    new.domain_verified_at := null;
  end if;
  return new;
end
$$;

create or replace trigger await_proof before insert or update of domain on public.apps
  for each row execute function private.await_proof();
