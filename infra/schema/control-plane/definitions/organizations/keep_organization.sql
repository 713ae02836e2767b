-- A row never moves to another organization. On wallets, the trigger runs after the update, because before it each debit would
-- lock its wallet's row once more.
create or replace function private.keep_organization() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.organization_id is distinct from old.organization_id then
    raise exception 'a row of % belongs to one organization for good', tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

create or replace trigger keep_organization before update of organization_id on public.workspaces
  for each row execute function private.keep_organization();
create or replace trigger keep_organization after update of organization_id on public.wallets
  for each row execute function private.keep_organization();
create or replace trigger keep_organization before update of organization_id on public.reloads
  for each row execute function private.keep_organization();
create or replace trigger keep_organization before update of organization_id on public.quota_usage
  for each row execute function private.keep_organization();
create or replace trigger keep_organization before update of organization_id on public.claim_tokens
  for each row execute function private.keep_organization();
