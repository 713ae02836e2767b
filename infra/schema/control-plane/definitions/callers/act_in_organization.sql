-- Checks that the organization is active and that the caller has one of the roles in it, and returns the role. It locks the
-- organization's row, so the state, the role and the limits hold until the transaction ends.
create or replace function private.act_in_organization(of_organization_id uuid, allowed text[]) returns text
language plpgsql set search_path = ''
as $$
declare
  caller_role text;
  held_state text;
begin
  perform from public.organizations join public.members on members.organization_id = organizations.id
    where organizations.id = of_organization_id and members.user_id = private.caller_id()
    for no key update of organizations;
  if found then
    select role, state into caller_role, held_state
      from public.members join public.organizations on organizations.id = organization_id
      where organization_id = of_organization_id and user_id = private.caller_id();
  end if;
  if caller_role is null then
    raise sqlstate 'PT404' using message = 'there is no such organization';
  end if;
  perform private.refuse_inactive('organization', held_state);
  if caller_role <> all (allowed) then
    raise sqlstate 'PT403' using message = format('this is not for a %s to do', caller_role),
      hint = format('ask somebody who is %s', array_to_string(allowed, ' or '));
  end if;
  return caller_role;
end
$$;
