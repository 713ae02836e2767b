-- Revokes every access at once: the member's grants are deleted with the member, and row security reads these rows.
create or replace function private.remove_member(of_organization_id uuid, of_email text) returns void
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

create or replace function public.remove_member(organization_id uuid, email text) returns void
language sql set search_path = ''
as $$ select private.remove_member(organization_id, email) $$;
