-- Invites an address. A second invitation of the same address replaces the first.
create or replace function private.invite(
  of_organization_id uuid, to_email text, with_role text, to_workspaces text[], until date
) returns void
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  today date := (now() at time zone 'UTC')::date;
  invited text := lower(to_email);
  unknown text;
begin
  perform private.act_in_organization(of_organization_id,
    case with_role when 'admin' then '{owner}' else '{owner,admin}' end::text[]);
  if with_role is null or with_role not in ('admin', 'member') then
    raise sqlstate 'PT400' using message = 'a role is admin or member', hint = 'an owner is made by a transfer of ownership';
  end if;
  if invited is null or invited not like '%_@_%' or length(invited) > 254 then
    raise sqlstate 'PT400' using message = 'this is no e-mail address';
  end if;
  if until is null or until not between today and today + 90 then
    raise sqlstate 'PT400' using message = format('an invitation ends between %s and %s', today, today + 90);
  end if;
  if cardinality(to_workspaces) > 0 then
    if with_role = 'admin' then
      raise sqlstate 'PT400' using message = 'an admin reaches every workspace', hint = 'name no workspaces';
    end if;
    perform private.check_per_workspace_access(of_organization_id);
  end if;
  select wanted.name into unknown from unnest(to_workspaces) as wanted (name) where not exists (
    select from public.workspaces
    where organization_id = of_organization_id and workspaces.name = wanted.name and state <> 'deleted');
  if found then
    raise sqlstate 'PT404' using message = format('there is no workspace %L', unknown);
  end if;
  if exists (select from public.members where organization_id = of_organization_id and email = invited) then
    raise sqlstate 'PT409' using message = 'this address is a member already';
  end if;
  perform private.refuse_of_manifest(managed_by, of_organization_id, 'invitations') from public.invitations
    where organization_id = of_organization_id and email = invited;
  perform private.check_seat(of_organization_id, invited, true);
  perform private.count_invitation(of_organization_id);
  insert into public.invitations (organization_id, email, role, workspaces, expires_on, managed_by)
    values (of_organization_id, invited, with_role, coalesce(to_workspaces, '{}'), until, 'app')
    on conflict (organization_id, email) do update
      set role = excluded.role, workspaces = excluded.workspaces, expires_on = excluded.expires_on, accepted_at = null;
end
$$;

create or replace function public.invite(
  organization_id uuid,
  email text,
  role text default 'member',
  workspaces text[] default '{}',
  expires_on date default (now() at time zone 'UTC')::date + 7
) returns void
language sql set search_path = ''
as $$ select private.invite(organization_id, email, role, workspaces, expires_on) $$;
