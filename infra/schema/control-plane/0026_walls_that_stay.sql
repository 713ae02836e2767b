-- Walls between workspaces stay where a plan that has per-workspace access isn't paid: nobody is granted one more then, and no
-- door opens by itself.

-- Whether every member reaches every workspace: neither the declared plan, with its override, nor the one in force has
-- per-workspace access.
create function private.members_reach_all(of_organization_id uuid) returns boolean
language sql stable set search_path = ''
as $$
  select not (quotas.per_workspace_access
    or coalesce((limit_overrides ->> 'perWorkspaceAccess')::boolean, plans.per_workspace_access))
  from public.organizations
  join public.plans on plans.name = plan
  join public.quotas on organization_id = organizations.id
  where organizations.id = of_organization_id
$$;

create or replace function private.open_workspaces(of_organization_id uuid) returns void
language sql set search_path = ''
as $$
  insert into public.workspace_members (workspace_id, organization_id, email, managed_by)
    select workspaces.id, organization_id, members.email, 'app'
    from public.members join public.workspaces using (organization_id)
    where organization_id = of_organization_id and role = 'member' and state <> 'deleted'
      and private.members_reach_all(of_organization_id)
    on conflict do nothing
$$;

create or replace function private.check_per_workspace_access(of_organization_id uuid) returns void
language plpgsql set search_path = ''
as $$
begin
  if not (select per_workspace_access from public.quotas where organization_id = of_organization_id) then
    raise sqlstate 'PT402' using message = 'the plan in force has no per-workspace access',
      hint = 'choose a plan that has it, or pay for the one that was chosen';
  end if;
end
$$;

-- As it was, but whom an unpaid plan still keeps apart can be taken out.
create or replace function private.revoke_workspace(of_workspace_id uuid, from_email text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
  granted public.workspace_members;
begin
  if private.members_reach_all(workspace.organization_id) then
    raise sqlstate 'PT402' using message = 'by the plan, members reach every workspace',
      hint = 'choose a plan with per-workspace access';
  end if;
  select * into granted from public.workspace_members where workspace_id = workspace.id and email = lower(from_email);
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such member of the workspace';
  end if;
  perform private.refuse_of_manifest(granted.managed_by, workspace.organization_id, 'members');
  delete from public.workspace_members where workspace_id = workspace.id and email = granted.email;
end
$$;

revoke execute on all functions in schema private from public, anon, authenticated;
