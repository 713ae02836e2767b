-- Claim tokens let in whoever holds one: once, until it expires, into an organization or one workspace of it, for anyone with
-- a verified address or for one address. No token makes an owner.

create table public.claim_tokens (
  id uuid primary key,
  organization_id uuid not null references public.organizations (id) on delete cascade,
  workspace_id uuid,
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  role text not null check (role in ('admin', 'member')),
  email text check (email = lower(email) and email like '%_@_%'),
  expires_at timestamptz not null,
  claimed_at timestamptz,
  claimed_by uuid references auth.users (id) on delete set null,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  foreign key (workspace_id, organization_id) references public.workspaces (id, organization_id) on delete cascade,
  -- An admin reaches every workspace.
  check (workspace_id is null or role = 'member'),
  check (claimed_by is null or claimed_at is not null)
);
create index claim_tokens_organization_idx on public.claim_tokens (organization_id);
create index claim_tokens_workspace_idx on public.claim_tokens (workspace_id, organization_id);
create index claim_tokens_claimed_by_idx on public.claim_tokens (claimed_by);
alter table public.claim_tokens enable row level security;

-- A separate table, so that no grant on a token's row shows its hash. A token has several values while the root secret is
-- rotated; each of them can be claimed.
create table private.claim_token_hashes (
  claim_token_id uuid not null references public.claim_tokens (id) on delete cascade,
  sha256 bytea primary key check (length(sha256) = 32)
);
create index claim_token_hashes_claim_token_idx on private.claim_token_hashes (claim_token_id);
alter table private.claim_token_hashes enable row level security;
