-- What counts against a plan's limits, by the limit's name in a manifest: what exists, and what is declared. `of_app` marks
-- what the product made and no manifest declares, `shown` is its name there. `goes` marks what a manifest no longer declares,
-- so that a run which adds something else has room for that.
create or replace view private.limit_uses with (security_invoker = true) as
  select organization_id, 'seats' as limit_name, email as thing, email as shown, managed_by = 'app' as of_app, false as goes
  from public.members
  union all
  select organization_id, 'seats', email, email, managed_by = 'app', false
  from public.invitations as it where private.is_open(it)
  union all
  select organization_id, 'workspaces', workspace_id::text, null, false, false
  from private.declared_workspaces
  union all
  select held.organization_id, 'workspaces', id::text, name, held.managed_by = 'app' and workspace_id is null,
    held.managed_by = 'manifest' and workspace_id is null
  from public.workspaces as held left join private.declared_workspaces on workspace_id = id
  where state <> 'deleted'
  union all
  select organization_id, 'customDomains', workspace_id || '/' || app, null, false, false
  from private.declared_workspaces, unnest(domain_apps) as app
  union all
  select held.organization_id, 'customDomains', held.id || '/' || apps.name, domain,
    apps.managed_by = 'app' and apps.name <> all (coalesce(domain_apps, '{}')),
    apps.managed_by = 'manifest' and apps.name <> all (coalesce(domain_apps, '{}'))
      or held.managed_by = 'manifest' and declared.workspace_id is null
  from public.apps join public.workspaces as held on held.id = apps.workspace_id
  left join private.declared_workspaces as declared on declared.workspace_id = held.id
  where domain is not null and state <> 'deleted';
