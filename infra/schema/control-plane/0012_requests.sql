-- What people ask for in the product, at once as rows of the app: organizations and workspaces. `tenantry intake` writes
-- their manifests, and `up` makes their projects. Ids come from the paths, so that both name the same thing.

alter table public.workspaces drop constraint workspaces_state_check;
alter table public.workspaces add constraint workspaces_state_check
  check (state in ('requested', 'active', 'suspended', 'archived', 'deleted'));

-- The path that the ids of an organization's workspaces grow from: src/model/organization.ts says it the same way.
create function private.organization_path(of_organization_id uuid) returns text
language sql stable set search_path = ''
as $$
  select platforms.name || '/' || organizations.name || case generation when 1 then '' else '#' || generation end
  from public.organizations join public.platforms on platforms.id = platform_id
  where organizations.id = of_organization_id
$$;

create function private.title_of(slug text) returns text
language sql immutable set search_path = ''
as $$ select upper(left(slug, 1)) || replace(substr(slug, 2), '-', ' ') $$;

-- A name that was used before comes back as a new thing, with a higher generation and so with another id.
create function private.request_workspace(
  of_organization_id uuid, of_name text, shown_as text, until date
) returns uuid
language plpgsql set search_path = ''
as $$
#variable_conflict use_column
declare
  path text := private.organization_path(of_organization_id) || '/' || of_name;
  number integer := 1;
begin
  while exists (select from public.workspaces where id = private.stable_id(path, number)
      or organization_id = of_organization_id and name = of_name and generation = number) loop
    number := number + 1;
  end loop;
  insert into public.workspaces (id, organization_id, name, generation, display_name, state, expires_on, managed_by)
    values (private.stable_id(path, number), of_organization_id, of_name, number,
      coalesce(shown_as, private.title_of(of_name)), 'requested', until, 'app');
  perform private.open_workspaces(of_organization_id);
  return private.stable_id(path, number);
end
$$;

