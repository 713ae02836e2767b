-- Releases the domains of a deleted workspace. Domains that a manifest declares go when the manifest's app goes.
create or replace function private.release_domains() returns trigger
language plpgsql set search_path = ''
as $$
begin
  update public.apps set domain = null where workspace_id = new.id and managed_by = 'app' and domain is not null;
  return null;
end
$$;

create or replace trigger release_domains after update of state on public.workspaces
  for each row when (new.state = 'deleted') execute function private.release_domains();
