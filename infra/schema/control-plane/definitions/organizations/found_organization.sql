-- Makes an organization with its owner, the default plan's limits, its wallets and the workspace `personal`. Nobody can choose
-- how the name ends: otherwise a person could own a name before a manifest declares it for somebody else. Null if the platform
-- isn't set up yet or the name is taken.
create or replace function private.found_organization(owner_email text, shown_as text, distinction text) returns uuid
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