create function private.create_workspace(
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
  if (select count(*) from public.workspaces
      where organization_id = of_organization_id and state <> 'deleted') >= allowed then
    raise sqlstate 'PT402' using message = format('the plan allows no more workspaces than there are: %s', allowed),
      hint = 'choose a plan with more workspaces, or ask for an override';
  end if;
  return private.request_workspace(of_organization_id, of_name, shown_as, until);
end
$$;

-- Takes a request back while nothing was made of it. What a workspace holds once it has its project is never gone by a call.
create function private.withdraw_workspace(of_workspace_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
begin
  perform private.refuse_of_manifest(workspace.managed_by, workspace.organization_id, 'workspaces');
  if workspace.state <> 'requested' then
    raise sqlstate 'PT409' using message = format('the workspace is %s', workspace.state);
  end if;
  delete from public.workspaces where id = workspace.id;
end
$$;

-- What an organization has from its first moment: its owner, the default plan's limits, its wallets, and the workspace
-- `personal`. How the name ends is nobody's choice: whoever could choose it would be the owner already when a manifest
-- declares that name for somebody else. Null where the platform isn't set up yet, and where the name is taken.
create function private.found_organization(owner_email text, shown_as text, distinction text) returns uuid
language plpgsql set search_path = ''
as $$
declare
  stem text := trim(both '-' from left(trim(both '-' from
    regexp_replace(regexp_replace(lower(shown_as), '[^a-z0-9]+', '-', 'g'), '^[^a-z]+', '')), 30));
  slug text := coalesce(nullif(stem, ''), 'org') || '-' || left(replace(distinction, '-', ''), 8);
  founded public.organizations;
begin
  insert into public.organizations (id, platform_id, name, generation, display_name, plan, billing_email, managed_by)
    select private.stable_id(platforms.name || '/' || slug), platforms.id, slug, 1, shown_as, plans.name, owner_email, 'app'
    from public.platforms join public.plans on plans.name = platforms.default_plan
    order by platforms.created_at limit 1
    on conflict do nothing
    returning * into founded;
  if founded.id is null then return null; end if;
  insert into public.quotas (organization_id, workspaces, seats, custom_domains, rpm, webhook_events,
      per_workspace_access, managed_by)
    select founded.id, workspaces, seats, custom_domains, rpm, webhook_events, per_workspace_access, 'app'
    from public.plans where name = founded.plan;
  insert into public.wallets (organization_id, name, reload_enabled, managed_by)
    select founded.id, name, false, 'app' from public.wallet_types where platform_id = founded.platform_id;
  insert into public.members (organization_id, email, role, managed_by) values (founded.id, owner_email, 'owner', 'app');
  perform private.request_workspace(founded.id, 'personal', null, null);
  return founded.id;
end
$$;

-- Another organization, with a wall between the two.
create function private.create_organization(shown_as text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  waiting_at_most constant integer := 3;
  owner_email text := private.caller_email();
  founded uuid;
begin
  if owner_email is null then
    raise sqlstate 'PT403' using message = 'this takes a verified e-mail address';
  end if;
  perform private.check_display_name(shown_as);
  -- Two at once wait for each other, and the second counts the first.
  perform pg_advisory_xact_lock(hashtextextended('organizations of ' || owner_email, 0));
  if (select count(*) from public.members join public.organizations on organizations.id = organization_id
      where email = owner_email and role = 'owner' and organizations.managed_by = 'app') >= waiting_at_most then
    raise sqlstate 'PT402' using message = format('%s new organizations wait to be set up already', waiting_at_most);
  end if;
  founded := private.found_organization(owner_email, shown_as, gen_random_uuid()::text);
  if founded is null then
    raise sqlstate 'PT503' using message = 'the platform is not set up yet';
  end if;
  return founded;
end
$$;

-- Whoever comes alone, verified for the first time, and with nothing that waits for them, gets an organization.
create function private.sign_up() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  verified text := lower(new.email);
begin
  if tg_op = 'UPDATE' and old.email_confirmed_at is not null or verified is null
      or private.verified_user(verified) is distinct from new.id
      or exists (select from public.members where email = verified)
      or exists (select from public.invitations it where email = verified and private.is_open(it)) then
    return null;
  end if;
  perform private.found_organization(verified, split_part(verified, '@', 1), new.id::text);
  return null;
end
$$;
-- Its name puts it behind tenantry_link_user, which keeps a new member of the same address away meanwhile.
create trigger tenantry_sign_up after insert or update of email, email_confirmed_at on auth.users
  for each row execute function private.sign_up();

-- What `tenantry intake` takes in: a row for each workspace that was asked for.
create view private.intake_requests with (security_invoker = true) as
  select platforms.name as platform, organizations.id as organization_id, organizations.name as organization,
    organizations.managed_by = 'app' as new_organization, organizations.display_name as organization_display_name,
    organizations.plan, organizations.billing_email, owner.email as owner, workspaces.id as workspace_id,
    workspaces.name as workspace, workspaces.generation, workspaces.display_name, workspaces.expires_on,
    workspaces.created_at as requested_at
  from public.workspaces
  join public.organizations on organizations.id = workspaces.organization_id
  join public.platforms on platforms.id = organizations.platform_id
  left join public.members owner on owner.organization_id = organizations.id and owner.role = 'owner'
  where workspaces.state = 'requested';

-- The organization switcher.
create function public.my_organizations()
returns table (id uuid, name text, display_name text, role text, plan text)
language sql stable set search_path = ''
as $$
  select organizations.id, organizations.name, organizations.display_name, members.role,
    coalesce(organizations.plan_in_force, organizations.plan)
  from public.members join public.organizations on organizations.id = members.organization_id
  where members.user_id = private.caller_id()
  order by lower(organizations.display_name), organizations.id
$$;

-- The workspace switcher. `throwaway`: it has a last day. `url` is null until the workspace has its project.
create function public.my_workspaces(organization_id uuid default null)
returns table (
  id uuid, organization_id uuid, name text, display_name text, role text, state text, throwaway boolean, expires_on date,
  url text
)
language sql stable set search_path = ''
as $$
  select workspaces.id, workspaces.organization_id, workspaces.name, workspaces.display_name, members.role,
    workspaces.state, workspaces.expires_on is not null, workspaces.expires_on, workspaces.project_url
  from public.workspaces join public.members on members.organization_id = workspaces.organization_id
  where members.user_id = private.caller_id() and workspaces.state <> 'deleted'
    and (my_workspaces.organization_id is null or workspaces.organization_id = my_workspaces.organization_id)
  order by workspaces.name <> 'personal', lower(workspaces.display_name), workspaces.id
$$;

create function public.create_workspace(
  organization_id uuid, name text, display_name text default null, expires_on date default null
) returns uuid
language sql set search_path = ''
as $$ select private.create_workspace(organization_id, name, display_name, expires_on) $$;

create function public.withdraw_workspace(workspace_id uuid) returns void
language sql set search_path = ''
as $$ select private.withdraw_workspace(workspace_id) $$;

create function public.create_organization(display_name text) returns uuid
language sql set search_path = ''
as $$ select private.create_organization(display_name) $$;

revoke execute on all functions in schema public from public, anon, authenticated, service_role;
revoke execute on all functions in schema private from public, anon, authenticated;
