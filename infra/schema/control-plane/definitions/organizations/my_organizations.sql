-- The caller's organizations, for a switcher. This is all that members see of an organization that isn't active.
create or replace function private.my_organizations()
returns table (id uuid, name text, display_name text, role text, plan text, state text)
language sql stable security definer set search_path = ''
as $$
  select organizations.id, organizations.name, organizations.display_name, members.role,
    coalesce(organizations.plan_in_force, organizations.plan), organizations.state
  from public.members join public.organizations on organizations.id = members.organization_id
  where members.user_id = private.caller_id()
  order by lower(organizations.display_name), organizations.id
$$;

create or replace function public.my_organizations()
returns table (id uuid, name text, display_name text, role text, plan text, state text)
language sql stable set search_path = ''
as $$ select * from private.my_organizations() $$;
