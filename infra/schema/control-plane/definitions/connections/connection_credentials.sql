-- Where the credentials of a connection are; null unless the workspace and its organization are active. For the product's own
-- servers, which open the connection.
create or replace function private.connection_credentials(of_workspace_id uuid, of_name text) returns text
language sql stable security definer set search_path = ''
as $$
  select reference from private.connection_credentials
  join public.workspaces on workspaces.id = workspace_id
  join public.organizations on organizations.id = organization_id
  where workspace_id = of_workspace_id and connection_credentials.name = of_name
    and workspaces.state = 'active' and organizations.state = 'active'
$$;

create or replace function public.connection_credentials(workspace_id uuid, name text) returns text
language sql stable set search_path = ''
as $$ select private.connection_credentials(workspace_id, name) $$;
