-- Who may enter this workspace. The control plane decides; tenantry replaces these rows as a whole, and nobody else writes them.
--
-- In this table and all others, the reference to the only row of the settings ties each row to this workspace. The default of
-- `workspace_id` is private.workspace_id() (definitions/workspace/workspace_id.sql).

create table public.workspace_members (
  workspace_id uuid not null references private.settings (workspace_id),
  email text not null check (email = lower(email) and email like '%_@_%'),
  role text not null check (role in ('owner', 'admin', 'member')),
  user_id uuid unique,
  managed_by text not null default 'manifest' check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, email)
);
alter table public.workspace_members enable row level security;
