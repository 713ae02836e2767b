-- The state of an organization. Unless it is active, its members reach nothing, and nothing is charged.

alter table public.organizations
  add column state text not null default 'active' check (state in ('active', 'suspended', 'archived', 'deleted'));

-- Each organization of a manifest has an owner, until its resources are removed.
update public.organizations set state = 'deleted'
  where managed_by = 'manifest' and not exists (select from public.members where organization_id = organizations.id);
