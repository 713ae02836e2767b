-- Only the owner decides who is an admin; neither example product allows admins to.
create or replace function private.change_role(of_organization_id uuid, of_email text, to_role text) returns void
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

create or replace function public.change_role(organization_id uuid, email text, role text) returns void
language sql set search_path = ''
as $$ select private.change_role(organization_id, email, role) $$;
