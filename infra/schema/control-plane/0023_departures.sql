-- Who left an organization, and when: what let them in before doesn't let them in again. A new invitation, and a claim token
-- that was made since, do.

create table private.departures (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  email text not null check (email = lower(email)),
  left_at timestamptz not null default clock_timestamp(),
  primary key (organization_id, email)
);

create function private.record_departure() returns trigger
language plpgsql set search_path = ''
as $$
begin
  -- None where the organization itself goes.
  insert into private.departures (organization_id, email)
    select id, old.email from public.organizations where id = old.organization_id
    on conflict (organization_id, email) do update set left_at = excluded.left_at;
  delete from public.invitations
    where organization_id = old.organization_id and email = old.email and managed_by = 'app';
  -- Spent, as if it had been accepted: the manifest that still declares it doesn't invite again.
  update public.invitations set accepted_at = now()
    where organization_id = old.organization_id and email = old.email and accepted_at is null;
  return null;
end
$$;
create trigger record_departure after delete on public.members
  for each row execute function private.record_departure();

-- As it was, but a token from before the caller left is answered like none.
create or replace function private.claim(token text, out organization_id uuid, out workspace_id uuid, out role text)
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
      and not exists (
        select from private.departures gone
        where gone.organization_id = claim_tokens.organization_id and gone.email = caller
          and gone.left_at >= claim_tokens.created_at)
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

alter table private.departures enable row level security;
revoke execute on all functions in schema private from public, anon, authenticated;
