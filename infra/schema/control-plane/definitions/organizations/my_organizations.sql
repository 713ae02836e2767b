-- The caller's organizations, for a switcher.
create or replace function public.my_organizations()
returns table (id uuid, name text, display_name text, role text, plan text)
language sql stable set search_path = ''
as $$
  select organizations.id, organizations.name, organizations.display_name, members.role,
    coalesce(organizations.plan_in_force, organizations.plan)
  from public.members join public.organizations on organizations.id = members.organization_id
  where members.user_id = private.caller_id()
  order by lower(organizations.display_name), organizations.id
$$;
