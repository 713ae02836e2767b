-- API keys of a workspace. A key's value is shown once; only its SHA-256 is kept.

create table public.api_keys (
  id uuid primary key,
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  rotation text not null default '',
  prefix text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  unique (workspace_id, name, rotation),
  unique (id, workspace_id)
);
alter table public.api_keys enable row level security;

-- A separate table, so that no grant on a key's row shows its hash.
create table private.api_key_hashes (
  api_key_id uuid primary key references public.api_keys (id) on delete cascade,
  sha256 bytea not null unique check (length(sha256) = 32)
);
alter table private.api_key_hashes enable row level security;
