-- Organizations: the boundary of billing and access. Ids are derived from the manifest's path (src/shared/ids.ts).

create table public.organizations (
  id uuid primary key,
  platform_id uuid not null references public.platforms (id),
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  generation integer not null check (generation >= 1),
  display_name text not null,
  plan text not null references public.plans (name),
  plan_in_force text references public.plans (name),
  -- Limits that differ from the plan's: a number, true or false, or `unlimited`, by the limit's name in a manifest.
  limit_overrides jsonb not null default '{}' check (jsonb_typeof(limit_overrides) = 'object'),
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
alter table public.organizations enable row level security;

-- What an organization may use today: the limits of its plan and its overrides. Null is unlimited.
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
alter table public.quotas enable row level security;

-- What an organization used of the quotas that are counted by the clock: requests in each minute, webhook events in each
-- calendar month (UTC). All workspaces of an organization share one row for each quota.
create table public.quota_usage (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  quota text not null check (quota in ('rpm', 'webhook_events')),
  since timestamptz not null,
  used bigint not null check (used > 0),
  created_at timestamptz not null default now(),
  primary key (organization_id, quota)
) with (fillfactor = 50);
alter table public.quota_usage enable row level security;

-- One trial for each name of an organization, ever: the row outlives the organization and all of its generations.
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
alter table public.trials enable row level security;

-- Who founded an organization in the product. The row stays when the ownership moves and when the user is deleted.
create table private.foundings (
  organization_id uuid primary key references public.organizations (id) on delete cascade,
  email text not null check (email = lower(email)),
  user_id uuid,
  created_at timestamptz not null default now()
);
create index foundings_email_idx on private.foundings (email);
create index foundings_user_id_idx on private.foundings (user_id);
alter table private.foundings enable row level security;
