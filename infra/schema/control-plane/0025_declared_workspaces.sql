-- What counts against a plan's limits: of the manifest, what it declares, from the moment that a run begins to make it; and what
-- the product holds beside. A workspace's row comes after its project: meanwhile nobody takes in the product what is declared.

create table private.declared_workspaces (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  workspace_id uuid not null,
  -- Its apps that have a custom domain, by name.
  domain_apps text[] not null,
  managed_by text not null check (managed_by in ('manifest', 'app')),
  created_at timestamptz not null default now(),
  primary key (organization_id, workspace_id)
);
alter table private.declared_workspaces enable row level security;

insert into private.declared_workspaces (organization_id, workspace_id, domain_apps, managed_by)
  select organization_id, id, array(
      select apps.name from public.apps where workspace_id = workspaces.id and domain is not null and managed_by = 'manifest'),
    'manifest'
  from public.workspaces where managed_by = 'manifest' and state <> 'deleted';

-- What counts, under the limit's name in a manifest: what there is, and what is declared. `of_app`: the product's, which no
-- manifest declares; `shown` is its name there. `goes`: it was the manifest's, which doesn't declare it any more, so that a run
-- that adds another has room for that.
create view private.limit_uses with (security_invoker = true) as
  select organization_id, 'seats' as limit_name, email as thing, email as shown, managed_by = 'app' as of_app, false as goes
  from public.members
  union all
  select organization_id, 'seats', email, email, managed_by = 'app', false
  from public.invitations as it where private.is_open(it)
  union all
  select organization_id, 'workspaces', workspace_id::text, null, false, false
  from private.declared_workspaces
  union all
  select held.organization_id, 'workspaces', id::text, name, held.managed_by = 'app' and workspace_id is null,
    held.managed_by = 'manifest' and workspace_id is null
  from public.workspaces as held left join private.declared_workspaces on workspace_id = id
  where state <> 'deleted'
  union all
  select organization_id, 'customDomains', workspace_id || '/' || app, null, false, false
  from private.declared_workspaces, unnest(domain_apps) as app
  union all
  select held.organization_id, 'customDomains', held.id || '/' || apps.name, domain,
    apps.managed_by = 'app' and apps.name <> all (coalesce(domain_apps, '{}')),
    apps.managed_by = 'manifest' and apps.name <> all (coalesce(domain_apps, '{}'))
      or held.managed_by = 'manifest' and declared.workspace_id is null
  from public.apps join public.workspaces as held on held.id = apps.workspace_id
  left join private.declared_workspaces as declared on declared.workspace_id = held.id
  where domain is not null and state <> 'deleted';

-- How many there are beside one, which may be counted already. The caller holds the lock on the organization's row.
create function private.uses_of_limit(of_organization_id uuid, of_limit text, beside text default null) returns bigint
language sql stable set search_path = ''
as $$
  select count(distinct thing) from private.limit_uses
  where organization_id = of_organization_id and limit_name = of_limit and thing is distinct from beside
$$;

-- As it was, but what is declared counts too.
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

-- As it was, but what is declared counts too.
create or replace function private.set_app_domain(of_workspace_id uuid, of_app text, to_domain text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  app public.apps := private.find_app(workspace, of_app);
  wanted text := regexp_replace(lower(to_domain), '\.$', '');
  suffix text;
  allowed integer;
begin
  perform private.refuse_of_manifest(app.managed_by, workspace.organization_id, 'apps');
  if wanted is not null then
    perform private.add_to_workspace(workspace.id);
    if length(wanted) > 253 or wanted !~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$' then
      raise sqlstate 'PT400' using message = 'this is no domain',
        hint = 'a domain as store.acme.example (internationalised names in their xn-- form)';
    end if;
    select apps_domain into suffix from public.organizations join public.platforms on platforms.id = platform_id
      where organizations.id = workspace.organization_id;
    if wanted = suffix or right(wanted, length(suffix) + 1) = '.' || suffix then
      raise sqlstate 'PT400' using message = 'this domain is the platform''s own';
    end if;
    select custom_domains into strict allowed from public.quotas where organization_id = workspace.organization_id;
    if private.uses_of_limit(workspace.organization_id, 'customDomains', workspace.id || '/' || of_app) >= allowed then
      raise sqlstate 'PT402' using message = format('so many apps have a domain as the plan allows: %s', allowed),
        hint = 'take one away, or choose a plan with more custom domains';
    end if;
  end if;
  update public.apps set domain = wanted where workspace_id = workspace.id and name = of_app;
end
$$;

revoke execute on all functions in schema private from public, anon, authenticated;
