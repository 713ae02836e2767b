-- The active organizations that the caller manages.
create or replace function private.my_administered_organization_ids() returns uuid[]
language sql stable security definer set search_path = ''
as $$
  select coalesce(array_agg(organization_id), '{}')
  from public.members join public.organizations on organizations.id = organization_id
  where user_id = (select private.caller_id()) and state = 'active'
    and role in ('owner', 'admin')
$$;
