-- Organizations: the boundary of billing and access. Ids come from the manifest's path (src/shared/ids.ts).

create table public.platforms (
  id uuid primary key,
  name text not null unique check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  display_name text not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  default_plan text not null,
  apps_domain text,
  trial_plan text,
  trial_days integer check (trial_days >= 1),
  trial_credits jsonb not null default '{}' check (jsonb_typeof(trial_credits) = 'object'),
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  check ((trial_plan is null) = (trial_days is null))
);

-- A limit that is null is unlimited.
create table public.plans (
  name text primary key check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  platform_id uuid not null references public.platforms (id),
  display_name text not null,
  monthly_amount bigint check (monthly_amount >= 0),
  stripe_product text,
  stripe_price_lookup_key text,
  credits jsonb not null default '{}' check (jsonb_typeof(credits) = 'object'),
  workspaces integer check (workspaces >= 0),
  seats integer check (seats >= 0),
  custom_domains integer check (custom_domains >= 0),
  rpm integer check (rpm >= 0),
  webhook_events bigint check (webhook_events >= 0),
  per_workspace_access boolean not null,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now()
);
create index plans_platform_idx on public.plans (platform_id);

create table public.wallet_types (
  name text primary key check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  platform_id uuid not null references public.platforms (id),
  credit_amount numeric not null check (credit_amount >= 0),
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now()
);
create index wallet_types_platform_idx on public.wallet_types (platform_id);

create table public.organizations (
  id uuid primary key,
  platform_id uuid not null references public.platforms (id),
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  generation integer not null check (generation >= 1),
  display_name text not null,
  plan text not null references public.plans (name),
  plan_in_force text references public.plans (name),
  billing_email text not null check (billing_email = lower(billing_email)),
  llm_provider text,
  stripe_customer text unique,
  stripe_subscription text unique,
  subscription_status text,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  unique (platform_id, name, generation)
);
create index organizations_plan_idx on public.organizations (plan);
create index organizations_plan_in_force_idx on public.organizations (plan_in_force);

-- What the organization may use today: its plan's limits with the overrides in force. Null is unlimited.
create table public.quotas (
  organization_id uuid primary key references public.organizations (id) on delete cascade,
  workspaces integer check (workspaces >= 0),
  seats integer check (seats >= 0),
  custom_domains integer check (custom_domains >= 0),
  rpm integer check (rpm >= 0),
  webhook_events bigint check (webhook_events >= 0),
  per_workspace_access boolean not null,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now()
);

-- `user_id` is never written by hand: it follows the verified e-mail (0005_sign_in.sql).
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

create table public.invitations (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  email text not null check (email = lower(email) and email like '%_@_%'),
  role text not null check (role in ('admin', 'member')),
  workspaces text[] not null,
  expires_on date not null,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (organization_id, email)
);

-- One trial per organization's name, ever: the row outlives the organization and every generation of it.
create table public.trials (
  platform_id uuid not null references public.platforms (id),
  organization_name text not null,
  organization_id uuid references public.organizations (id) on delete set null,
  plan text not null,
  started_at timestamptz not null,
  ends_at timestamptz not null,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (platform_id, organization_name),
  check (ends_at > started_at)
);
create index trials_organization_id_idx on public.trials (organization_id);

create function private.refuse_change() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise exception '% of %.% is refused: its rows are kept for ever', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation';
end
$$;

create trigger kept_for_ever before delete on public.trials
  for each row execute function private.refuse_change();
create trigger kept_for_ever_at_once before truncate on public.trials
  for each statement execute function private.refuse_change();

alter table public.platforms enable row level security;
alter table public.plans enable row level security;
alter table public.wallet_types enable row level security;
alter table public.organizations enable row level security;
alter table public.quotas enable row level security;
alter table public.members enable row level security;
alter table public.invitations enable row level security;
alter table public.trials enable row level security;
