-- The URL contains the start of the workspace's id, as in src/model/workspace.ts.
create or replace function private.add_app(of_workspace_id uuid, of_name text) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.add_to_workspace(of_workspace_id);
  added public.apps;
begin
  perform private.check_slug(of_name);
  insert into public.apps (workspace_id, name, url, managed_by)
    select workspace.id, of_name, of_name || '-' || left(workspace.id::text, 8) || '.' || apps_domain, 'app'
    from public.organizations join public.platforms on platforms.id = platform_id
    where organizations.id = workspace.organization_id
    on conflict (workspace_id, name) do nothing
    returning * into added;
  if added.name is null then
    raise sqlstate 'PT409' using message = format('there is an app %L already', of_name);
  end if;
  return added.url;
end
$$;

create or replace function public.add_app(workspace_id uuid, name text) returns text
language sql set search_path = ''
as $$ select private.add_app(workspace_id, name) $$;
