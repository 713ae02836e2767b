-- The path from which the ids of an organization's workspaces are derived, as in src/model/organization.ts.
create or replace function private.organization_path(of_organization_id uuid) returns text
language sql stable set search_path = ''
as $$
  select platforms.name || '/' || organizations.name || case generation when 1 then '' else '#' || generation end
  from public.organizations join public.platforms on platforms.id = platform_id
  where organizations.id = of_organization_id
$$;
