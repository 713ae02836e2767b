-- The state of an organization. Unless it is active, its members reach nothing, and nothing is charged.

alter table public.organizations
  add column state text not null default 'active' check (state in ('active', 'suspended', 'archived', 'deleted'));

-- Removing an organization of a manifest deletes its members and its declared workspaces. Members alone may also have been
-- deleted by hand, if only API keys use the workspaces.
update public.organizations set state = 'deleted'
  where managed_by = 'manifest' and not exists (select from public.members where organization_id = organizations.id)
    and not exists (select from private.declared_workspaces where organization_id = organizations.id);
