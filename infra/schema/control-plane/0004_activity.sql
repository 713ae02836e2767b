-- What happened, and in which workspace: exactly one, for good.

create table public.agent_sessions (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references public.workspaces (id),
  user_id uuid references auth.users (id) on delete set null,
  status text not null default 'running' check (status in ('running', 'done', 'failed')),
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  created_at timestamptz not null default now(),
  unique (id, workspace_id),
  check ((status = 'running') = (ended_at is null))
);
create index agent_sessions_workspace_idx on public.agent_sessions (workspace_id, started_at);
create index agent_sessions_user_idx on public.agent_sessions (user_id);

create table public.escalations (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references public.workspaces (id),
  agent_session_id uuid,
  reason text not null,
  status text not null default 'open' check (status in ('open', 'resolved')),
  resolved_by uuid references auth.users (id) on delete set null,
  resolved_at timestamptz,
  created_at timestamptz not null default now(),
  foreign key (agent_session_id, workspace_id) references public.agent_sessions (id, workspace_id),
  check ((status = 'open') = (resolved_at is null))
);
create index escalations_workspace_idx on public.escalations (workspace_id, created_at);
create index escalations_agent_session_idx on public.escalations (agent_session_id, workspace_id);
create index escalations_resolved_by_idx on public.escalations (resolved_by);

create table public.usage_logs (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references public.workspaces (id),
  api_key_id uuid,
  agent_session_id uuid,
  wallet_entry_id uuid references public.wallet_entries (id),
  operation text not null,
  credits bigint not null default 0 check (credits >= 0),
  details jsonb not null default '{}',
  created_at timestamptz not null default now(),
  foreign key (api_key_id, workspace_id) references public.api_keys (id, workspace_id),
  foreign key (agent_session_id, workspace_id) references public.agent_sessions (id, workspace_id)
);
create index usage_logs_workspace_idx on public.usage_logs (workspace_id, created_at);
create index usage_logs_api_key_idx on public.usage_logs (api_key_id, workspace_id);
create index usage_logs_agent_session_idx on public.usage_logs (agent_session_id, workspace_id);
create index usage_logs_wallet_entry_idx on public.usage_logs (wallet_entry_id);

create trigger keep_workspace before update of workspace_id on public.agent_sessions
  for each row execute function private.keep_workspace();
create trigger keep_workspace before update of workspace_id on public.escalations
  for each row execute function private.keep_workspace();
create trigger keep_workspace before update of workspace_id on public.usage_logs
  for each row execute function private.keep_workspace();

alter table public.agent_sessions enable row level security;
alter table public.escalations enable row level security;
alter table public.usage_logs enable row level security;
