-- A member whom the product may change, of an organization in which the caller acts.
create or replace function private.find_member(of_organization_id uuid, of_email text) returns public.members
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
