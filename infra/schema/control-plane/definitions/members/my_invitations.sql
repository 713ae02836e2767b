-- The caller's open invitations to active organizations. They reveal the name of the organization, and nothing else.
create or replace function private.my_invitations()
returns table (organization_id uuid, organization text, display_name text, role text, expires_on date)
language sql stable security definer set search_path = ''
as $$
  select organizations.id, organizations.name, organizations.display_name, it.role, it.expires_on
  from public.invitations it join public.organizations on organizations.id = it.organization_id
  where it.email = private.caller_email() and private.is_open(it)
    and organizations.state = 'active'
$$;

create or replace function public.my_invitations()
returns table (organization_id uuid, organization text, display_name text, role text, expires_on date)
language sql stable set search_path = ''
as $$ select * from private.my_invitations() $$;
