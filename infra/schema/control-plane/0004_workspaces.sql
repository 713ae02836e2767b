-- Workspaces, and who was granted which. A row never moves to another organization.

create table public.workspaces (
  id uuid primary key,
  organization_id uuid not null references public.organizations (id),
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  generation integer not null check (generation >= 1),
  display_name text not null,
  state text not null check (state in ('requested', 'active', 'suspended', 'archived', 'deleted')),
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
-- Messages of a Slack channel go to the agent of one workspace. The manifests' own rule sees one repository only.
create unique index workspaces_slack_channel_idx on public.workspaces (upper(slack_team), upper(slack_channel));
alter table public.workspaces enable row level security;

-- The workspaces that a member was granted. Owners and admins reach all of them, with or without a row.
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
alter table public.workspace_members enable row level security;

-- The workspaces that a manifest declares, from the moment that a run begins to create them. A workspace's own row follows
-- its project; until then, this row keeps the product from using up what is declared.
create table private.declared_workspaces (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  workspace_id uuid not null,
  -- The names of its apps that have a custom domain.
  domain_apps text[] not null,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (organization_id, workspace_id)
);
alter table private.declared_workspaces enable row level security;
