-- The state of an organization. Unless it is active, its members reach nothing, and nothing is charged.

alter table public.organizations
  add column state text not null default 'active' check (state in ('active', 'suspended', 'archived', 'deleted'));
