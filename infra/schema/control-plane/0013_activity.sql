-- What happened in a workspace. A row never moves to another workspace.

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
alter table public.agent_sessions enable row level security;

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
alter table public.escalations enable row level security;

-- Every debit writes a row. The limits of its texts are a check rather than a trigger, because built-in functions cost a debit
-- least. Most debits name neither a key nor a session, so their rows take no space in those two indexes.
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
  foreign key (agent_session_id, workspace_id) references public.agent_sessions (id, workspace_id),
  constraint usage_logs_sizes check (length(operation) <= 255 and octet_length(details::text) <= 16384)
);
create index usage_logs_workspace_idx on public.usage_logs (workspace_id, created_at);
create index usage_logs_api_key_idx on public.usage_logs (api_key_id, workspace_id) where api_key_id is not null;
create index usage_logs_agent_session_idx on public.usage_logs (agent_session_id, workspace_id)
  where agent_session_id is not null;
create index usage_logs_wallet_entry_idx on public.usage_logs (wallet_entry_id);
alter table public.usage_logs enable row level security;
