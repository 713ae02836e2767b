-- Platforms and what they sell. `managed_by` says who writes a row: tenantry, from a manifest, or the product (`app`).

create table public.platforms (
  id uuid primary key,
  name text not null unique check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  display_name text not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  default_plan text not null,
  apps_domain text,
  -- The issuer of the tokens that count: the platform's own auth service.
  issuer text,
  trial_plan text,
  trial_days integer check (trial_days >= 1),
  trial_credits jsonb not null default '{}' check (jsonb_typeof(trial_credits) = 'object'),
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  check ((trial_plan is null) = (trial_days is null))
);
alter table public.platforms enable row level security;

-- A limit that is null is unlimited.
create table public.plans (
  name text primary key check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  platform_id uuid not null references public.platforms (id),
  display_name text not null,
  -- Null for a plan by contract.
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
alter table public.plans enable row level security;

create table public.wallet_types (
  name text primary key check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  platform_id uuid not null references public.platforms (id),
  credit_amount numeric not null check (credit_amount >= 0),
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now()
);
create index wallet_types_platform_idx on public.wallet_types (platform_id);
alter table public.wallet_types enable row level security;
