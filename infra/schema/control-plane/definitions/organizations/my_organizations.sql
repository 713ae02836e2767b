-- The caller's organizations, for a switcher. This is all that members see of an organization that isn't active. The versions
-- of a plan share its name, so that a product that compares names needs no change for a new version.
create or replace function private.my_organizations()
returns table (id uuid, name text, display_name text, role text, plan text, state text, plan_version integer)
language sql stable security definer set search_path = ''
as $$
  select organizations.id, organizations.name, organizations.display_name, members.role,
    plans.plan_name, organizations.state, plans.plan_version
  from public.members
  join public.organizations on organizations.id = members.organization_id
  join public.plans on plans.name = coalesce(organizations.plan_in_force, organizations.plan)
  where members.user_id = private.caller_id()
  order by lower(organizations.display_name), organizations.id
$$;

create or replace function public.my_organizations()
returns table (id uuid, name text, display_name text, role text, plan text, state text, plan_version integer)
language sql stable set search_path = ''
as $$ select * from private.my_organizations() $$;
