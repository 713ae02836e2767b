-- Makes the caller a member. Only the owner of the verified address can accept its invitation.
create or replace function private.accept_invitation(of_organization_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  accepted public.invitations;
  held_state text;
begin
  -- A caller without an invitation locks nothing.
  select state into held_state from public.organizations join public.invitations it on it.organization_id = organizations.id
    where organizations.id = of_organization_id and it.email = private.caller_email() and private.is_open(it)
    for no key update of organizations;
  if found then
    perform private.refuse_inactive('organization', held_state);
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

create or replace function public.accept_invitation(organization_id uuid) returns void
language sql set search_path = ''
as $$ select private.accept_invitation(organization_id) $$;
