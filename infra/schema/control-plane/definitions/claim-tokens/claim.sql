-- Lets the caller in. The answer is the same for a token that isn't for the caller, is expired, claimed or unknown, or was
-- made before the caller left the organization.
create or replace function private.claim(token text, out organization_id uuid, out workspace_id uuid, out role text)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  caller constant text := private.caller_email();
  token_id uuid;
  held_state text;
  spent public.claim_tokens;
begin
  -- A caller without a token locks nothing.
  select claim_token_id, organizations.state into token_id, held_state
    from private.claim_token_hashes
    join public.claim_tokens on claim_tokens.id = claim_token_id
    join public.organizations on organizations.id = organization_id
    where sha256 = sha256(convert_to(token, 'UTF8')) and caller is not null
    for no key update of organizations;
  -- This statement alone claims the token: the second of two callers at once finds none.
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
  perform private.refuse_inactive('organization', held_state);
  perform private.check_seat(spent.organization_id, caller, true);
  -- A member keeps the role.
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

create or replace function public.claim(token text, out organization_id uuid, out workspace_id uuid, out role text)
language sql set search_path = ''
as $$ select * from private.claim(token) $$;
