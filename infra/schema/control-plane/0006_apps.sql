-- Apps of a workspace, and their custom domains.

-- A domain counts once it is proven by a TXT record `_tenantry.<domain>` that contains `domain_proof`. Anyone may declare any
-- domain, so that nobody learns whose it is; only one app can prove it.
create table public.apps (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  url text unique,
  domain text check (domain = lower(domain)),
  domain_proof text,
  domain_check_requested_at timestamptz,
  domain_verified_at timestamptz,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, name)
);
create unique index apps_verified_domain_idx on public.apps (domain) where domain_verified_at is not null;
alter table public.apps enable row level security;
