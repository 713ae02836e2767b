-- Who belongs to an organization: invitations, members, roles, ownership, and who was granted which workspace.
--
-- Owners and admins invite and remove members and grant workspaces. Who is an admin is the owner's alone to say: neither
-- example product gives that to admins.

-- Of a manifest's, which is spent but stays: the manifest that still declares it doesn't invite again.
alter table public.invitations add column accepted_at timestamptz;
create index invitations_email_idx on public.invitations (email);

create function private.is_open(invitation public.invitations) returns boolean
language sql stable set search_path = ''
as $$ select invitation.accepted_at is null and invitation.expires_on >= (now() at time zone 'UTC')::date $$;

-- Whether there is a seat for an address: one who is invited holds a seat as well as a member does. To accept, only members
-- count: of more invitations than seats, the first who come are let in.
create function private.check_seat(of_organization_id uuid, for_email text, beside_invitations boolean) returns void
language plpgsql set search_path = ''
as $$
declare
  allowed integer;
  taken bigint;
begin
  select seats into strict allowed from public.quotas where organization_id = of_organization_id;
  select count(*) into taken from (
    select email from public.members where organization_id = of_organization_id
    union
    select email from public.invitations it
    where beside_invitations and organization_id = of_organization_id and private.is_open(it)
    union
    select for_email
  ) as seated;
  if taken > allowed then
    raise sqlstate 'PT402' using message = format('every seat of the plan is taken: %s', allowed),
      hint = 'remove a member, revoke an invitation, or choose a plan with more seats';
  end if;
end
$$;

-- Where the plan has no per-workspace access, every member reaches every workspace.
create function private.open_workspaces(of_organization_id uuid) returns void
language sql set search_path = ''
as $$
  insert into public.workspace_members (workspace_id, organization_id, email, managed_by)
    select workspaces.id, organization_id, members.email, 'app'
    from public.members join public.workspaces using (organization_id) join public.quotas using (organization_id)
    where organization_id = of_organization_id and role = 'member' and state <> 'deleted' and not per_workspace_access
    on conflict do nothing
$$;

create function private.check_per_workspace_access(of_organization_id uuid) returns void
language plpgsql set search_path = ''
as $$
begin
  if not (select per_workspace_access from public.quotas where organization_id = of_organization_id) then
    raise sqlstate 'PT402' using message = 'the plan has no per-workspace access: members reach every workspace',
      hint = 'choose a plan that has it';
  end if;
end
$$;

-- Of an organization that the caller acts in.
create function private.find_member(of_organization_id uuid, of_email text) returns public.members
language plpgsql set search_path = ''
as $$
declare
  member public.members;
begin
  select * into member from public.members where organization_id = of_organization_id and email = lower(of_email);
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such member';
  end if;
  perform private.refuse_of_manifest(member.managed_by, of_organization_id, 'members');
  return member;
end
$$;

-- The same address again replaces its invitation.
create function private.invite(
  of_organization_id uuid, to_email text, with_role text, to_workspaces text[], until date
) returns void
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  today date := (now() at time zone 'UTC')::date;
  invited text := lower(to_email);
  unknown text;
begin
  perform private.act_in_organization(of_organization_id,
    case with_role when 'admin' then '{owner}' else '{owner,admin}' end::text[]);
  if with_role is null or with_role not in ('admin', 'member') then
    raise sqlstate 'PT400' using message = 'a role is admin or member', hint = 'an owner is made by a transfer of ownership';
  end if;
  if invited is null or invited not like '%_@_%' or length(invited) > 254 then
    raise sqlstate 'PT400' using message = 'this is no e-mail address';
  end if;
  if until is null or until not between today and today + 90 then
    raise sqlstate 'PT400' using message = format('an invitation ends between %s and %s', today, today + 90);
  end if;
  if cardinality(to_workspaces) > 0 then
    if with_role = 'admin' then
      raise sqlstate 'PT400' using message = 'an admin reaches every workspace', hint = 'name no workspaces';
    end if;
    perform private.check_per_workspace_access(of_organization_id);
  end if;
  select wanted.name into unknown from unnest(to_workspaces) as wanted (name) where not exists (
    select from public.workspaces
    where organization_id = of_organization_id and workspaces.name = wanted.name and state <> 'deleted');
  if found then
    raise sqlstate 'PT404' using message = format('there is no workspace %L', unknown);
  end if;
  if exists (select from public.members where organization_id = of_organization_id and email = invited) then
    raise sqlstate 'PT409' using message = 'this address is a member already';
  end if;
  perform private.refuse_of_manifest(managed_by, of_organization_id, 'invitations') from public.invitations
    where organization_id = of_organization_id and email = invited;
  perform private.check_seat(of_organization_id, invited, true);
  insert into public.invitations (organization_id, email, role, workspaces, expires_on, managed_by)
    values (of_organization_id, invited, with_role, coalesce(to_workspaces, '{}'), until, 'app')
    on conflict (organization_id, email) do update
      set role = excluded.role, workspaces = excluded.workspaces, expires_on = excluded.expires_on, accepted_at = null;
