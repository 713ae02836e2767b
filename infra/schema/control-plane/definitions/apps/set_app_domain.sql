-- Sets or, with null, removes the custom domain of an app that the product made.
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

create or replace function public.set_app_domain(workspace_id uuid, app text, domain text) returns void
language sql set search_path = ''
as $$ select private.set_app_domain(workspace_id, app, domain) $$;
