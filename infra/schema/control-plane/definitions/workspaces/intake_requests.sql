-- The workspaces that were requested in the product by active organizations, for `tenantry intake`.
create or replace view private.intake_requests with (security_invoker = true) as
  select platforms.name as platform, organizations.id as organization_id, organizations.name as organization,
    organizations.managed_by = 'app' as new_organization, organizations.display_name as organization_display_name,
    organizations.plan, organizations.billing_email, owner.email as owner, workspaces.id as workspace_id,
    workspaces.name as workspace, workspaces.generation, workspaces.display_name, workspaces.expires_on,
    workspaces.created_at as requested_at
  from public.workspaces
  join public.organizations on organizations.id = workspaces.organization_id
  join public.platforms on platforms.id = organizations.platform_id
  left join public.members owner on owner.organization_id = organizations.id and owner.role = 'owner'
  where workspaces.state = 'requested' and organizations.state = 'active';
