-- Whether every member reaches every workspace: neither the declared plan, with its overrides, nor the plan in force has
-- per-workspace access. So walls between workspaces stay while a plan isn't paid.
create or replace function private.members_reach_all(of_organization_id uuid) returns boolean
language sql stable set search_path = ''
as $$
  select not (quotas.per_workspace_access
    or coalesce((limit_overrides ->> 'perWorkspaceAccess')::boolean, plans.per_workspace_access))
  from public.organizations
  join public.plans on plans.name = plan
  join public.quotas on organization_id = organizations.id
  where organizations.id = of_organization_id
$$;
