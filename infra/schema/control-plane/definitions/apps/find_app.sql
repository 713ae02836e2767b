-- An app of the workspace, which the caller may see.
create or replace function private.find_app(workspace public.workspaces, of_name text) returns public.apps
language plpgsql set search_path = ''
as $$
declare
  app public.apps;
begin
  select * into app from public.apps where workspace_id = workspace.id and name = of_name;
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such app';
  end if;
  return app;
end
$$;
