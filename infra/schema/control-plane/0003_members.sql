-- Who belongs to an organization, who is invited, and who left.

-- A trigger alone writes `user_id`: the account that verified the e-mail address (definitions/members/link_member.sql).
create table public.members (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  email text not null check (email = lower(email) and email like '%_@_%'),
  role text not null check (role in ('owner', 'admin', 'member')),
  github text,
  user_id uuid references auth.users (id) on delete set null,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (organization_id, email)
);
create unique index members_one_owner_idx on public.members (organization_id) where role = 'owner';
create index members_user_id_idx on public.members (user_id);
create index members_email_idx on public.members (email);
alter table public.members enable row level security;

create table public.invitations (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  email text not null check (email = lower(email) and email like '%_@_%'),
  role text not null check (role in ('admin', 'member')),
  workspaces text[] not null,
  expires_on date not null,
  -- An accepted invitation of a manifest stays, so that the manifest that still declares it doesn't invite again.
  accepted_at timestamptz,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (organization_id, email)
);
create index invitations_email_idx on public.invitations (email);
alter table public.invitations enable row level security;

-- How many invitations an organization sent on its last day with one. Revoking an invitation doesn't lower the count,
-- because its letter was sent.
create table private.invitation_days (
  organization_id uuid primary key references public.organizations (id) on delete cascade,
  day date not null,
  sent integer not null check (sent > 0),
  created_at timestamptz not null default now()
);
alter table private.invitation_days enable row level security;

-- Who left an organization, and when. A claim token from before doesn't let them in again; a new invitation or a later token
-- does.
create table private.departures (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  email text not null check (email = lower(email)),
  left_at timestamptz not null default clock_timestamp(),
  primary key (organization_id, email)
);
alter table private.departures enable row level security;
