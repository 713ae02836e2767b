-- Connections of a workspace to data elsewhere.

create table public.connections (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  kind text not null,
  clone_of text,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, name)
);
alter table public.connections enable row level security;

-- Where the product's own secret store keeps the credentials. A separate table, so that no grant on a connection's row shows
-- the place. The credentials of a connection that a manifest declares are in the workspace's edge secrets.
create table private.connection_credentials (
  workspace_id uuid not null,
  name text not null,
  reference text not null check (reference <> ''),
  created_at timestamptz not null default now(),
  primary key (workspace_id, name),
  foreign key (workspace_id, name) references public.connections (workspace_id, name) on delete cascade
);
alter table private.connection_credentials enable row level security;
