-- Revokes an invitation that the product made.
create or replace function private.revoke_invitation(of_organization_id uuid, of_email text) returns void
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

create or replace function public.revoke_invitation(organization_id uuid, email text) returns void
language sql set search_path = ''
as $$ select private.revoke_invitation(organization_id, email) $$;
