-- Connections, apps with their domains, and cron jobs, as owners and admins manage them in the product. Taking something
-- away works in every state of a workspace, adding only where it is open.

-- Where the product's own secret store keeps what a connection signs in with. Apart from the connection, so that no grant
-- on its row ever shows it. A connection that a manifest declares has its credentials in the workspace's edge secrets.
create table private.connection_credentials (
  workspace_id uuid not null,
  name text not null,
  reference text not null check (reference <> ''),
  created_at timestamptz not null default now(),
  primary key (workspace_id, name),
  foreign key (workspace_id, name) references public.connections (workspace_id, name) on delete cascade
);
alter table private.connection_credentials enable row level security;

create function private.add_connection(
  of_workspace_id uuid, of_name text, of_kind text, credentials_reference text, origin text default null
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.add_to_workspace(of_workspace_id);
begin
  perform private.check_slug(of_name);
  perform private.check_slug(of_kind);
  if credentials_reference is null or credentials_reference = '' then
    raise sqlstate 'PT400' using message = 'a connection has credentials',
      hint = 'store them where the product keeps secrets, and name the place';
  end if;
  if exists (select from public.connections where workspace_id = workspace.id and name = of_name) then
    raise sqlstate 'PT409' using message = format('there is a connection %L already', of_name);
  end if;
  insert into public.connections (workspace_id, name, kind, clone_of, managed_by)
    values (workspace.id, of_name, of_kind, origin, 'app');
  insert into private.connection_credentials (workspace_id, name, reference)
    values (workspace.id, of_name, credentials_reference);
end
$$;

-- A copy of its own, which stays as it is whatever becomes of the first. To a workspace of the same organization.
create function private.clone_connection(
  from_workspace_id uuid, of_name text, to_workspace_id uuid, as_name text
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  origin public.workspaces := private.act_in_workspace(from_workspace_id);
  target public.workspaces := private.add_to_workspace(to_workspace_id);
  cloned public.connections;
begin
  if origin.organization_id <> target.organization_id then
    raise sqlstate 'PT404' using message = 'there is no such workspace';
  end if;
  select * into cloned from public.connections where workspace_id = origin.id and name = of_name;
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such connection';
  end if;
  -- Its credentials are where the manifest says, and so is the place for the clone.
  perform private.refuse_of_manifest(cloned.managed_by, origin.organization_id, 'connections');
  perform private.add_connection(target.id, coalesce(as_name, of_name), cloned.kind, reference,
      origin.name || '/' || of_name)
    from private.connection_credentials where workspace_id = origin.id and name = of_name;
end
$$;

create function private.remove_connection(of_workspace_id uuid, of_name text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  held public.connections;
begin
  select * into held from public.connections where workspace_id = workspace.id and name = of_name;
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such connection';
  end if;
  perform private.refuse_of_manifest(held.managed_by, workspace.organization_id, 'connections');
  delete from public.connections where workspace_id = workspace.id and name = of_name;
end
$$;

-- For the product's own servers, which open the connection.
create function private.connection_credentials(of_workspace_id uuid, of_name text) returns text
language sql stable security definer set search_path = ''
as $$
  select reference from private.connection_credentials join public.workspaces on workspaces.id = workspace_id
  where workspace_id = of_workspace_id and connection_credentials.name = of_name and state = 'active'
$$;

-- A domain counts once it is proven: by a TXT record `_tenantry.<domain>` that holds `domain_proof`. Anyone may declare any
-- domain, so that nobody learns whose it is; only one can prove it.
alter table public.apps
  add column domain_proof text,
  add column domain_check_requested_at timestamptz,
  add column domain_verified_at timestamptz,
  drop constraint apps_domain_key;
create unique index apps_verified_domain_idx on public.apps (domain) where domain_verified_at is not null;

-- The proof follows from the workspace, the app and the domain: `tenantry-domain=` and the stable id of
-- `<workspace id>/<app>/<domain>`. So another tenant's record proves nothing, and it is known before the row exists.
create function private.await_proof() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.domain_proof := 'tenantry-domain=' || private.stable_id(new.workspace_id || '/' || new.name || '/' || new.domain);
  if tg_op = 'UPDATE' and new.domain is distinct from old.domain then
    new.domain_check_requested_at := null;
    new.domain_verified_at := null;
  end if;
  return new;
end
$$;
create trigger await_proof before insert or update of domain on public.apps
  for each row execute function private.await_proof();
update public.apps set domain = domain where domain is not null;

-- A domain of a workspace that is deleted is free for whoever proves it next. What its manifest declares goes with the manifest.
create function private.release_domains() returns trigger
language plpgsql set search_path = ''
as $$
begin
  update public.apps set domain = null where workspace_id = new.id and managed_by = 'app' and domain is not null;
  return null;
end
$$;
create trigger release_domains after update of state on public.workspaces
  for each row when (new.state = 'deleted') execute function private.release_domains();

-- Records that the record was found. For a domain that another app has proven, the answer is the one for no record: false.
create function private.verify_domain(of_workspace_id uuid, of_app text, of_domain text, at timestamptz default now())
returns boolean
language plpgsql set search_path = ''
as $$
begin
  update public.apps set domain_verified_at = coalesce(domain_verified_at, at), domain_check_requested_at = null
    where workspace_id = of_workspace_id and name = of_app and domain = of_domain;
  return found;
exception when unique_violation then
  return false;
end
$$;

create function private.find_app(workspace public.workspaces, of_name text) returns public.apps
language plpgsql set search_path = ''
as $$
declare
  app public.apps;
begin
  select * into app from public.apps where workspace_id = workspace.id and name = of_name;
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such app';
  end if;
  return app;
end
$$;

-- Its URL carries the workspace's id: src/model/workspace.ts says it the same way.
create function private.add_app(of_workspace_id uuid, of_name text) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.add_to_workspace(of_workspace_id);
  added public.apps;
begin
  perform private.check_slug(of_name);
  insert into public.apps (workspace_id, name, url, managed_by)
    select workspace.id, of_name, of_name || '-' || left(workspace.id::text, 8) || '.' || apps_domain, 'app'
    from public.organizations join public.platforms on platforms.id = platform_id
    where organizations.id = workspace.organization_id
    on conflict (workspace_id, name) do nothing
    returning * into added;
  if added.name is null then
    raise sqlstate 'PT409' using message = format('there is an app %L already', of_name);
  end if;
  return added.url;
end
$$;

create function private.remove_app(of_workspace_id uuid, of_name text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  app public.apps := private.find_app(workspace, of_name);
begin
  perform private.refuse_of_manifest(app.managed_by, workspace.organization_id, 'apps');
  delete from public.apps where workspace_id = workspace.id and name = of_name;
end
$$;

-- Without a domain, the app has its own URL alone.
create function private.set_app_domain(of_workspace_id uuid, of_app text, to_domain text) returns void
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
    if (select count(*) from public.apps join public.workspaces on workspaces.id = workspace_id
        where organization_id = workspace.organization_id and state <> 'deleted' and domain is not null
          and (workspace_id, apps.name) <> (workspace.id, of_app)) >= allowed then
      raise sqlstate 'PT402' using message = format('so many apps have a domain as the plan allows: %s', allowed),
        hint = 'take one away, or choose a plan with more custom domains';
    end if;
  end if;
  update public.apps set domain = wanted where workspace_id = workspace.id and name = of_app;
end
$$;

-- Asks for a look at the DNS record, of a manifest's domain as well: that changes nothing that is declared.
create function private.request_domain_check(of_workspace_id uuid, of_app text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  app public.apps := private.find_app(workspace, of_app);
begin
  if app.domain is null then
    raise sqlstate 'PT409' using message = 'the app has no domain of its own';
  end if;
  update public.apps set domain_check_requested_at = now()
    where workspace_id = workspace.id and name = of_app and domain_verified_at is null;
end
$$;

-- Every custom domain of an organization on one page, with the record that proves it: for owners and admins, who reach every
-- workspace. Other members see those of their own, as in apps.
create view public.organization_domains with (security_invoker = true) as
  select workspaces.organization_id, workspaces.id as workspace_id, workspaces.name as workspace, apps.name as app,
    apps.url, apps.domain, apps.domain_verified_at is not null as verified, apps.domain_verified_at,
    '_tenantry.' || apps.domain as record_name, apps.domain_proof as record_value, apps.managed_by
  from public.apps join public.workspaces on workspaces.id = apps.workspace_id
  where apps.domain is not null and workspaces.state <> 'deleted';

-- Five fields of numbers and names within their ranges, in UTC. Whether such a day ever comes is the intake's to judge.
create function private.is_schedule(schedule text) returns boolean
language plpgsql immutable set search_path = ''
as $$
declare
  given text[] := regexp_split_to_array(schedule, ' +');
  lowest constant integer[] := '{0,0,1,1,0}';
  highest constant integer[] := '{59,23,31,12,7}';
  names constant text[] := array[null, null, null, 'jan feb mar apr may jun jul aug sep oct nov dec',
    'sun mon tue wed thu fri sat'];
  part text;
  range integer[];
begin
  if schedule is null or cardinality(given) <> 5 then return false; end if;
  for field in 1..5 loop
    for part in select regexp_split_to_table(lower(given[field]), ',') loop
      for number in 1..coalesce(cardinality(string_to_array(names[field], ' ')), 0) loop
        part := replace(part, split_part(names[field], ' ', number), (number - 1 + lowest[field])::text);
      end loop;
      if part !~ '^(\*|[0-9]{1,2}(-[0-9]{1,2})?)(/[1-9][0-9]?)?$' then return false; end if;
      range := array(select it[1]::integer from regexp_matches(split_part(part, '/', 1), '[0-9]+', 'g') as it);
      if range[1] not between lowest[field] and highest[field] or range[2] not between range[1] and highest[field] then
        return false;
      end if;
    end loop;
  end loop;
  return true;
end
$$;

create function private.add_cron_job(of_workspace_id uuid, of_name text, on_schedule text, to_do text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.add_to_workspace(of_workspace_id);
begin
  perform private.check_slug(of_name);
  if not private.is_schedule(on_schedule) then
    raise sqlstate 'PT400' using message = 'this is no schedule',
      hint = 'the five fields minute, hour, day, month and weekday in UTC, as `0 3 * * *`';
  end if;
  if to_do is null or to_do !~ '\S' or length(to_do) > 1000 then
    raise sqlstate 'PT400' using message = 'a job has a task of up to 1,000 characters';
  end if;
  if exists (select from public.cron_jobs where workspace_id = workspace.id and name = of_name) then
    raise sqlstate 'PT409' using message = format('there is a cron job %L already', of_name);
  end if;
  insert into public.cron_jobs (workspace_id, name, schedule, task, managed_by)
    values (workspace.id, of_name, on_schedule, to_do, 'app');
end
$$;

create function private.remove_cron_job(of_workspace_id uuid, of_name text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  job public.cron_jobs;
begin
  select * into job from public.cron_jobs where workspace_id = workspace.id and name = of_name;
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such cron job';
  end if;
  perform private.refuse_of_manifest(job.managed_by, workspace.organization_id, 'cron');
  delete from public.cron_jobs where workspace_id = workspace.id and name = of_name;
end
$$;

create function public.add_connection(workspace_id uuid, name text, kind text, credentials_reference text) returns void
language sql set search_path = ''
as $$ select private.add_connection(workspace_id, name, kind, credentials_reference) $$;

create function public.clone_connection(
  workspace_id uuid, name text, to_workspace_id uuid, as_name text default null
) returns void
language sql set search_path = ''
as $$ select private.clone_connection(workspace_id, name, to_workspace_id, as_name) $$;

create function public.remove_connection(workspace_id uuid, name text) returns void
language sql set search_path = ''
as $$ select private.remove_connection(workspace_id, name) $$;

create function public.connection_credentials(workspace_id uuid, name text) returns text
language sql stable set search_path = ''
as $$ select private.connection_credentials(workspace_id, name) $$;

create function public.add_app(workspace_id uuid, name text) returns text
language sql set search_path = ''
as $$ select private.add_app(workspace_id, name) $$;

create function public.remove_app(workspace_id uuid, name text) returns void
language sql set search_path = ''
as $$ select private.remove_app(workspace_id, name) $$;

create function public.set_app_domain(workspace_id uuid, app text, domain text) returns void
language sql set search_path = ''
as $$ select private.set_app_domain(workspace_id, app, domain) $$;

create function public.request_domain_check(workspace_id uuid, app text) returns void
language sql set search_path = ''
as $$ select private.request_domain_check(workspace_id, app) $$;

create function public.add_cron_job(workspace_id uuid, name text, schedule text, task text) returns void
language sql set search_path = ''
as $$ select private.add_cron_job(workspace_id, name, schedule, task) $$;

create function public.remove_cron_job(workspace_id uuid, name text) returns void
language sql set search_path = ''
as $$ select private.remove_cron_job(workspace_id, name) $$;

revoke execute on all functions in schema public from public, anon, authenticated, service_role;
revoke execute on all functions in schema private from public, anon, authenticated;
