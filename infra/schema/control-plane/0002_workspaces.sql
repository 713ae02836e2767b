-- Workspaces and what lives in each: access, keys, connections, apps, cron jobs. Nothing here moves to another workspace.

create table public.workspaces (
  id uuid primary key,
  organization_id uuid not null references public.organizations (id),
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  generation integer not null check (generation >= 1),
  display_name text not null,
  state text not null check (state in ('active', 'suspended', 'archived', 'deleted')),
  project_ref text unique,
  project_url text,
  region text,
  email text unique check (email = lower(email)),
  slack_team text,
  slack_channel text,
  expires_on date,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  unique (organization_id, name, generation),
  unique (id, organization_id),
  check ((slack_team is null) = (slack_channel is null))
);

-- The workspaces that a member was granted. Owners and admins reach all, with or without a row.
create table public.workspace_members (
  workspace_id uuid not null,
  organization_id uuid not null,
  email text not null,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, email),
  foreign key (workspace_id, organization_id) references public.workspaces (id, organization_id) on delete cascade,
  foreign key (organization_id, email) references public.members (organization_id, email) on delete cascade
);
create index workspace_members_workspace_idx on public.workspace_members (workspace_id, organization_id);
create index workspace_members_member_idx on public.workspace_members (organization_id, email);

create table public.connections (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  kind text not null,
  clone_of text,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, name)
);

create table public.apps (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  url text unique,
  domain text unique check (domain = lower(domain)),
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, name)
);

create table public.cron_jobs (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  schedule text not null,
  task text not null,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, name)
);

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

-- Apart from the key, so that no grant on the key's row ever shows it.
create table private.api_key_hashes (
  api_key_id uuid primary key references public.api_keys (id) on delete cascade,
  sha256 bytea not null unique check (length(sha256) = 32)
);

create function private.keep_workspace() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.workspace_id is distinct from old.workspace_id then
    raise exception 'a row of % belongs to one workspace for good', tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

create function private.keep_organization() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.organization_id is distinct from old.organization_id then
    raise exception 'a row of % belongs to one organization for good', tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

create trigger keep_organization before update of organization_id on public.workspaces
  for each row execute function private.keep_organization();
create trigger keep_workspace before update of workspace_id on public.connections
  for each row execute function private.keep_workspace();
create trigger keep_workspace before update of workspace_id on public.apps
  for each row execute function private.keep_workspace();
create trigger keep_workspace before update of workspace_id on public.cron_jobs
  for each row execute function private.keep_workspace();
create trigger keep_workspace before update of workspace_id on public.api_keys
  for each row execute function private.keep_workspace();

alter table public.workspaces enable row level security;
alter table public.workspace_members enable row level security;
alter table public.connections enable row level security;
alter table public.apps enable row level security;
alter table public.cron_jobs enable row level security;
alter table public.api_keys enable row level security;
alter table private.api_key_hashes enable row level security;
