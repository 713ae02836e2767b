-- The contents of the workspace: files, chats, agents and their state.

create table public.files (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references private.settings (workspace_id),
  path text not null check (path ~ '^[^/].*$' and path !~ '(^|/)\.\.?(/|$)'),
  object_name text,
  media_type text not null default 'application/octet-stream',
  bytes bigint not null default 0 check (bytes >= 0),
  created_by uuid default auth.uid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (workspace_id, path)
);
create index files_created_by_idx on public.files (created_by);
alter table public.files enable row level security;

-- A chat is a record of what people and agents said. Members archive it; only the product's servers delete it.
create table public.chats (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references private.settings (workspace_id),
  title text not null default '',
  archived boolean not null default false,
  created_by uuid default auth.uid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index chats_workspace_idx on public.chats (workspace_id, updated_at);
create index chats_created_by_idx on public.chats (created_by);
alter table public.chats enable row level security;

create table public.messages (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references private.settings (workspace_id),
  chat_id uuid not null references public.chats (id) on delete cascade,
  -- A person writes as `user`. The token of the product's servers names no person, so they must set the role.
  role text not null default case when auth.uid() is not null then 'user' end
    check (role in ('user', 'assistant', 'system', 'tool')),
  content jsonb not null,
  created_by uuid default auth.uid(),
  created_at timestamptz not null default now()
);
create index messages_workspace_idx on public.messages (workspace_id, created_at);
create index messages_chat_idx on public.messages (chat_id, created_at);
create index messages_created_by_idx on public.messages (created_by);
alter table public.messages enable row level security;

create table public.agent_sessions (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references private.settings (workspace_id),
  chat_id uuid references public.chats (id) on delete set null,
  status text not null default 'running' check (status in ('running', 'done', 'failed')),
  created_by uuid default auth.uid(),
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  check ((status = 'running') = (ended_at is null))
);
create index agent_sessions_workspace_idx on public.agent_sessions (workspace_id, created_at);
create index agent_sessions_chat_idx on public.agent_sessions (chat_id);
create index agent_sessions_created_by_idx on public.agent_sessions (created_by);
alter table public.agent_sessions enable row level security;

create table public.agent_state (
  workspace_id uuid not null references private.settings (workspace_id),
  agent text not null,
  key text not null,
  value jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (workspace_id, agent, key)
);
alter table public.agent_state enable row level security;
