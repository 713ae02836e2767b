-- Claim tokens: a way in for whoever holds one, once, until it expires. Into an organization, or into one workspace of it;
-- for anyone with a verified address, or for one address. None makes an owner.

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

-- Apart from the token, so that no grant on its row ever shows it.
create table private.claim_token_hashes (
  claim_token_id uuid primary key references public.claim_tokens (id) on delete cascade,
  sha256 bytea not null unique check (length(sha256) = 32)
);

create trigger keep_organization before update of organization_id on public.claim_tokens
  for each row execute function private.keep_organization();

-- One that isn't for the caller, has expired, was spent or never was: the answer is the same.
create function private.claim(token text, out organization_id uuid, out workspace_id uuid, out role text)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  caller constant text := private.caller_email();
  token_id uuid;
  spent public.claim_tokens;
begin
  -- Whoever holds no token locks nothing.
  select claim_token_id into token_id
    from private.claim_token_hashes
    join public.claim_tokens on claim_tokens.id = claim_token_id
    join public.organizations on organizations.id = organization_id
    where sha256 = sha256(convert_to(token, 'UTF8')) and caller is not null
    for no key update of organizations;
  -- The one statement that spends it: of two at once, the second finds nothing left.
  update public.claim_tokens set claimed_at = now(), claimed_by = private.caller_id()
    where id = token_id and claimed_at is null and expires_at > now() and coalesce(email, caller) = caller
      and (workspace_id is null
        or workspace_id in (select id from public.workspaces where state in ('requested', 'active')))
    returning * into spent;
  if spent.id is null then
    raise sqlstate 'PT404' using message = 'there is no such claim token';
  end if;
  perform private.check_seat(spent.organization_id, caller, true);
  -- Who is a member already keeps the role.
  insert into public.members (organization_id, email, role, managed_by)
    values (spent.organization_id, caller, spent.role, 'app') on conflict do nothing;
  insert into public.workspace_members (workspace_id, organization_id, email, managed_by)
    select spent.workspace_id, spent.organization_id, caller, 'app' where spent.workspace_id is not null
    on conflict do nothing;
  perform private.open_workspaces(spent.organization_id);
  organization_id := spent.organization_id;
  workspace_id := spent.workspace_id;
  select members.role into role from public.members
    where members.organization_id = spent.organization_id and email = caller;
end
$$;

create function public.claim(token text, out organization_id uuid, out workspace_id uuid, out role text)
language sql set search_path = ''
as $$ select * from private.claim(token) $$;

alter table public.claim_tokens enable row level security;
alter table private.claim_token_hashes enable row level security;
revoke execute on all functions in schema public from public, anon, authenticated, service_role;
revoke execute on all functions in schema private from public, anon, authenticated;
