-- Tasks that a workspace's agent does on a schedule.

create table public.cron_jobs (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  schedule text not null,
  task text not null,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, name)
);
alter table public.cron_jobs enable row level security;