end
$$;

create function private.revoke_invitation(of_organization_id uuid, of_email text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  invitation public.invitations;
begin
  perform private.act_in_organization(of_organization_id, '{owner,admin}');
  select * into invitation from public.invitations it
    where organization_id = of_organization_id and email = lower(of_email) and private.is_open(it);
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such invitation';
  end if;
  perform private.refuse_of_manifest(invitation.managed_by, of_organization_id, 'invitations');
  delete from public.invitations where organization_id = of_organization_id and email = invitation.email;
end
$$;

-- For whoever verified the invited address, and for nobody else.
create function private.accept_invitation(of_organization_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  accepted public.invitations;
begin
  -- Whoever isn't invited locks nothing.
  perform from public.organizations join public.invitations it on it.organization_id = organizations.id
    where organizations.id = of_organization_id and it.email = private.caller_email() and private.is_open(it)
    for no key update of organizations;
  if found then
    update public.invitations it set accepted_at = now()
      where organization_id = of_organization_id and email = private.caller_email() and private.is_open(it)
      returning * into accepted;
  end if;
  if accepted.email is null then
    raise sqlstate 'PT404' using message = 'there is no such invitation';
  end if;
  delete from public.invitations
    where organization_id = of_organization_id and email = accepted.email and managed_by = 'app';
  perform private.check_seat(of_organization_id, accepted.email, false);
  insert into public.members (organization_id, email, role, managed_by)
    values (of_organization_id, accepted.email, accepted.role, 'app') on conflict do nothing;
  insert into public.workspace_members (workspace_id, organization_id, email, managed_by)
    select id, organization_id, accepted.email, 'app' from public.workspaces
    where organization_id = of_organization_id and name = any (accepted.workspaces) and state <> 'deleted'
    on conflict do nothing;
  perform private.open_workspaces(of_organization_id);
end
$$;

-- What waits for the caller's verified address. The invited learn the names of who invites them, and nothing else.
create function private.my_invitations()
returns table (organization_id uuid, organization text, display_name text, role text, expires_on date)
language sql stable security definer set search_path = ''
as $$
  select organizations.id, organizations.name, organizations.display_name, it.role, it.expires_on
  from public.invitations it join public.organizations on organizations.id = it.organization_id
  where it.email = private.caller_email() and private.is_open(it)
$$;

-- Takes every access at once: the grants go with the member, and what row security asks are these rows.
create function private.remove_member(of_organization_id uuid, of_email text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  caller_role text := private.act_in_organization(of_organization_id, '{owner,admin}');
  member public.members := private.find_member(of_organization_id, of_email);
begin
  if member.role = 'owner' then
    raise sqlstate 'PT409' using message = 'an organization has an owner', hint = 'transfer the ownership first';
  end if;
  if member.role = 'admin' and caller_role <> 'owner' then
    raise sqlstate 'PT403' using message = 'an admin is removed by the owner', hint = 'ask the owner';
  end if;
  delete from public.members where organization_id = of_organization_id and email = member.email;
end
$$;

create function private.change_role(of_organization_id uuid, of_email text, to_role text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  member public.members;
begin
  perform private.act_in_organization(of_organization_id, '{owner}');
  member := private.find_member(of_organization_id, of_email);
  if to_role is null or to_role not in ('admin', 'member') or member.role = 'owner' then
    raise sqlstate 'PT400' using message = 'a role is changed to admin or member, and never the owner''s',
      hint = 'an owner is made by a transfer of ownership';
  end if;
  update public.members set role = to_role where organization_id = of_organization_id and email = member.email;
  perform private.open_workspaces(of_organization_id);
end
$$;

-- The owner becomes an admin. To somebody whose address is verified: else nobody could act as the owner.
create function private.transfer_ownership(of_organization_id uuid, to_email text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  heir public.members;
begin
  perform private.act_in_organization(of_organization_id, '{owner}');
  perform private.refuse_of_manifest(managed_by, of_organization_id, 'owner') from public.members
    where organization_id = of_organization_id and role = 'owner';
  heir := private.find_member(of_organization_id, to_email);
  if heir.role = 'owner' then return; end if;
  if heir.user_id is null then
    raise sqlstate 'PT409' using message = 'this member has not verified the address yet';
  end if;
  -- In this order: there is one owner at any moment.
  update public.members set role = 'admin' where organization_id = of_organization_id and role = 'owner';
  update public.members set role = 'owner' where organization_id = of_organization_id and email = heir.email;
end
$$;

create function private.grant_workspace(of_workspace_id uuid, to_email text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  granted public.members;
begin
  perform private.check_per_workspace_access(workspace.organization_id);
  select * into granted from public.members
    where organization_id = workspace.organization_id and email = lower(to_email);
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such member';
  end if;
  if granted.role <> 'member' then
    raise sqlstate 'PT409' using message = 'an owner or admin reaches every workspace';
  end if;
  insert into public.workspace_members (workspace_id, organization_id, email, managed_by)
    values (workspace.id, workspace.organization_id, granted.email, 'app') on conflict do nothing;
end
$$;

create function private.revoke_workspace(of_workspace_id uuid, from_email text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  granted public.workspace_members;
begin
  perform private.check_per_workspace_access(workspace.organization_id);
  select * into granted from public.workspace_members where workspace_id = workspace.id and email = lower(from_email);
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such member of the workspace';
  end if;
  perform private.refuse_of_manifest(granted.managed_by, workspace.organization_id, 'members');
  delete from public.workspace_members where workspace_id = workspace.id and email = granted.email;
end
$$;

create function public.invite(
  organization_id uuid,
  email text,
  role text default 'member',
  workspaces text[] default '{}',
  expires_on date default (now() at time zone 'UTC')::date + 7
) returns void
language sql set search_path = ''
as $$ select private.invite(organization_id, email, role, workspaces, expires_on) $$;

create function public.revoke_invitation(organization_id uuid, email text) returns void
language sql set search_path = ''
as $$ select private.revoke_invitation(organization_id, email) $$;

create function public.accept_invitation(organization_id uuid) returns void
language sql set search_path = ''
as $$ select private.accept_invitation(organization_id) $$;

create function public.my_invitations()
returns table (organization_id uuid, organization text, display_name text, role text, expires_on date)
language sql stable set search_path = ''
as $$ select * from private.my_invitations() $$;

create function public.remove_member(organization_id uuid, email text) returns void
language sql set search_path = ''
as $$ select private.remove_member(organization_id, email) $$;

create function public.change_role(organization_id uuid, email text, role text) returns void
language sql set search_path = ''
as $$ select private.change_role(organization_id, email, role) $$;

create function public.transfer_ownership(organization_id uuid, email text) returns void
language sql set search_path = ''
as $$ select private.transfer_ownership(organization_id, email) $$;

create function public.grant_workspace(workspace_id uuid, email text) returns void
language sql set search_path = ''
as $$ select private.grant_workspace(workspace_id, email) $$;

create function public.revoke_workspace(workspace_id uuid, email text) returns void
language sql set search_path = ''
as $$ select private.revoke_workspace(workspace_id, email) $$;

revoke execute on all functions in schema public from public, anon, authenticated, service_role;
revoke execute on all functions in schema private from public, anon, authenticated;
