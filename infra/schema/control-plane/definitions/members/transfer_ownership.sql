-- Makes a member the owner, and the owner an admin. The new owner has a verified address, because otherwise nobody could act
-- as the owner, and a new organization counts against the new owner's limit.
create or replace function private.transfer_ownership(of_organization_id uuid, to_email text) returns void
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
  if exists (select from public.organizations where id = of_organization_id and managed_by = 'app') then
    perform private.check_waiting(heir.user_id, heir.email, of_organization_id);
  end if;
  -- In this order, because there is never more than one owner.
  update public.members set role = 'admin' where organization_id = of_organization_id and role = 'owner';
  update public.members set role = 'owner' where organization_id = of_organization_id and email = heir.email;
end
$$;

create or replace function public.transfer_ownership(organization_id uuid, email text) returns void
language sql set search_path = ''
as $$ select private.transfer_ownership(organization_id, email) $$;
