-- The active organizations of which the caller is a member.
create or replace function private.my_organization_ids() returns uuid[]
language sql stable security definer set search_path = ''
as $$
  select coalesce(array_agg(organization_id), '{}')
  from public.members join public.organizations on organizations.id = organization_id
  where user_id = (select private.caller_id()) and state = 'active'
$$;
