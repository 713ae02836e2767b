-- Adds a workspace that `tenantry intake` takes in. A name that was used before gets the next generation, and so another id.
create or replace function private.request_workspace(
  of_organization_id uuid, of_name text, shown_as text, until date
) returns uuid
language plpgsql set search_path = ''
as $$
#variable_conflict use_column
declare
  path text := private.organization_path(of_organization_id) || '/' || of_name;
  number integer := 1;
begin
  while exists (select from public.workspaces where id = private.stable_id(path, number)
      or organization_id = of_organization_id and name = of_name and generation = number) loop
    number := number + 1;
  end loop;
  insert into public.workspaces (id, organization_id, name, generation, display_name, state, expires_on, managed_by)
    values (private.stable_id(path, number), of_organization_id, of_name, number,
      coalesce(shown_as, private.title_of(of_name)), 'requested', until, 'app');
  perform private.open_workspaces(of_organization_id);
  return private.stable_id(path, number);
end
$$;
