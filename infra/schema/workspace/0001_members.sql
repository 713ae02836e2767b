-- The one workspace of this database, and who may enter it. Rows are written from the control plane.

create table private.settings (
  singleton boolean primary key default true check (singleton),
  workspace_id uuid not null unique,
  issuer text not null check (issuer <> '')
);

create function private.workspace_id() returns uuid
language sql stable security definer set search_path = ''
as $$ select workspace_id from private.settings $$;

-- The reference to the settings' only row pins every row of every table to this workspace.
create table public.workspace_members (
  workspace_id uuid not null default private.workspace_id() references private.settings (workspace_id),
  email text not null check (email = lower(email) and email like '%_@_%'),
  role text not null check (role in ('owner', 'admin', 'member')),
  user_id uuid unique,
  managed_by text not null default 'manifest' check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, email)
);

alter table private.settings enable row level security;
alter table public.workspace_members enable row level security;
