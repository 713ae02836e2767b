-- Requests a workspace. What manifests declare counts against the limit too.
create or replace function private.create_workspace(
  of_organization_id uuid, of_name text, shown_as text, until date
) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  allowed integer;
begin
  perform private.act_in_organization(of_organization_id, '{owner,admin}');
  perform private.check_slug(of_name);
  perform private.check_display_name(coalesce(shown_as, of_name));
  if until < (now() at time zone 'UTC')::date then
    raise sqlstate 'PT400' using message = 'a throwaway workspace expires today or later';
  end if;
  if exists (select from public.workspaces
      where organization_id = of_organization_id and name = of_name and state <> 'deleted') then
    raise sqlstate 'PT409' using message = format('there is a workspace %L already', of_name);
  end if;
  select workspaces into strict allowed from public.quotas where organization_id = of_organization_id;
  if private.uses_of_limit(of_organization_id, 'workspaces') >= allowed then
    raise sqlstate 'PT402' using message = format('the plan allows no more workspaces than there are: %s', allowed),
      hint = 'choose a plan with more workspaces, or ask for an override';
  end if;
  return private.request_workspace(of_organization_id, of_name, shown_as, until);
end
$$;

create or replace function public.create_workspace(
  organization_id uuid, name text, display_name text default null, expires_on date default null
) returns uuid
language sql set search_path = ''
as $$ select private.create_workspace(organization_id, name, display_name, expires_on) $$;
