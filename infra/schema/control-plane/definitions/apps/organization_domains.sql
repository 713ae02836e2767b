-- The custom domains of an organization, with the records that prove them. Owners and admins see all of them; other members
-- see those of their own workspaces, as in apps.
create or replace view public.organization_domains with (security_invoker = true) as
  select workspaces.organization_id, workspaces.id as workspace_id, workspaces.name as workspace, apps.name as app,
    apps.url, apps.domain, apps.domain_verified_at is not null as verified, apps.domain_verified_at,
    '_tenantry.' || apps.domain as record_name, apps.domain_proof as record_value, apps.managed_by
  from public.apps join public.workspaces on workspaces.id = apps.workspace_id
  where apps.domain is not null and workspaces.state <> 'deleted';
